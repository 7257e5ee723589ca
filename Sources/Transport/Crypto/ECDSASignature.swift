// SPDX-License-Identifier: Apache-2.0

/// Translates signatures of P-256 between the two ways to write them.
///
/// Tokens have both numbers with 32 bytes each (RFC 7518 §3.4), OpenSSL has them in DER (RFC 3279
/// §2.2.3).
enum ECDSASignature {
  static let byteCount = 64

  /// As DER; `nil` unless there are 64 bytes.
  static func der(_ signature: [UInt8]) -> [UInt8]? {
    guard signature.count == byteCount else { return nil }
    let body = integer(signature[..<32]) + integer(signature[32...])
    // Two integers of at most 35 bytes: the length has one byte.
    return [0x30, UInt8(body.count)] + body
  }

  /// From DER as OpenSSL writes it; `nil` for anything else.
  static func raw(_ der: [UInt8]) -> [UInt8]? {
    guard der.count >= 2, der[0] == 0x30, Int(der[1]) == der.count - 2 else { return nil }
    var rest = der[2...]
    var raw: [UInt8] = []
    for _ in 0..<2 {
      guard let number = takeInteger(&rest) else { return nil }
      raw += [UInt8](repeating: 0, count: 32 - number.count) + number
    }
    return rest.isEmpty ? raw : nil
  }

  private static func integer(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var digits = Array(bytes.drop { $0 == 0 })
    // A number is signed: a first bit of one would make it negative.
    if digits.first.map({ $0 >= 0x80 }) ?? true { digits.insert(0, at: 0) }
    return [0x02, UInt8(digits.count)] + digits
  }

  private static func takeInteger(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard rest.popFirst() == 0x02, let count = rest.popFirst(), count <= rest.count else {
      return nil
    }
    let number = rest.prefix(Int(count)).drop { $0 == 0 }
    rest = rest.dropFirst(Int(count))
    return number.count <= 32 ? number : nil
  }
}
