// SPDX-License-Identifier: Apache-2.0

/// Counts durations in buckets whose width grows with the duration, in memory of a fixed size.
///
/// Up to 2,047 ns each nanosecond has a bucket of its own; beyond that each doubling has 1,024 of
/// them, so that a quantile is at most a thousandth too high: three significant digits, as HDR
/// histograms have it. It takes 260 KiB, however much it counts.
struct LatencyHistogram: Equatable, Sendable {
  /// The longest duration told apart, an hour; longer ones count as this.
  static let maximumNanoseconds: Int64 = 3_600 * 1_000_000_000

  // Buckets of one doubling; those below twice as many nanoseconds are exact.
  private static let halfCount = 1_024
  private static let halfBits = 10

  /// How many durations were counted.
  private(set) var count: UInt64 = 0
  /// The shortest, in nanoseconds; 0 while there is none.
  private(set) var minimum: Int64 = 0
  /// The longest, in nanoseconds; 0 while there is none.
  private(set) var maximum: Int64 = 0
  private var sum = 0.0
  private var buckets: [UInt64]

  /// Makes an empty histogram.
  init() {
    buckets = Array(repeating: 0, count: Self.bucket(of: Self.maximumNanoseconds) + 1)
  }

  /// The mean, in nanoseconds; 0 while there is none.
  var mean: Double { count == 0 ? 0 : sum / Double(count) }

  /// Counts a duration; what is negative counts as none.
  mutating func record(nanoseconds: Int64) {
    let value = min(max(nanoseconds, 0), Self.maximumNanoseconds)
    buckets[Self.bucket(of: value)] += 1
    minimum = count == 0 ? value : min(minimum, value)
    maximum = max(maximum, value)
    sum += Double(value)
    count += 1
  }

  /// Counts what another has counted.
  mutating func merge(_ other: LatencyHistogram) {
    guard other.count > 0 else { return }
    for index in buckets.indices { buckets[index] += other.buckets[index] }
    minimum = count == 0 ? other.minimum : min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
    sum += other.sum
    count += other.count
  }

  /// The duration that the share of all does not exceed, by nearest rank, in nanoseconds.
  ///
  /// - Parameter share: From 0 to 1: 0.5 is the median.
  /// - Returns: The longest duration of the bucket, but none longer than the longest counted; 0 while
  ///   there is none.
  func quantile(_ share: Double) -> Int64 {
    guard count > 0 else { return 0 }
    let rank = max(1, UInt64((min(max(share, 0), 1) * Double(count)).rounded(.up)))
    var passed: UInt64 = 0
    for index in buckets.indices {
      passed += buckets[index]
      if passed >= rank { return min(Self.longest(in: index), maximum) }
    }
    return maximum
  }

  private static func bucket(of value: Int64) -> Int {
    guard value >= 2 * halfCount else { return Int(value) }
    let shift = 63 - value.leadingZeroBitCount - halfBits
    return shift * halfCount + Int(value >> Int64(shift))
  }

  private static func longest(in bucket: Int) -> Int64 {
    guard bucket >= 2 * halfCount else { return Int64(bucket) }
    let shift = bucket / halfCount - 1
    return Int64(bucket - shift * halfCount + 1) << Int64(shift) - 1
  }
}
