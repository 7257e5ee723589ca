// SPDX-License-Identifier: Apache-2.0
public import Streams

/// A weight that halves in a fixed time.
@usableFromInline
struct Decay: Sendable {
  /// In milliseconds, at least 1.
  @usableFromInline let halfLife: Int64

  @usableFromInline
  init(halfLife: Int64) {
    self.halfLife = halfLife
  }

  /// What is left of 1 after the time from `start` to `end`, which is not earlier.
  @inlinable
  func factor(from start: Timestamp, to end: Timestamp) -> Double {
    if start == end { return 1 }
    let elapsed = UInt64(bitPattern: end.milliseconds &- start.milliseconds)
    return Self.halved(Double(elapsed) / Double(halfLife))
  }

  /// `2^(−halvings)`, within some 10⁻¹⁵ of itself.
  @inlinable
  static func halved(_ halvings: Double) -> Double {
    // Less than the least normal number is nothing.
    guard halvings < 1022 else { return 0 }
    let whole = Int64(halvings + 0.5)
    let x = (Double(whole) - halvings) * 0.693_147_180_559_945_3
    return exponential(x) * Double(bitPattern: UInt64(bitPattern: 1023 &- whole) &<< 52)
  }

  /// eˣ by its series; for |x| up to 0.35 the first term left out is below 10⁻¹⁵.
  @inlinable
  static func exponential(_ x: Double) -> Double {
    var sum = x * (1.0 / 479_001_600) + 1.0 / 39_916_800
    sum = sum * x + 1.0 / 3_628_800
    sum = sum * x + 1.0 / 362_880
    sum = sum * x + 1.0 / 40_320
    sum = sum * x + 1.0 / 5_040
    sum = sum * x + 1.0 / 720
    sum = sum * x + 1.0 / 120
    sum = sum * x + 1.0 / 24
    sum = sum * x + 1.0 / 6
    sum = sum * x + 1.0 / 2
    sum = sum * x + 1
    return sum * x + 1
  }
}
