// SPDX-License-Identifier: Apache-2.0

/// What a ``LineSplitter`` finds.
public enum LineEvent: Equatable, Sendable {
  /// A line without its LF or CRLF, and its number from 1.
  case line(ArraySlice<UInt8>, number: Int)
  /// A line that exceeds the limit, said once; its bytes are passed over.
  case oversized(number: Int)
}

/// Cuts bytes into lines that end with LF or CRLF; a CR elsewhere is an ordinary byte.
public struct LineSplitter: Sendable {
  private let maximumLineBytes: Int
  private var buffer = ReceiveBuffer()
  private var isSkipping = false
  private var hasEnded = false

  /// The number of the last line found, zero before the first.
  public private(set) var lineNumber = 0

  /// Creates a splitter.
  ///
  /// - Parameter maximumLineBytes: Longest line without its end, in bytes. Default 64 KiB, as the
  ///   largest event of a session; bounds what a file without line ends can make us hold.
  public init(maximumLineBytes: Int = 64 << 10) { self.maximumLineBytes = maximumLineBytes }

  /// How many bytes wait for the end of their line.
  public var bufferedCount: Int { buffer.count }

  /// Takes the next bytes: an array, a slice or a raw buffer, which is copied.
  public mutating func receive(_ bytes: some Sequence<UInt8>) { buffer.append(bytes) }

  /// Takes note that no more bytes will come, which ends a last line without a line end.
  public mutating func receiveEnd() { hasEnded = true }

  /// The next line, or `nil` when more bytes are needed or all have been seen.
  public mutating func nextEvent() -> LineEvent? {
    while true {
      guard let length = buffer.lineLength() else { return unfinished() }
      var line = buffer.take(length + 1).dropLast()
      if isSkipping {
        isSkipping = false
        continue
      }
      if line.last == ASCII.carriageReturn { line = line.dropLast() }
      lineNumber += 1
      guard line.count <= maximumLineBytes else { return .oversized(number: lineNumber) }
      return .line(line, number: lineNumber)
    }
  }

  /// What to make of bytes without a line end.
  private mutating func unfinished() -> LineEvent? {
    let count = buffer.count
    if isSkipping {
      buffer.consume(count)
      return nil
    }
    // One more byte may be the CR of a line that just fits.
    if count > maximumLineBytes + (hasEnded ? 0 : 1) {
      buffer.consume(count)
      isSkipping = true
      lineNumber += 1
      return .oversized(number: lineNumber)
    }
    guard hasEnded, count > 0 else { return nil }
    lineNumber += 1
    return .line(buffer.take(count), number: lineNumber)
  }
}
