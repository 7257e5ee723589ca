// SPDX-License-Identifier: Apache-2.0

/// The hash XXH64 with seed 0: a checksum against torn and flipped pages, not against an attacker.
///
/// Source: the xxHash specification, version 0.1.1,
/// <https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md>. It needs no table and no
/// special instruction, and reads eight bytes at a time.
enum XXHash64 {
  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

  /// The hash of four numbers, as of their 32 bytes with the lowest first, begun with 0.
  @inline(__always)
  static func hash(_ numbers: (UInt64, UInt64, UInt64, UInt64)) -> UInt64 {
    let lanes = (
      round(prime1 &+ prime2, numbers.0), round(prime2, numbers.1), round(0, numbers.2),
      round(0 &- prime1, numbers.3)
    )
    return avalanche(join(lanes) &+ 32)
  }

  /// The hash of `bytes`, begun with `seed`.
  @inline(__always)
  static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
    var index = 0
    var hash = bytes.count >= 32 ? stripes(bytes, seed, &index) : seed &+ prime5
    hash &+= UInt64(bytes.count)
    while index + 8 <= bytes.count {
      hash ^= round(0, word(bytes, index))
      hash = rotate(hash, 27) &* prime1 &+ prime4
      index += 8
    }
    if index + 4 <= bytes.count {
      let half = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self))
      hash ^= UInt64(half) &* prime1
      hash = rotate(hash, 23) &* prime2 &+ prime3
      index += 4
    }
    while index < bytes.count {
      hash ^= UInt64(bytes[index]) &* prime5
      hash = rotate(hash, 11) &* prime1
      index += 1
    }
    return avalanche(hash)
  }

  /// Four lanes over all whole stripes of 32 bytes.
  @inline(__always)
  private static func stripes(
    _ bytes: UnsafeRawBufferPointer,
    _ seed: UInt64,
    _ index: inout Int
  ) -> UInt64 {
    var lane1 = seed &+ prime1 &+ prime2
    var lane2 = seed &+ prime2
    var lane3 = seed
    var lane4 = seed &- prime1
    while index + 32 <= bytes.count {
      lane1 = round(lane1, word(bytes, index))
      lane2 = round(lane2, word(bytes, index + 8))
      lane3 = round(lane3, word(bytes, index + 16))
      lane4 = round(lane4, word(bytes, index + 24))
      index += 32
    }
    return join((lane1, lane2, lane3, lane4))
  }

  @inline(__always)
  private static func join(_ lanes: (UInt64, UInt64, UInt64, UInt64)) -> UInt64 {
    var hash =
      rotate(lanes.0, 1) &+ rotate(lanes.1, 7) &+ rotate(lanes.2, 12) &+ rotate(lanes.3, 18)
    hash = merge(hash, lanes.0)
    hash = merge(hash, lanes.1)
    hash = merge(hash, lanes.2)
    return merge(hash, lanes.3)
  }

  @inline(__always)
  private static func merge(_ hash: UInt64, _ lane: UInt64) -> UInt64 {
    (hash ^ round(0, lane)) &* prime1 &+ prime4
  }

  @inline(__always)
  private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
    rotate(lane &+ word &* prime2, 31) &* prime1
  }

  @inline(__always)
  private static func avalanche(_ hash: UInt64) -> UInt64 {
    var hash = hash
    hash = (hash ^ (hash >> 33)) &* prime2
    hash = (hash ^ (hash >> 29)) &* prime3
    return hash ^ (hash >> 32)
  }

  @inline(__always)
  private static func word(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
  }

  @inline(__always)
  private static func rotate(_ value: UInt64, _ by: UInt64) -> UInt64 {
    value << by | value >> (64 - by)
  }
}
