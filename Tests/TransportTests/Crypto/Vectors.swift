// SPDX-License-Identifier: Apache-2.0
import TestCertificates

@testable import Transport

/// Takes what RFCs print apart, for tests of a room that knows no tokens.
enum Vectors {
  /// The bytes of a text in base64url.
  static func bytes(_ text: some StringProtocol) -> [UInt8] {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    var (bits, count, bytes) = (0, 0, [UInt8]())
    for digit in text.utf8 {
      bits = bits << 6 | (digits.firstIndex(of: digit) ?? 0)
      count += 6
      guard count >= 8 else { continue }
      count -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> count))
      bits &= 1 << count - 1
    }
    return bytes
  }

  /// What a token's signature is for, and the signature.
  static func parts(_ token: String) -> (message: [UInt8], signature: [UInt8]) {
    let dot = token.lastIndex(of: ".") ?? token.endIndex
    return (Array(token[..<dot].utf8), bytes(token[dot...].dropFirst()))
  }

  static func rs256() throws -> VerificationKey {
    try VerificationKey(
      rsaModulus: bytes(PublishedTokens.rsaModulus),
      exponent: [1, 0, 1]
    )
  }

  static func es256() throws -> VerificationKey {
    try VerificationKey(p256X: bytes(PublishedTokens.p256X), y: bytes(PublishedTokens.p256Y))
  }

  static func edDSA() throws -> VerificationKey {
    try VerificationKey(ed25519: bytes(PublishedTokens.ed25519))
  }

  static func hs256() throws -> VerificationKey {
    try VerificationKey(secret: bytes(PublishedTokens.hs256Secret))
  }

  /// Each key with the token that an RFC shows for it.
  static func all() throws -> [(key: VerificationKey, token: String)] {
    [
      (try hs256(), PublishedTokens.hs256), (try rs256(), PublishedTokens.rs256),
      (try es256(), PublishedTokens.es256), (try edDSA(), PublishedTokens.edDSA),
    ]
  }

  /// The number that `bytes` and `other` add up to, most significant byte first, of the same length.
  static func sum(_ bytes: [UInt8], _ other: [UInt8]) -> [UInt8] {
    var (sum, carry) = (bytes, 0)
    for index in bytes.indices.reversed() {
      carry += Int(bytes[index]) + Int(other[index])
      sum[index] = UInt8(carry & 255)
      carry >>= 8
    }
    return sum
  }

  /// The number that is left of `bytes` without `other`.
  static func difference(_ bytes: [UInt8], _ other: [UInt8]) -> [UInt8] {
    sum(sum(bytes, other.map(~)), Array(repeating: 0, count: bytes.count - 1) + [1])
  }

  /// The order of P-256 (FIPS 186-4, D.1.2.3).
  static let p256Order: [UInt8] = [
    0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
  ]

  /// The prime of P-256, of which coordinates are remainders.
  static let p256Prime: [UInt8] = [
    0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
  ]

  /// The order of Ed25519 (RFC 8032 §5.1), most significant byte first.
  static let ed25519Order: [UInt8] = [
    0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0x14, 0xDE, 0xF9, 0xDE, 0xA2, 0xF7, 0x9C, 0xD6, 0x58, 0x12, 0x63, 0x1A, 0x5C, 0xF5, 0xD3, 0xED,
  ]
}
