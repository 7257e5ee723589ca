// SPDX-License-Identifier: Apache-2.0

/// Compresses the content of one response, whole or as it comes (RFC 9110 §8.4.1).
///
/// It takes memory with the first bytes: 256 KiB with a window of 15 bits, half of it for each bit
/// less. It belongs to one response, so it cannot be copied.
public struct HTTPContentEncoder: ~Copyable, Sendable {
  /// What it makes.
  public let coding: HTTPContentCoding
  private let windowBits: Int
  private let level: Int
  private var deflater: Deflater?

  /// Creates an encoder, which takes no memory yet.
  ///
  /// - Parameters:
  ///   - coding: What to make; identity passes everything through.
  ///   - windowBits: How far content refers back, as a power of 2 in bytes, 9 to 15. Default 15; 12
  ///     suits streams of events that stay open, with 32 KiB.
  ///   - level: From 1, fast, to 9, small. Default 6, as everywhere.
  public init(_ coding: HTTPContentCoding, windowBits: Int = 15, level: Int = 6) {
    precondition((9...15).contains(windowBits), "a window has 9 to 15 bits")
    self.coding = coding
    self.windowBits = windowBits
    self.level = level
  }

  /// Appends what comes out when `bytes` go in.
  ///
  /// - Parameters:
  ///   - bytes: The next bytes of the content.
  ///   - flushes: Whether the receiver must be able to read them all now, as with each event of a
  ///     stream; it costs about 5 bytes. Default false: some may stay inside.
  ///   - output: Where they go; HTTP/1.1 needs a chunk around them.
  public mutating func encode(
    _ bytes: some Collection<UInt8>,
    flushes: Bool = false,
    into output: inout [UInt8]
  ) {
    guard let format else { return output.append(contentsOf: bytes) }
    begin(format)
    deflater?.deflate(Array(bytes)[...], flushes ? .sync : .none, into: &output)
  }

  /// Appends the end of the content and gives the memory back; nothing may follow.
  public mutating func finish(into output: inout [UInt8]) {
    guard let format else { return }
    begin(format)
    deflater?.deflate([], .finish, into: &output)
    deflater = nil
  }

  /// The whole of some content, for one answer or to be kept.
  public static func encode(
    _ bytes: some Collection<UInt8>,
    as coding: HTTPContentCoding,
    level: Int = 6
  ) -> [UInt8] {
    var encoder = HTTPContentEncoder(coding, level: level)
    var output: [UInt8] = []
    output.reserveCapacity(coding == .identity ? bytes.count : bytes.count / 2 + 64)
    encoder.encode(bytes, into: &output)
    encoder.finish(into: &output)
    return output
  }

  private var format: Deflater.Format? {
    switch coding {
    case .gzip: .gzip
    case .deflate: .zlib
    case .identity: nil
    }
  }

  private mutating func begin(_ format: Deflater.Format) {
    guard deflater == nil else { return }
    deflater = Deflater(format, windowBits: windowBits, level: level, memoryLevel: windowBits - 7)
  }
}
