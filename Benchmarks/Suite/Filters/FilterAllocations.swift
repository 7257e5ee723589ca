// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Sinks

/// What filters allocate for an event, which is nothing.
enum FilterAllocations {
  static func rows(passes: Int, _ counter: AllocationCounter) throws -> [Row] {
    var rows: [Row] = []
    for comparison in FilterComparison.all {
      let filter = try comparison.filter()
      var evaluator = FilterEvaluator()
      rows.append(
        row(comparison.name, passes, counter) {
          for event in FilterEvents.all { _ = evaluator.evaluate(filter, event) }
        }
      )
    }
    var set = FilterSet()
    for number in 0..<10_000 {
      _ = try set.add(EventFilter(expression: "tags.user == 'user-\(number)'"), member: number)
    }
    var found: [Int] = []
    rows.append(
      row("10,000 equalities in a set", passes, counter) {
        for event in FilterEvents.all {
          found.removeAll(keepingCapacity: true)
          set.appendMatches(event, to: &found)
        }
      }
    )
    return rows
  }

  private static func row(
    _ name: String,
    _ passes: Int,
    _ counter: AllocationCounter,
    _ body: () -> Void
  ) -> Row {
    // The buffers grow first.
    body()
    let before = counter.count
    for _ in 0..<passes { body() }
    let perEvent = Double(counter.count - before) / Double(passes * FilterEvents.all.count)
    return Row(
      benchmark: "allocations",
      measure: name,
      unit: "allocations/million events",
      value: perEvent * 1e6,
      goal: .atMost(0)
    )
  }
}
