// SPDX-License-Identifier: Apache-2.0

/// Numbers that are a pure function of a seed, the number of an event and the number of a field.
///
/// They are SplitMix64's: field f of event n has the one at place 64 · n + f + 1, so they can be
/// computed in any order, anywhere, and again.
struct Draw {
  static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

  let base: UInt64

  init(seed: UInt64, number: Int) {
    base = seed &+ UInt64(truncatingIfNeeded: number) &* 64 &* Self.step
  }

  /// 64 bits for a field, less than 64.
  func word(_ field: UInt64) -> UInt64 {
    Self.mix(base &+ (field &+ 1) &* Self.step)
  }

  /// A whole number from 0 to `bound` − 1.
  func below(_ bound: Int, _ field: UInt64) -> Int {
    Int(word(field).multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// Whether something with a chance of 1 − 1 / `ratio` holds.
  func isHot(_ ratio: Int, _ field: UInt64) -> Bool {
    below(ratio, field) > 0
  }

  /// One of `choices`.
  func element<Choice>(of choices: [Choice], _ field: UInt64) -> Choice {
    choices[below(choices.count, field)]
  }

  static func mix(_ state: UInt64) -> UInt64 {
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
