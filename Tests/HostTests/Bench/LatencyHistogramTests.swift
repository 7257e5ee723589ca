// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Host

@Suite struct LatencyHistogramTests {
  /// The exact quantile by nearest rank.
  private func exact(_ values: [Int64], _ share: Double) -> Int64 {
    let rank = max(1, Int((share * Double(values.count)).rounded(.up)))
    return values.sorted()[rank - 1]
  }

  private func histogram(_ values: [Int64]) -> LatencyHistogram {
    var histogram = LatencyHistogram()
    for value in values { histogram.record(nanoseconds: value) }
    return histogram
  }

  @Test func `an empty one has zeros`() {
    let histogram = LatencyHistogram()
    #expect(histogram.quantile(0.5) == 0 && histogram.mean == 0)
    #expect(histogram.minimum == 0 && histogram.maximum == 0 && histogram.count == 0)
  }

  @Test func `each value up to 2047 is exact`() {
    for value: Int64 in 0..<2_048 { #expect(histogram([value]).quantile(0.5) == value) }
  }

  @Test func `values are at most a thousandth too high, and never too low`() {
    for bits in 1..<41 {
      for value in [(Int64(1) << bits) - 1, Int64(1) << bits, Int64(1) << bits + 1, 3 << bits] {
        var histogram = histogram([value])
        // Another one above, so that the greatest does not cut what is told.
        histogram.record(nanoseconds: LatencyHistogram.maximumNanoseconds)
        let told = histogram.quantile(0.5)
        #expect(told >= value && told - value <= value / 1_000, "\(value) is told as \(told)")
      }
    }
  }

  @Test(arguments: [0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1])
  func `quantiles of many values are those of a sorted list`(share: Double) {
    var draw = SplitMix(seed: 7)
    let values = (0..<20_000).map { _ in Int64(draw.next() >> UInt64(24 + draw.below(38))) }
    let (told, wanted) = (histogram(values).quantile(share), exact(values, share))
    #expect(told >= wanted && told - wanted <= wanted / 1_000)
  }

  @Test func `the mean, the least and the greatest are exact`() {
    let values: [Int64] = [5, 1_000_003, 77_777_777]
    let histogram = histogram(values)
    #expect(histogram.minimum == 5 && histogram.maximum == 77_777_777)
    #expect(histogram.mean == Double(values.reduce(0, +)) / 3)
    #expect(histogram.quantile(1) == 77_777_777)
  }

  @Test func `merged ones are as one that counted all`() {
    var draw = SplitMix(seed: 9)
    let values = (0..<1_000).map { _ in Int64(draw.below(1 << 30)) }
    var merged = histogram(Array(values[..<300]))
    merged.merge(histogram(Array(values[300...])))
    #expect(merged == histogram(values))
    merged.merge(LatencyHistogram())
    #expect(merged == histogram(values))
    var empty = LatencyHistogram()
    empty.merge(histogram(values))
    #expect(empty == histogram(values))
  }

  @Test func `what is out of range counts as the end of the range`() {
    let histogram = histogram([-5, .max])
    #expect(histogram.minimum == 0)
    #expect(histogram.quantile(1) == LatencyHistogram.maximumNanoseconds)
  }
}
