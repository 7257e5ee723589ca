// SPDX-License-Identifier: Apache-2.0

/// Gzip content that is put together from blocks, each of which stands for itself (RFC 1952).
///
/// A block refers to nothing before it and ends on a whole byte, so one may go to many receivers,
/// and each can read what it has got at any time. Only the checksum is a receiver's own.
public struct GzipContent: Equatable, Sendable {
  /// What it begins with: no name, no time, no operating system.
  public static let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]

  private var crc: UInt32 = 0
  private var byteCount: UInt32 = 0

  /// Begins content, with nothing in it.
  public init() {}

  /// Notes what the next blocks hold; O(1).
  public mutating func append(_ checksum: GzipChecksum) {
    crc = checksum.crc(behind: crc)
    byteCount &+= checksum.byteCount
  }

  /// Notes that the next blocks hold these bytes; O(n), and for short ones quicker than their checksum.
  public mutating func append(_ bytes: [UInt8]) {
    crc = GzipChecksum.crc(of: bytes, behind: crc)
    byteCount &+= UInt32(truncatingIfNeeded: bytes.count)
  }

  /// What it ends with: an empty last block, the CRC-32 and the length.
  public var end: [UInt8] {
    var bytes: [UInt8] = [0x03, 0x00]
    for number in [crc, byteCount] {
      for shift in stride(from: 0, to: 32, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: number >> UInt32(shift)))
      }
    }
    return bytes
  }

  /// Bytes as they are, as blocks with 5 bytes before each 65,535 of them (RFC 1951 §3.2.4).
  public static func storedBlock(_ bytes: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count + storedHeaderBytes * (bytes.count / storedBytes + 1))
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = rest.prefix(storedBytes)
      let (low, high) = (UInt8(part.count & 0xFF), UInt8(part.count >> 8))
      output.append(contentsOf: [0, low, high, ~low, ~high])
      output.append(contentsOf: part)
      rest = rest.dropFirst(storedBytes)
    }
    return output
  }

  fileprivate static let storedBytes = 65_535
  fileprivate static let storedHeaderBytes = 5
}

/// Makes blocks of ``GzipContent``.
///
/// It takes memory, 144 KiB, when it compresses first; one serves any number of receivers.
public struct GzipBlockEncoder: ~Copyable, Sendable {
  /// A block.
  public struct Block: Sendable {
    /// It, as it is sent.
    public let bytes: [UInt8]
    /// Whether it is shorter than what it holds.
    public let isCompressed: Bool
  }

  private let minimumBytes: Int
  private let level: Int
  private var deflater: Deflater?

  /// Creates an encoder, which takes no memory yet.
  ///
  /// - Parameters:
  ///   - minimumBytes: What a block must hold to be compressed. Default 64: below, it gains less
  ///     than the work costs.
  ///   - level: From 1, fast, to 9, small. Default 6, as everywhere.
  public init(minimumBytes: Int = 64, level: Int = 6) {
    self.minimumBytes = minimumBytes
    self.level = level
  }

  /// A block with these bytes, stored as they are when compressing does not make them fewer.
  public mutating func encode(_ bytes: [UInt8]) -> Block {
    guard bytes.count >= minimumBytes else { return Self.stored(bytes) }
    if deflater == nil {
      // Resetting touches 8 KiB and not 64: a block is short, and what surrounds it uses the caches.
      deflater = Deflater(.raw, windowBits: 15, level: level, memoryLevel: 5)
    }
    var compressed: [UInt8] = []
    compressed.reserveCapacity(bytes.count / 2 + 64)
    deflater?.deflate(bytes[...], .sync, into: &compressed)
    deflater?.reset()
    guard compressed.count < bytes.count else { return Self.stored(bytes) }
    return Block(bytes: compressed, isCompressed: true)
  }

  private static func stored(_ bytes: [UInt8]) -> Block {
    Block(bytes: GzipContent.storedBlock(bytes), isCompressed: false)
  }
}
