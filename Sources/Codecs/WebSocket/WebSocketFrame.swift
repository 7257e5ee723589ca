// SPDX-License-Identifier: Apache-2.0

/// Writes WebSocket frames (RFC 6455 §5.2).
public enum WebSocketFrame {
  /// Appends one frame.
  ///
  /// - Parameters:
  ///   - opcode: What the frame carries.
  ///   - payload: The payload; at most 125 bytes in a control frame.
  ///   - isFinal: Whether the message ends here. Default true.
  ///   - isCompressed: Whether the payload begins a message that permessage-deflate compressed
  ///     (RFC 7692 §6.1), as ``WebSocketDeflater`` does. Default false.
  ///   - mask: The key a client must choose at random for each frame; `nil` for a server.
  ///   - output: Where the frame goes.
  public static func encode(
    _ opcode: WebSocketOpcode,
    _ payload: some Collection<UInt8>,
    isFinal: Bool = true,
    isCompressed: Bool = false,
    mask: UInt32? = nil,
    into output: inout [UInt8]
  ) {
    let count = payload.count
    precondition(!opcode.isControl || (count <= 125 && isFinal), "a control frame is short, whole")
    precondition(!isCompressed || opcode.beginsMessage, "the first frame tells of compression")
    output.append((isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0) | opcode.rawValue)
    let maskBit: UInt8 = mask == nil ? 0 : 0x80
    if count <= 125 {
      output.append(maskBit | UInt8(count))
    } else if count <= 0xFFFF {
      output.append(maskBit | 126)
      output.append(bigEndian: UInt64(count), count: 2)
    } else {
      output.append(maskBit | 127)
      output.append(bigEndian: UInt64(count), count: 8)
    }
    guard let mask else { return output.append(contentsOf: payload) }
    output.append(bigEndian: UInt64(mask), count: 4)
    var masking = WebSocketMask(key: mask)
    masking.append(Array(payload), in: 0..<count, to: &output)
  }

  /// Appends a close frame.
  ///
  /// - Parameters:
  ///   - code: A code that may go over the wire (RFC 6455 §7.4); `nil` for none.
  ///   - reason: Why, cut to the 123 bytes that fit; not sent without a code.
  ///   - mask: As in ``encode(_:_:isFinal:isCompressed:mask:into:)``.
  ///   - output: Where the frame goes.
  public static func encodeClose(
    code: UInt16?,
    reason: String = "",
    mask: UInt32? = nil,
    into output: inout [UInt8]
  ) {
    var payload: [UInt8] = []
    if let code {
      precondition(mayCarry(closeCode: code), "the code may go over the wire")
      payload.append(bigEndian: UInt64(code), count: 2)
      for scalar in reason.unicodeScalars {
        guard payload.count + UTF8.width(scalar) <= 125 else { break }
        payload.append(contentsOf: String(scalar).utf8)
      }
    }
    encode(.close, payload, mask: mask, into: &output)
  }

  /// Whether a close frame may carry `code`: a registered one, or one of a library or application.
  public static func mayCarry(closeCode code: UInt16) -> Bool {
    switch code {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }
}

extension [UInt8] {
  /// Appends the lowest `count` bytes of `number`, most significant first.
  mutating func append(bigEndian number: UInt64, count: Int) {
    for shift in stride(from: 8 * (count - 1), through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
    }
  }
}
