// SPDX-License-Identifier: Apache-2.0
import CZlib

/// What the end of gzip content tells of some of its bytes: CRC-32 and length (RFC 1952 §2.3.1).
///
/// Checksums of pieces make up that of the whole, so the bytes are read once, whoever sends them.
public struct GzipChecksum: Equatable, Sendable {
  /// The CRC-32 of the bytes.
  let crc: UInt32
  /// How many there are, modulo 2 to the power of 32.
  let byteCount: UInt32
  /// What a CRC is multiplied by when these bytes follow: `x` to the power of their bits.
  let shift: CRCPolynomial

  private init(crc: UInt32, byteCount: UInt32, shift: CRCPolynomial) {
    (self.crc, self.byteCount, self.shift) = (crc, byteCount, shift)
  }

  /// The checksum of some bytes; O(n).
  public init(_ bytes: [UInt8]) {
    crc = Self.crc(of: bytes)
    byteCount = UInt32(truncatingIfNeeded: bytes.count)
    shift = .x8(toThe: bytes.count)
  }

  /// The CRC-32 of some bytes behind others.
  static func crc(of bytes: [UInt8], behind crc: UInt32 = 0) -> UInt32 {
    // Without an address zlib begins anew.
    guard !bytes.isEmpty else { return crc }
    return unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe UInt32(crc32_z(UInt(crc), buffer.baseAddress, z_size_t(buffer.count)))
    }
  }

  /// The CRC-32 of other bytes with these behind them; O(1).
  func crc(behind crc: UInt32) -> UInt32 {
    (CRCPolynomial(bits: crc) * shift).bits ^ self.crc
  }

  /// The checksum of these bytes with others behind them.
  public func followed(by next: GzipChecksum) -> GzipChecksum {
    GzipChecksum(
      crc: next.crc(behind: crc),
      byteCount: byteCount &+ next.byteCount,
      shift: shift * next.shift
    )
  }
}

/// A polynomial over bits modulo that of CRC-32; `x` to the power of 0 is the highest bit.
struct CRCPolynomial: Equatable, Sendable {
  let bits: UInt32

  /// `x` to the power of 8 times `byteCount`.
  static func x8(toThe byteCount: Int) -> CRCPolynomial {
    var power = CRCPolynomial(bits: 1 << 31)
    var square = CRCPolynomial(bits: 1 << 23)
    var rest = byteCount
    while rest > 0 {
      if rest & 1 == 1 { power = power * square }
      square = square * square
      rest >>= 1
    }
    return power
  }

  /// The product; every delivery of a compressed event takes one, so nothing in it branches.
  static func * (left: CRCPolynomial, right: CRCPolynomial) -> CRCPolynomial {
    var (rest, term, product) = (left.bits, right.bits, UInt32(0))
    for _ in 0..<32 {
      product ^= term & (0 &- rest >> 31)
      rest <<= 1
      term = term >> 1 ^ (0xEDB8_8320 & (0 &- (term & 1)))
    }
    return CRCPolynomial(bits: product)
  }
}
