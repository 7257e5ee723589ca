// SPDX-License-Identifier: Apache-2.0

/// Puts a response together from the lines and pieces that libcurl hands over, within limits.
///
/// Interim responses and redirects that are followed come the same way; only the last is kept.
struct ResponseAssembler {
  let maximumHeadBytes: Int
  let maximumBodyBytes: Int

  /// The status of the latest head; 0 before the first.
  private(set) var status = 0
  private(set) var fields: [HTTPClient.Field] = []
  private(set) var body: [UInt8] = []
  /// The limit that was exceeded.
  private(set) var failure: HTTPClient.Failure?
  /// Heads so far, which counts redirects that are followed.
  private(set) var headCount = 0
  private var headBytes = 0
  private var isInHead = false

  init(maximumHeadBytes: Int, maximumBodyBytes: Int) {
    self.maximumHeadBytes = maximumHeadBytes
    self.maximumBodyBytes = maximumBodyBytes
  }

  /// Whether the answer has begun; an interim one is none.
  var hasBegun: Bool { status >= 200 }

  /// Takes a line of a head or of trailers, with its end; `false` when there are too many.
  mutating func receive(line: UnsafeRawBufferPointer) -> Bool {
    headBytes += line.count
    guard headBytes <= maximumHeadBytes else {
      failure = .responseTooLarge(.head, limitBytes: maximumHeadBytes)
      return false
    }
    let text = line.trimmingLineEnd
    if text.starts(with: "HTTP/".utf8) {
      begin(text)
    } else if text.isEmpty {
      isInHead = false
    } else if isInHead {
      add(text)
    }
    return true
  }

  /// Takes a piece of the body; `false` when it is too long.
  mutating func receive(body piece: UnsafeRawBufferPointer) -> Bool {
    guard body.count + piece.count <= maximumBodyBytes else {
      failure = .responseTooLarge(.body, limitBytes: maximumBodyBytes)
      return false
    }
    body.append(contentsOf: piece)
    return true
  }

  private mutating func begin(_ line: UnsafeRawBufferPointer.SubSequence) {
    let code = line.drop { $0 != UInt8(ascii: " ") }.dropFirst().prefix(3)
    status = Int(String(decoding: code, as: UTF8.self)) ?? 0
    headCount += 1
    (fields, body, isInHead) = ([], [], true)
  }

  private mutating func add(_ line: UnsafeRawBufferPointer.SubSequence) {
    // A folded line (RFC 9112 §5.2) goes on with the value before it.
    if line.first == UInt8(ascii: " ") || line.first == UInt8(ascii: "\t") {
      guard let last = fields.popLast() else { return }
      let rest = String(decoding: line.trimmingWhitespace, as: UTF8.self)
      return fields.append(HTTPClient.Field(last.name, "\(last.value) \(rest)"))
    }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
    fields.append(
      HTTPClient.Field(
        String(decoding: line[..<colon].trimmingWhitespace, as: UTF8.self),
        String(decoding: line[(colon + 1)...].trimmingWhitespace, as: UTF8.self)
      )
    )
  }
}

extension UnsafeRawBufferPointer {
  fileprivate var trimmingLineEnd: SubSequence {
    var text = self[...]
    while let last = text.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") {
      text.removeLast()
    }
    return text
  }
}

extension Slice<UnsafeRawBufferPointer> {
  fileprivate var trimmingWhitespace: SubSequence {
    func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    var text = drop(while: isSpace)
    while let last = text.last, isSpace(last) { text.removeLast() }
    return text
  }
}
