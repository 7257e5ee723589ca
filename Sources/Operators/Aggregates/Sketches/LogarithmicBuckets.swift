// SPDX-License-Identifier: Apache-2.0

/// Divides the positive numbers into buckets, so that any number in one is near its middle.
///
/// The index is `⌊m · (e + p(s))⌋` for the number `2ᵉ · (1 + s)`, where `p(s) = 6/35 s³ − 3/5 s² + 10/7 s`
/// stands for `log₂(1 + s)`: it meets it in 0 and 1, and `(1 + s) · p′(s)` is nowhere less than 10/7 (at
/// 0 and 2/3). So the ends of a bucket differ by at most the factor `exp(7/10 / m)`; with
/// `m = 7/10 / ln((1 + α) / (1 − α))` any number in it is within `α` of the middle
/// `2 · low · high / (low + high)`. It takes 1 % more buckets than the true logarithm (cubic
/// interpolation as in DDSketch, Masson, Rim and Lee, VLDB 2019).
@usableFromInline
struct LogarithmicBuckets: Sendable {
  /// Buckets per octave, about.
  @usableFromInline let multiplier: Double

  init(relativeError: Double) {
    // ln((1 + α) / (1 − α)) = 2 artanh α; the last factor covers the rounding of an index.
    multiplier = 0.7 / (2 * Self.areaTangent(relativeError)) * (1 + 0x1p-32)
  }

  /// artanh by its series, for numbers from 0 to 1/2.
  private static func areaTangent(_ number: Double) -> Double {
    var (power, sum, divisor) = (number, 0.0, 1.0)
    while power / divisor > sum * 0x1p-54 {
      sum += power / divisor
      power *= number * number
      divisor += 2
    }
    return sum
  }

  /// The bucket of a number that is positive, finite and not subnormal; not negative.
  @inlinable
  func index(of number: Double) -> Int {
    let bits = number.bitPattern
    let exponent = Double(Int64(truncatingIfNeeded: bits &>> 52))
    let significand = Double(bitPattern: bits & 0x000F_FFFF_FFFF_FFFF | 0x3FF0_0000_0000_0000)
    let s = significand - 1
    return Int((exponent + ((6.0 / 35 * s - 0.6) * s + 10.0 / 7) * s) * multiplier)
  }

  /// The number that lies relatively as near to one end of the bucket as to the other.
  func middle(of index: Int) -> Double {
    let (low, high) = (boundary(index), boundary(index + 1))
    return 2 * low / (1 + low / high)
  }

  /// The least number of the bucket; infinite beyond the greatest number.
  private func boundary(_ index: Int) -> Double {
    let level = Double(index) / multiplier
    let exponent = level.rounded(.down)
    guard exponent < 2047 else { return .infinity }
    let part = level - exponent
    var s = part
    // Newton's method; p is concave with a slope from 10/7 to 26/35, so few steps suffice.
    for _ in 0..<6 {
      let value = ((6.0 / 35 * s - 0.6) * s + 10.0 / 7) * s
      let slope = (18.0 / 35 * s - 1.2) * s + 10.0 / 7
      s -= (value - part) / slope
    }
    return Double(sign: .plus, exponent: Int(exponent) - 1023, significand: 1 + s)
  }

  /// The greatest index of any number.
  var greatestIndex: Int { index(of: .greatestFiniteMagnitude) }
}
