// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Operators
import Streams

extension OperatorCase {
  /// Each aggregate, in a tumbling window of half a second without a key.
  static let aggregates: [OperatorCase] = [
    OperatorCase("aggregate Sum") { halfSeconds($0).aggregate { Sum(of: \.score) }.counted() },
    OperatorCase("aggregate Min") { halfSeconds($0).aggregate { Min(of: \.level) }.counted() },
    OperatorCase("aggregate Max") { halfSeconds($0).aggregate { Max(of: \.level) }.counted() },
    OperatorCase("aggregate Minimum") {
      halfSeconds($0).aggregate { Minimum(by: \.level) }.counted()
    },
    OperatorCase("aggregate Mean") { halfSeconds($0).aggregate { Mean(of: \.level) }.counted() },
    OperatorCase("aggregate Variance") {
      halfSeconds($0).aggregate { Variance(of: \.level) }.counted()
    },
    OperatorCase("aggregate First") { halfSeconds($0).aggregate { First() }.counted() },
    OperatorCase("aggregate Last") { halfSeconds($0).aggregate { Last() }.counted() },
    OperatorCase("aggregate Earliest") {
      halfSeconds($0).aggregate { Earliest(at: \.instant) }.counted()
    },
    OperatorCase("aggregate Latest") {
      halfSeconds($0).aggregate { Latest(at: \.instant) }.counted()
    },
    OperatorCase("aggregate Quantiles", why: "a logarithm for each value") {
      halfSeconds($0).aggregate { Quantiles(of: \.level, at: [0.5, 0.99]) }.counted()
    },
    OperatorCase("aggregate Distinct", why: hashed) {
      halfSeconds($0).aggregate { Distinct(of: \.sensor) }.counted()
    },
    OperatorCase("aggregate ApproximateDistinct", why: "a stable hash of each value") {
      halfSeconds($0).aggregate { ApproximateDistinct(of: \.sensor) }.counted()
    },
    OperatorCase("aggregate TopK", why: hashed) {
      halfSeconds($0).aggregate { TopK(10, of: \.sensor) }.counted()
    },
    OperatorCase("aggregate HeavyHitters", why: hashed + "; a heap of the counts") {
      halfSeconds($0).aggregate { HeavyHitters(10, of: \.sensor, entries: 100) }.counted()
    },
    OperatorCase("aggregate Frequencies", why: hashed) {
      halfSeconds($0).aggregate { Frequencies(of: \.sensor) }.counted()
    },
    OperatorCase("aggregate CountMin", why: "a counter in each of several rows") {
      halfSeconds($0).aggregate { CountMin(of: \.sensor) }.counted()
    },
    OperatorCase("aggregate Histogram", why: "a search among the boundaries") {
      halfSeconds($0).aggregate { Histogram(of: \.level, boundaries: [0.25, 0.5, 0.75]) }
        .counted()
    },
    OperatorCase("aggregate Rate", why: "an exponential for each value") {
      halfSeconds($0).aggregate { Rate(at: \.instant, halfLife: .seconds(1)) }.counted()
    },
    OperatorCase("aggregate Collect") {
      halfSeconds($0).aggregate { Collect(of: \.score, upTo: 1_000) }.counted()
    },
    OperatorCase("aggregate Reduced") {
      halfSeconds($0)
        .aggregate {
          Reduced(into: Int64(0)) { bits, reading in
            bits ^= reading.score
          } merging: {
            $0 ^= $1
          }
        }
        .counted()
    },
    OperatorCase("aggregate Count, Sum and Max together") {
      halfSeconds($0)
        .aggregate {
          Count()
          Sum(of: \.score)
          Max(of: \.level)
        }
        .counted()
    },
  ]

  @inline(__always)
  private static func halfSeconds(
    _ feed: Feed
  ) -> WindowedFlow<Identity<Reading>, NoKey, AlignedWindows> {
    feed.timed.window(.tumbling(.milliseconds(500)), at: { $0.instant })
  }
}
