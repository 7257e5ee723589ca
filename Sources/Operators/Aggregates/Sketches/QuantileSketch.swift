// SPDX-License-Identifier: Apache-2.0

/// The distribution of numbers, so that each quantile is known with a relative error (DDSketch).
///
/// Of `n` numbers in order, the quantile `q` is the one at the place `⌊q · (n − 1)⌋`, counted from 0. What is
/// told for it differs by at most the relative error, unless it stands among the ``collapsed``.
/// Numbers below zero and above have up to ``bucketLimit`` buckets of 8 bytes each; when they spread
/// wider, those nearest to zero collapse. Parts can be merged in any order without loss. Magnitudes
/// below 2⁻¹⁰²² count as zero; what is no number is counted apart.
public struct QuantileSketch: Sendable {
  /// The greatest relative error.
  public let relativeError: Double
  /// The most buckets for the numbers of one sign.
  public var bucketLimit: Int { positive.limit }
  @usableFromInline let buckets: LogarithmicBuckets
  @usableFromInline var positive: BucketCounts
  @usableFromInline var negative: BucketCounts
  @usableFromInline var least = Double.infinity
  @usableFromInline var greatest = -Double.infinity
  var zeros = 0
  var infinite = (below: 0, above: 0)
  /// How many were no number; they are in no quantile.
  public internal(set) var undefined = 0

  /// Makes the sketch of nothing.
  ///
  /// - Parameters:
  ///   - relativeError: The greatest relative error, 0.0001 to 0.5. Default 0.01.
  ///   - bucketLimit: The most buckets for the numbers of one sign, 16 to 1,048,576. Default
  ///     20.48 / relativeError, which is 2,048 at 0.01, and at least 64: numbers may differ by a
  ///     factor of 10¹⁷ before any collapse.
  public init(relativeError: Double = 0.01, bucketLimit: Int? = nil) {
    precondition(0.0001...0.5 ~= relativeError, "a relative error is from 0.0001 to 0.5")
    let bucketLimit = bucketLimit ?? max(64, Int((20.48 / relativeError).rounded()))
    precondition(16...1_048_576 ~= bucketLimit, "a sketch has 16 to 1,048,576 buckets")
    self.relativeError = relativeError
    buckets = LogarithmicBuckets(relativeError: relativeError)
    positive = BucketCounts(limit: bucketLimit)
    negative = BucketCounts(limit: bucketLimit)
  }

  /// Takes in a number.
  @inlinable
  public mutating func add(_ number: Double) {
    if number >= Double.leastNormalMagnitude, number <= Double.greatestFiniteMagnitude {
      positive.add(to: buckets.index(of: number))
    } else if !addRare(number) {
      return
    }
    if number < least { least = number }
    if number > greatest { greatest = number }
  }

  /// Takes in a number that is not positive and finite; false if it is none.
  @usableFromInline
  mutating func addRare(_ number: Double) -> Bool {
    switch number {
    case -Double.greatestFiniteMagnitude ... -Double.leastNormalMagnitude:
      negative.add(to: buckets.index(of: -number))
    case Double.infinity: infinite.above.accumulate(1)
    case -Double.infinity: infinite.below.accumulate(1)
    case _ where number.isNaN:
      undefined.accumulate(1)
      return false
    default: zeros.accumulate(1)
    }
    return true
  }

  /// Takes in all that `other`, made with the same error and limit, has taken in.
  public mutating func merge(_ other: Self) {
    precondition(
      relativeError == other.relativeError && bucketLimit == other.bucketLimit,
      "sketches that are merged are made alike"
    )
    positive.merge(other.positive)
    negative.merge(other.negative)
    zeros.accumulate(other.zeros)
    infinite.below.accumulate(other.infinite.below)
    infinite.above.accumulate(other.infinite.above)
    undefined.accumulate(other.undefined)
    least = min(least, other.least)
    greatest = max(greatest, other.greatest)
  }

  /// How many numbers there are.
  public var count: Int {
    var count = positive.total
    for part in [negative.total, zeros, infinite.below, infinite.above] { count.accumulate(part) }
    return count
  }

  /// How many numbers stand in a bucket farther from zero than their own, so that their error is not
  /// bounded.
  public var collapsed: Int {
    var count = positive.collapsed
    count.accumulate(negative.collapsed)
    return count
  }
}
