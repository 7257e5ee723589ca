// SPDX-License-Identifier: Apache-2.0

/// A random number generator that gives the same numbers for the same seed (SplitMix64).
///
/// Not for secrets: it makes the data of a test, so that a failure can be repeated.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Makes the generator of `seed`.
  public init(_ seed: some BinaryInteger) {
    state = UInt64(truncatingIfNeeded: seed)
  }

  /// The next number.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
