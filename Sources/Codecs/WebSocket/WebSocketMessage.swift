// SPDX-License-Identifier: Apache-2.0

/// Puts a data message together from its fragments, inflating it and checking text as it comes.
struct WebSocketMessage {
  /// What the message under way is, `nil` between messages.
  private var opcode: WebSocketOpcode?
  private var isCompressed = false
  private var bytes: [UInt8] = []
  /// Payload bytes of the frames begun.
  private var framedCount = 0
  private var fragmentCount = 0
  private var validator = UTF8Validator()

  /// Bytes of the message under way.
  var heldCount: Int { bytes.count }

  /// Checks a frame's place and size before its payload has come.
  mutating func begin(
    _ header: WebSocketFrameHeader,
    limits: WebSocketLimits
  ) throws(WebSocketViolation) {
    if header.opcode == .continuation {
      guard opcode != nil else { throw .unexpectedContinuation }
      guard fragmentCount < limits.maximumFragmentCount else {
        throw .tooManyFragments(limit: limits.maximumFragmentCount)
      }
    } else {
      guard opcode == nil else { throw .unfinishedMessage }
      opcode = header.opcode
      isCompressed = header.isCompressed
    }
    fragmentCount += 1
    let limit = isCompressed ? limits.maximumCompressedBytes : limits.maximumMessageBytes
    guard header.length <= limit - framedCount else {
      throw .messageTooLarge(limitBytes: limits.maximumMessageBytes)
    }
    framedCount += header.length
  }

  /// Takes the masked bytes of `range`.
  mutating func append(
    _ received: [UInt8],
    in range: Range<Int>,
    mask: inout WebSocketMask,
    inflater: inout WebSocketInflater,
    limits: WebSocketLimits
  ) throws(WebSocketViolation) {
    let start = bytes.count
    guard isCompressed else {
      mask.append(received, in: range, to: &bytes)
      return try checkText(from: start)
    }
    var compressed: [UInt8] = []
    mask.append(received, in: range, to: &compressed)
    do {
      try inflater.inflate(compressed[...], into: &bytes, limits: limits)
    } catch {
      // What came out before stands first, however the bytes were split.
      try checkText(from: start)
      throw error
    }
    try checkText(from: start)
  }

  private mutating func checkText(from start: Int) throws(WebSocketViolation) {
    guard opcode == .text else { return }
    let text = bytes
    guard validator.receive(text.span, in: start..<text.count) == nil else {
      throw .invalidUTF8
    }
  }

  /// Ends the message.
  mutating func finish(
    inflater: inout WebSocketInflater,
    limits: WebSocketLimits
  ) throws(WebSocketViolation) -> WebSocketEvent {
    if isCompressed {
      let start = bytes.count
      // A block may end with what the sender left away (RFC 7692 §7.2.2): then that is text too.
      try inflater.finish(into: &bytes, limits: limits)
      try checkText(from: start)
    }
    guard validator.isAtBoundary else { throw .invalidUTF8 }
    defer { self = WebSocketMessage() }
    return opcode == .text ? .text(bytes) : .binary(bytes)
  }
}
