// SPDX-License-Identifier: Apache-2.0

/// A head that was read and checked, to be recognised when a connection sends it again: most send
/// the same for each request, but for the length of the body.
///
/// A class, so that a decoder looks at it without copying what it holds.
final class HTTPUsualHead: Sendable {
  /// Longer heads are read anew each time, so that an idle connection holds little.
  private static let maximumBytes = 2 << 10
  /// Digits of a length that always fits an `Int`.
  private static let maximumDigits = 15

  /// The head as it came, up to and including the empty line.
  let bytes: [UInt8]
  /// Where the digits of the body's length stand in it; empty where there is none.
  private let digits: Range<Int>
  private let head: HTTPRequestHead
  private let framing: HTTPFraming

  /// Takes a head that was read; `nil` if it is not worth it.
  init?(_ raw: ArraySlice<UInt8>, _ head: HTTPRequestHead, _ framing: HTTPFraming) {
    guard raw.count <= Self.maximumBytes else { return nil }
    bytes = Array(raw)
    if case .length = framing {
      guard let digits = Self.lengthDigits(in: bytes) else { return nil }
      self.digits = digits
    } else {
      digits = 0..<0
    }
    (self.head, self.framing) = (head, framing)
  }

  /// Where the digits of the one `Content-Length` stand.
  private static func lengthDigits(in head: [UInt8]) -> Range<Int>? {
    var start = 0
    while let end = head[start...].firstIndex(of: ASCII.lineFeed) {
      let line = head[start..<end]
      if let colon = line.firstIndex(of: ASCII.colon),
        line[..<colon].equalsIgnoringCase("Content-Length")
      {
        let digits = line[(colon + 1)...].trimmingHTTPWhitespace.prefix(while: \.isASCIIDigit)
        guard (1...maximumDigits).contains(digits.count) else { return nil }
        return digits.startIndex..<digits.endIndex
      }
      start = end + 1
    }
    return nil
  }

  /// What the bytes received begin with, if it is the same head again; nothing is taken out.
  func repeated(
    in buffer: borrowing ReceiveBuffer
  ) -> (
    head: HTTPRequestHead, framing: HTTPFraming
  )? {
    let bytes = bytes
    guard buffer.count >= bytes.count else { return nil }
    let received = buffer.bytes[buffer.start..<buffer.start + bytes.count]
    guard Self.isSame(received.span, bytes.span, but: digits) else { return nil }
    let length = received.dropFirst(digits.lowerBound).prefix(digits.count)
    guard length != bytes[digits] else { return (head, framing) }
    guard length.allSatisfy(\.isASCIIDigit) else { return nil }
    var again = head
    again.fields.replaceFirst("Content-Length", with: length)
    guard let count = again.contentLength else { return nil }
    return (again, .length(count))
  }

  /// Whether bytes are the known ones, apart from a range.
  private static func isSame(
    _ received: Span<UInt8>,
    _ known: Span<UInt8>,
    but range: Range<Int>
  ) -> Bool {
    let (before, behind) = (0..<range.lowerBound, range.upperBound..<known.count)
    return received.equals(known.extracting(before), in: before)
      && received.equals(known.extracting(behind), in: behind)
  }
}
