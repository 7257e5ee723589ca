// SPDX-License-Identifier: Apache-2.0

/// What a frame carries (RFC 6455 §5.2).
public struct WebSocketOpcode: RawRepresentable, Hashable, Sendable {
  /// The four bits on the wire; from 8 on the frame is a control frame.
  public let rawValue: UInt8

  /// Creates an opcode; its lower four bits count.
  public init(rawValue: UInt8) { self.rawValue = rawValue & 0x0F }

  /// The next fragment of a message.
  public static let continuation = WebSocketOpcode(rawValue: 0)
  /// A message, or its first fragment, of UTF-8 text.
  public static let text = WebSocketOpcode(rawValue: 1)
  /// A message, or its first fragment, of bytes.
  public static let binary = WebSocketOpcode(rawValue: 2)
  /// The end of the conversation.
  public static let close = WebSocketOpcode(rawValue: 8)
  /// A question whether the other side is there.
  public static let ping = WebSocketOpcode(rawValue: 9)
  /// The answer to a ping, with its payload.
  public static let pong = WebSocketOpcode(rawValue: 10)

  var isControl: Bool { rawValue >= 8 }
  var beginsMessage: Bool { self == .text || self == .binary }
  var isKnown: Bool { rawValue <= 2 || (8...10).contains(rawValue) }
}

/// What the other side's bytes mean.
public enum WebSocketEvent: Equatable, Sendable {
  /// A whole message of text: valid UTF-8.
  case text([UInt8])
  /// A whole message of bytes.
  case binary([UInt8])
  /// A ping, to be answered with a pong of the same payload.
  case ping([UInt8])
  /// A pong.
  case pong([UInt8])
  /// The other side's last frame; without a code when it gave none.
  case close(code: UInt16?, reason: String)
}

/// Bounds on WebSocket messages from outside.
public struct WebSocketLimits: Sendable {
  /// Largest reassembled message, in bytes, inflated if it was compressed.
  ///
  /// Default 64 KiB: a message, not an upload.
  public var maximumMessageBytes = 64 << 10
  /// Most fragments of one message.
  ///
  /// Default 128; bounds the work spent on empty and one-byte fragments.
  public var maximumFragmentCount = 128

  /// Creates limits with the defaults.
  public init() {}
}

/// How the other side broke the WebSocket protocol (RFC 6455) or exceeded a limit.
public enum WebSocketViolation: Error, Equatable, Sendable {
  /// A reserved bit is set though no extension was agreed on, or where that extension has none.
  case reservedBits
  /// The opcode means nothing.
  case unknownOpcode(UInt8)
  /// A client's frame is not masked.
  case unmaskedFrame
  /// A server's frame is masked.
  case maskedFrame
  /// A control frame is a fragment.
  case fragmentedControl
  /// A control frame's payload exceeds 125 bytes.
  case controlTooLong
  /// A continuation continues nothing.
  case unexpectedContinuation
  /// A message begins inside of another.
  case unfinishedMessage
  /// The length is not in its shortest form, or has its top bit set.
  case invalidLength
  /// A message exceeds the limit.
  case messageTooLarge(limitBytes: Int)
  /// A message has more fragments than the limit.
  case tooManyFragments(limit: Int)
  /// A text message or close reason is not UTF-8.
  case invalidUTF8
  /// A compressed message is no DEFLATE, or does not end with a whole block.
  case invalidCompression
  /// A close frame's code is cut short or must not go over the wire.
  case invalidCloseCode

  /// The code to close with (RFC 6455 §7.4.1).
  public var closeCode: UInt16 {
    switch self {
    case .reservedBits, .unknownOpcode, .unmaskedFrame, .maskedFrame, .fragmentedControl,
      .controlTooLong, .unexpectedContinuation, .unfinishedMessage, .invalidLength,
      .invalidCloseCode:
      1002
    case .invalidUTF8, .invalidCompression: 1007
    case .tooManyFragments: 1008
    case .messageTooLarge: 1009
    }
  }
}

extension WebSocketViolation: CustomStringConvertible {
  /// What is wrong, short enough for a close frame's reason.
  public var description: String {
    switch self {
    case .reservedBits: "reserved bits are set"
    case .unknownOpcode(let opcode): "unknown opcode \(opcode)"
    case .unmaskedFrame: "a client's frame must be masked"
    case .maskedFrame: "a server's frame must not be masked"
    case .fragmentedControl: "a control frame must not be fragmented"
    case .controlTooLong: "a control frame is longer than 125 bytes"
    case .unexpectedContinuation: "a continuation without a message"
    case .unfinishedMessage: "a message begins inside of another"
    case .invalidLength: "a frame's length is not in its shortest form"
    case .messageTooLarge(let limit): "a message is larger than \(limit) bytes"
    case .tooManyFragments(let limit): "a message has more than \(limit) fragments"
    case .invalidUTF8: "text is not valid UTF-8"
    case .invalidCompression: "a compressed message cannot be inflated"
    case .invalidCloseCode: "invalid close code"
    }
  }
}
