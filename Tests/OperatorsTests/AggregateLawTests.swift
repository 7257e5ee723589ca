// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// Merging, storing and damage, for each aggregate of the catalogue.
@Suite struct AggregateLawTests {
  private func build<A: Aggregate<Sample, Result>, Result>(
    @AggregateBuilder<Sample> _ build: () -> A
  ) -> A {
    build()
  }

  @Test func `counts and sums obey the laws`() {
    AggregateLaws(Count<Sample>()).check()
    AggregateLaws(Sum<Sample, Int>(of: \.whole)).check()
    // Eighths are summed up without rounding.
    AggregateLaws(Sum<Sample, Double>(of: \.number)).check()
  }

  @Test func `extremes obey the laws`() {
    AggregateLaws(Min<Sample, Int>(of: \.whole)).check()
    AggregateLaws(Max<Sample, String>(of: \.key)).check()
    AggregateLaws(Minimum<Sample, Int>(by: \.whole), isCommutative: false).check()
    AggregateLaws(Maximum<Sample, String>(by: \.key), isCommutative: false).check()
  }

  @Test func `means and variances obey the laws`() {
    AggregateLaws(empty: Mean<Sample, Double>(of: \.number)) { isClose($0, $1) }.check()
    AggregateLaws(empty: Variance<Sample, Int>(of: \.whole)) {
      $0.count == $1.count && isClose($0.mean, $1.mean) && isClose($0.squares, $1.squares)
    }.check()
  }

  @Test func `the first and the last obey the laws`() {
    AggregateLaws(First<Sample, Sample>(), isCommutative: false).check()
    AggregateLaws(Last<Sample, Int>(of: \.whole), isCommutative: false).check()
    AggregateLaws(Earliest<Sample, String>(of: \.key, at: \.time), isCommutative: false).check()
    AggregateLaws(Latest<Sample, Sample>(at: \.time), isCommutative: false).check()
  }

  @Test func `quantiles and histograms obey the laws`() {
    let fractions = [0, 0.1, 0.5, 0.9, 0.99, 1]
    AggregateLaws(Quantiles<Sample, Double>(of: \.number, at: fractions)).check()
    AggregateLaws(Quantiles<Sample, Int>(of: \.whole, at: fractions, bucketLimit: 16)).check()
    AggregateLaws(Histogram<Sample, Int>(of: \.whole, boundaries: [-5, 0, 1, 30, 70])).check()
  }

  @Test func `counts of different values obey the laws`() {
    AggregateLaws(Distinct<Sample, String>(of: \.key)).check()
    AggregateLaws(Distinct<Sample, Int>(of: \.whole, upTo: 20)).check()
    AggregateLaws(ApproximateDistinct<Sample, String>(of: \.key)).check()
    AggregateLaws(ApproximateDistinct<Sample, Int>(of: \.whole, standardError: 0.13)).check()
  }

  @Test func `frequencies obey the laws`() {
    AggregateLaws(Frequencies<Sample, String>(of: \.key)).check()
    AggregateLaws(TopK<Sample, String>(5, of: \.key)).check()
    AggregateLaws(CountMin<Sample, String>(of: \.key, error: 0.05, confidence: 0.9)).check()
    AggregateLaws(HeavyHitters<Sample, String>(5, of: \.key, entries: 30)).check()
  }

  @Test func `what a limit keeps depends on order, but is stored and continued`() {
    AggregateLaws(Frequencies<Sample, Int>(of: \.whole, upTo: 9), isDivisible: false).check()
    AggregateLaws(TopK<Sample, Int>(3, of: \.whole, upTo: 9), isDivisible: false).check()
    AggregateLaws(HeavyHitters<Sample, Int>(4, of: \.whole, entries: 9), isDivisible: false)
      .check()
  }

  @Test func `lists, rates and custom aggregates obey the laws`() {
    AggregateLaws(Collect<Sample, Int>(of: \.whole, upTo: 40), isCommutative: false).check()
    AggregateLaws(Collect<Sample, Sample>(), isCommutative: false).check()
    let sameRate = { @Sendable (left: DecayedRate, right: DecayedRate) in
      left.latest == right.latest && isClose(left.weight, right.weight)
    }
    AggregateLaws(
      empty: Rate<Sample, Int>(at: \.time, halfLife: .milliseconds(300)),
      isSame: sameRate
    ).check()
    AggregateLaws(
      empty: Rate<Sample, Double>(of: \.number, at: \.time, halfLife: .seconds(2)),
      isSame: sameRate
    ).check()
    AggregateLaws(
      Reduced<Sample, Set<String>>(into: []) {
        $0.insert($1.key)
      } merging: {
        $0.formUnion($1)
      }
    ).check()
  }

  @Test func `several in one block obey the laws`() {
    let many = build {
      Count()
      Sum(of: \.whole)
      Min(of: \.whole)
      First(of: \.key)
      Distinct(of: \.key)
      Collect(of: \.whole, upTo: 10)
      TopK(3, of: \.key)
      Max(of: \.number)
    }
    AggregateLaws(empty: many, isCommutative: false) { left, right in
      (left.0, left.1, left.2, left.3, left.4, left.5) == (
        right.0, right.1, right.2, right.3, right.4, right.5
      ) && (left.6, left.7) == (right.6, right.7)
    }.check()
  }
}
