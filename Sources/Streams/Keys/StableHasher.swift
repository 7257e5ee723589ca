// SPDX-License-Identifier: Apache-2.0

/// Hashes values to 64 bits, the same in every process, on every machine and in every release.
///
/// Sketches that are merged or stored need that; Swift's own `Hasher` is seeded anew in each process.
/// Each word passes through SplitMix64's finaliser, whose bits are all as good as random for data
/// that was not made to collide. Not for secrets.
@frozen
public struct StableHasher: Sendable {
  /// The hash of all that was combined so far.
  @inlinable public var hash: UInt64 { state }
  @usableFromInline var state: UInt64 = 0

  /// Makes the hasher of nothing.
  @inlinable public init() {}

  /// Takes in a word.
  @inlinable
  public mutating func combine(_ word: UInt64) {
    state = Self.mix(state ^ word)
  }

  /// Takes in bytes and their number.
  @inlinable
  public mutating func combine(bytes: Span<UInt8>) {
    combine(UInt64(bytes.count))
    var index = 0
    while index &+ 8 <= bytes.count {
      combine(Self.word(bytes, index, 8))
      index &+= 8
    }
    if index < bytes.count { combine(Self.word(bytes, index, bytes.count &- index)) }
  }

  /// Up to eight bytes as a number, the first as its lowest, on every machine.
  @inlinable
  static func word(_ bytes: Span<UInt8>, _ start: Int, _ count: Int) -> UInt64 {
    var word: UInt64 = 0
    for place in 0..<count {
      word |= UInt64(bytes[start &+ place]) &<< UInt64(truncatingIfNeeded: 8 &* place)
    }
    return word
  }

  /// SplitMix64: a permutation of the 64-bit numbers in which each bit depends on every other.
  @inlinable
  public static func mix(_ word: UInt64) -> UInt64 {
    var mixed = word &+ 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ (mixed &>> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed &>> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed &>> 31)
  }
}
