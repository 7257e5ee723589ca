// SPDX-License-Identifier: Apache-2.0

/// Reads field lines up to the empty line, refusing whatever two readers could read differently.
struct HTTPFieldReader: Sendable {
  /// Whether a field that goes on in the next line is put together, as a user agent must, or
  /// refused, as a server may (RFC 9112 §5.2).
  private let unfolds: Bool
  private var fields = HTTPFields()
  /// Bytes of the fields read so far.
  private(set) var byteCount = 0

  init(unfolds: Bool = false) { self.unfolds = unfolds }

  /// Reads on; returns the fields once the empty line has come, `nil` when more bytes are needed.
  mutating func read(
    from buffer: inout ReceiveBuffer,
    limits: HTTPLimits
  ) throws(HTTPViolation) -> HTTPFields? {
    let limit = limits.maximumFieldBytes
    while let line = try buffer.takeLine(limit: limit, tooLong: .fieldTooLong(limitBytes: limit)) {
      if line.isEmpty {
        defer { self = HTTPFieldReader(unfolds: unfolds) }
        return fields
      }
      byteCount += line.count
      guard byteCount <= limits.maximumFieldsBytes else {
        throw .fieldsTooLong(limitBytes: limits.maximumFieldsBytes)
      }
      guard fields.count < limits.maximumFieldCount else {
        throw .tooManyFields(limit: limits.maximumFieldCount)
      }
      try append(buffer.bytes[line])
    }
    return nil
  }

  private mutating func append(_ line: ArraySlice<UInt8>) throws(HTTPViolation) {
    if line[line.startIndex].isHTTPWhitespace { return try unfold(line) }
    let name = line.prefix(while: \.isHTTPToken)
    guard !name.isEmpty, name.endIndex < line.endIndex, line[name.endIndex] == ASCII.colon else {
      throw .invalidFieldName
    }
    let value = line[(name.endIndex + 1)...].trimmingHTTPWhitespace
    try Self.check(value)
    if fields.isEmpty { fields.reserve(count: 16, bytes: 512) }
    fields.append(name: name, value: value)
  }

  /// Goes on with the last field; before the first there is none (RFC 9112 §2.2).
  private mutating func unfold(_ line: ArraySlice<UInt8>) throws(HTTPViolation) {
    guard unfolds, !fields.isEmpty else { throw .foldedField }
    let value = line.trimmingHTTPWhitespace
    try Self.check(value)
    fields.extendLast(value)
  }

  private static func check(_ value: ArraySlice<UInt8>) throws(HTTPViolation) {
    for byte in value where !byte.isHTTPFieldContent {
      throw byte == ASCII.carriageReturn ? .bareLineBreak : .invalidFieldValue
    }
  }
}

extension ReceiveBuffer {
  /// Consumes the next line and returns where it stands, without its CRLF; `nil` when it is not
  /// complete.
  ///
  /// The indices hold until the next ``append(_:)``.
  mutating func takeLine(
    limit: Int,
    tooLong: HTTPViolation
  ) throws(HTTPViolation) -> Range<Int>? {
    guard let length = lineLength() else {
      // One more byte may be the CR of a line that just fits.
      guard count <= limit + 1 else { throw tooLong }
      return nil
    }
    // First, since it shows first when the line comes in pieces.
    guard length <= limit + 1 else { throw tooLong }
    let end = start + length - 1
    guard length > 0, bytes[end] == ASCII.carriageReturn else { throw .bareLineBreak }
    defer { consume(length + 1) }
    return start..<end
  }
}
