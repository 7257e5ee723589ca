// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit

/// Chains of subscriptions in JSON beside the same chains written in Swift.
enum ChainsBenchmark {
  static let benchmark = Benchmark(
    "chains",
    "chains of subscriptions in JSON, processor time for each event"
  ) { effort in
    let passes = max(1, 16 / effort.divisor)
    var rows: [Row] = []
    for comparison in try ChainComparison.all() {
      let variants = [comparison.inSwift(passes: passes), comparison.inJSON(passes: passes)]
      let made = RowMaker(
        "chains",
        per: "event",
        try await Rounds(of: variants, count: effort.rounds)
      )
      rows.append(made.processorTime(variants[0].name))
      rows.append(
        made.processorTime(variants[1].name, against: variants[0].name, goal: .atMost(5))
      )
    }
    return rows
  }
}
