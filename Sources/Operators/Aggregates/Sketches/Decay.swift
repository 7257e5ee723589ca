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
    // eˣ by its series: |x| is at most 0.35, so that the first term left out is below 10⁻¹⁶.
    var sum = 1.0 + x * (1.0 / 12)
    var divisor = 11.0
    while divisor > 0 {
      sum = 1 + x / divisor * sum
      divisor -= 1
    }
    return sum * Double(bitPattern: UInt64(bitPattern: 1023 &- whole) &<< 52)
  }
}
