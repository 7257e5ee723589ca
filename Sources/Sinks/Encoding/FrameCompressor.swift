// SPDX-License-Identifier: Apache-2.0
import Codecs
import Synchronization

/// Compresses entries for all sessions of a server: WebSocket messages for those whose windows have
/// the same size (RFC 7692), blocks of event streams for those that take gzip (RFC 1952).
///
/// Nothing refers to what was before, so a frame may go to everybody. Each size of a window that is
/// in use takes 256 KiB at most, and gzip 144 KiB.
final class FrameCompressor: Sendable {
  private final class Window: Sendable {
    let deflater: Mutex<WebSocketDeflater>

    init(bits: Int) {
      deflater = Mutex(WebSocketDeflater(windowBits: bits))
    }
  }

  private static let smallestBits = 8
  private let windows = (smallestBits...15).map { Window(bits: $0) }
  private let blocks = Mutex(GzipBlockEncoder())
  private let compressedMessages = Atomic<UInt64>(0)
  private let compressedBlocks = Atomic<UInt64>(0)

  /// How many WebSocket messages became shorter.
  var messageCount: UInt64 { compressedMessages.load(ordering: .relaxed) }
  /// How many blocks of event streams became shorter.
  var blockCount: UInt64 { compressedBlocks.load(ordering: .relaxed) }

  /// The frame of a message; uncompressed when that is no longer.
  ///
  /// - Parameters:
  ///   - message: The message.
  ///   - opcode: Whether it is text or bytes.
  ///   - bits: The bits of the window, 8 to 15.
  /// - Returns: The frame, as a server sends it.
  func frame(_ message: [UInt8], _ opcode: WebSocketOpcode, windowBits bits: Int) -> [UInt8] {
    var frame: [UInt8] = []
    windows[bits - Self.smallestBits].deflater.withLock { $0.encode(opcode, message, into: &frame) }
    // RSV1 says that a message is compressed (RFC 7692 §6).
    if let first = frame.first, first & 0x40 != 0 { compressedMessages.add(1, ordering: .relaxed) }
    return frame
  }

  /// The gzip block of some text; stored as it is when that is no longer.
  func block(_ text: [UInt8]) -> [UInt8] {
    let block = blocks.withLock { $0.encode(text) }
    if block.isCompressed { compressedBlocks.add(1, ordering: .relaxed) }
    return block.bytes
  }
}
