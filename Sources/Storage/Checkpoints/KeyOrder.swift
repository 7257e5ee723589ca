// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The order of the keys of a pipeline's state: by bytes, a shorter one before those it begins.
enum KeyOrder {
  /// Below zero if `a` comes before `b`, zero if they are the same.
  static func compare(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
    let common = min(a.count, b.count)
    if common > 0, let left = a.baseAddress, let right = b.baseAddress {
      let order = memcmp(left, right, common)
      if order != 0 { return Int(order) }
    }
    return a.count - b.count
  }

  static func compare(_ a: [UInt8], _ b: [UInt8]) -> Int {
    a.withUnsafeBytes { a in b.withUnsafeBytes { b in compare(a, b) } }
  }

  /// The first eight bytes as a number: where two keys have different ones, their order is that of
  /// the keys.
  static func prefix(_ key: [UInt8]) -> UInt64 {
    key.withUnsafeBytes { key in
      if key.count >= 8 { return UInt64(bigEndian: key.loadUnaligned(as: UInt64.self)) }
      var number: UInt64 = 0
      for index in 0..<8 { number = number << 8 | UInt64(index < key.count ? key[index] : 0) }
      return number
    }
  }
}
