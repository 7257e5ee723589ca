// SPDX-License-Identifier: Apache-2.0

/// Writes messages as compressed WebSocket frames (RFC 7692 §7.2.1): bytes in, frame bytes out.
///
/// Without context each frame stands for itself, so one deflater serves all sessions with its
/// window, and one frame may go to all of them. With context it belongs to one session, whose peer
/// must get every frame in order. It takes memory, 256 KiB with a window of 15 bits, when it
/// compresses first.
public struct WebSocketDeflater: ~Copyable, Sendable {
  /// The bits of the window, 8 to 15.
  public let windowBits: Int
  /// Whether messages refer back to those before.
  public let keepsContext: Bool
  private let level: Int
  private let minimumBytes: Int
  private var deflater: Deflater?

  /// Creates a deflater, which takes no memory yet.
  ///
  /// - Parameters:
  ///   - windowBits: What the other side accepts, such as ``PermessageDeflate/serverWindowBits``.
  ///     Default 15.
  ///   - keepsContext: Whether messages may refer back to those before. Default false.
  ///   - minimumBytes: What a message must have to be compressed. Default 64: below, a frame gains
  ///     less than the work costs.
  ///   - level: From 1, fast, to 9, small. Default 6, as everywhere.
  public init(
    windowBits: Int = 15,
    keepsContext: Bool = false,
    minimumBytes: Int = 64,
    level: Int = 6
  ) {
    precondition((8...15).contains(windowBits), "a window has 8 to 15 bits")
    self.windowBits = windowBits
    self.keepsContext = keepsContext
    self.minimumBytes = minimumBytes
    self.level = level
  }

  /// Appends one message as one frame; uncompressed when that is no longer.
  ///
  /// - Parameters:
  ///   - opcode: Text or binary.
  ///   - payload: The message.
  ///   - mask: The key a client must choose at random for each frame; `nil` for a server.
  ///   - output: Where the frame goes.
  public mutating func encode(
    _ opcode: WebSocketOpcode,
    _ payload: some Collection<UInt8>,
    mask: UInt32? = nil,
    into output: inout [UInt8]
  ) {
    precondition(opcode == .text || opcode == .binary, "only whole messages are compressed")
    guard payload.count >= minimumBytes else {
      return WebSocketFrame.encode(opcode, payload, mask: mask, into: &output)
    }
    let compressed = compress(Array(payload))
    // With context the other side's window must see what ours has seen.
    guard keepsContext || compressed.count < payload.count else {
      return WebSocketFrame.encode(opcode, payload, mask: mask, into: &output)
    }
    WebSocketFrame.encode(opcode, compressed, isCompressed: true, mask: mask, into: &output)
  }

  /// Gives the memory back until the next message; with context, that one begins anew.
  public mutating func releaseMemory() { deflater = nil }

  private mutating func compress(_ payload: [UInt8]) -> ArraySlice<UInt8> {
    // A flush without input may give nothing; this is an empty block (RFC 7692 §7.2.3.6).
    guard !payload.isEmpty else { return [0x00] }
    if deflater == nil { deflater = Deflater(.raw, windowBits: windowBits, level: level) }
    var compressed: [UInt8] = []
    compressed.reserveCapacity(payload.count / 2 + 64)
    deflater?.deflate(payload[...], .sync, into: &compressed)
    if !keepsContext { deflater?.reset() }
    return compressed.dropLast(4)
  }
}
