// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Sinks

/// Filters of subscriptions beside the same conditions written by hand in Swift, and 10,000 of them
/// at once.
///
/// Centrifugo publishes 11.7 ns for its tag filter and 79 ns for CEL over these very tags, on a
/// machine of its own.
enum FiltersBenchmark {
  static let benchmark = Benchmark(
    "filters",
    "filters of subscriptions, processor time for each event"
  ) { effort in
    let passes = max(1, 16_384 / effort.divisor)
    var rows: [Row] = []
    for comparison in FilterComparison.all {
      let variants = [comparison.byHand(passes: passes), try comparison.compiled(passes: passes)]
      let made = RowMaker(
        "filters",
        per: "event",
        try await Rounds(of: variants, count: effort.rounds)
      )
      rows.append(made.processorTime(variants[0].name))
      rows.append(
        made.processorTime(
          variants[1].name,
          against: variants[0].name,
          goal: .atMost(comparison.bound)
        )
      )
    }
    return rows + (try await sets(effort))
  }

  /// What many filters cost together.
  private static func sets(_ effort: Effort) async throws -> [Row] {
    let passes = max(1, 512 / effort.divisor)
    let variants = [
      try FilterVariants.oneByOne(passes: max(1, passes / 64)),
      try FilterVariants.equalities(passes: passes),
      try FilterVariants.shared(passes: passes),
      try FilterVariants.compiling(count: max(1, 4_096 / effort.divisor)),
    ]
    let made = RowMaker(
      "filters",
      per: "event",
      try await Rounds(of: variants, count: effort.rounds)
    )
    var found = made.processorTime(variants[1].name)
    found.goal = .atMost(20_000)
    let compiling = RowMaker("filters", per: "filter", made.rounds)
    return [
      made.processorTime(variants[0].name), found, made.processorTime(variants[2].name),
      compiling.processorTime(variants[3].name),
    ]
  }
}
