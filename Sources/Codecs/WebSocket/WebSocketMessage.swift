// SPDX-License-Identifier: Apache-2.0

/// Puts a data message together from its fragments, checking text as it comes.
struct WebSocketMessage {
  /// What the message under way is, `nil` between messages.
  private var opcode: WebSocketOpcode?
  private var bytes: [UInt8] = []
  private var fragmentCount = 0
  private var validator = UTF8Validator()

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
    }
    fragmentCount += 1
    guard header.length <= limits.maximumMessageBytes - bytes.count else {
      throw .messageTooLarge(limitBytes: limits.maximumMessageBytes)
    }
  }

  /// Takes the masked bytes of `range`.
  mutating func append(
    _ received: [UInt8],
    in range: Range<Int>,
    mask: inout WebSocketMask
  ) throws(WebSocketViolation) {
    let start = bytes.count
    mask.append(received, in: range, to: &bytes)
    guard opcode == .text else { return }
    let text = bytes
    guard validator.receive(text.span, in: start..<text.count) == nil else {
      throw .invalidUTF8
    }
  }

  /// Ends the message.
  mutating func finish() throws(WebSocketViolation) -> WebSocketEvent {
    guard validator.isAtBoundary else { throw .invalidUTF8 }
    defer { self = WebSocketMessage() }
    return opcode == .text ? .text(bytes) : .binary(bytes)
  }
}
