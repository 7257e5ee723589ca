// SPDX-License-Identifier: Apache-2.0

/// Which side of the connection decodes.
public enum WebSocketRole: Sendable {
  /// Decodes what clients send: masked frames.
  case server
  /// Decodes what servers send: frames without mask.
  case client
}

/// What stands before a frame's payload (RFC 6455 §5.2).
struct WebSocketFrameHeader {
  let opcode: WebSocketOpcode
  let isFinal: Bool
  /// Whether the message that begins here is compressed (RFC 7692 §6).
  let isCompressed: Bool
  let length: Int
  let mask: WebSocketMask

  /// Consumes a header; `nil` when it is not complete, though faults show as early as they can.
  static func take(
    from buffer: inout ReceiveBuffer,
    role: WebSocketRole,
    mayCompress: Bool
  ) throws(WebSocketViolation) -> WebSocketFrameHeader? {
    guard buffer.count >= 2 else { return nil }
    let first = buffer.bytes[buffer.start]
    let second = buffer.bytes[buffer.start + 1]
    let opcode = WebSocketOpcode(rawValue: first)
    let isFinal = first & 0x80 != 0
    let isMasked = second & 0x80 != 0
    let shortLength = Int(second & 0x7F)
    let isCompressed = first & 0x40 != 0
    guard first & 0x30 == 0 else { throw .reservedBits }
    guard !isCompressed || (mayCompress && opcode.beginsMessage) else { throw .reservedBits }
    guard opcode.isKnown else { throw .unknownOpcode(opcode.rawValue) }
    guard isMasked == (role == .server) else {
      throw isMasked ? .maskedFrame : .unmaskedFrame
    }
    if opcode.isControl {
      guard isFinal else { throw .fragmentedControl }
      guard shortLength <= 125 else { throw .controlTooLong }
    }
    let lengthBytes = shortLength == 126 ? 2 : shortLength == 127 ? 8 : 0
    let keyBytes = isMasked ? 4 : 0
    guard buffer.count >= 2 + lengthBytes + keyBytes else { return nil }
    let extended = buffer.bigEndian(at: 2, count: lengthBytes)
    let isShortest = lengthBytes == 0 || extended > (lengthBytes == 2 ? 125 : 0xFFFF)
    guard isShortest, let extended = Int(exactly: extended) else { throw .invalidLength }
    let key = UInt32(truncatingIfNeeded: buffer.bigEndian(at: 2 + lengthBytes, count: keyBytes))
    buffer.consume(2 + lengthBytes + keyBytes)
    return WebSocketFrameHeader(
      opcode: opcode,
      isFinal: isFinal,
      isCompressed: isCompressed,
      length: lengthBytes == 0 ? shortLength : extended,
      mask: WebSocketMask(key: key)
    )
  }
}

extension ReceiveBuffer {
  /// The number that `count` bytes form, most significant first; `offset` counts from the front.
  func bigEndian(at offset: Int, count: Int) -> UInt64 {
    bytes[start + offset..<start + offset + count].reduce(0) { $0 << 8 | UInt64($1) }
  }
}
