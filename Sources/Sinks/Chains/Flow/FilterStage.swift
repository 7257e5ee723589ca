// SPDX-License-Identifier: Apache-2.0
import Streams

/// Lets through the events that a filter matches; it keeps the filter's buffers, so a closure of
/// ``Operators/Filter`` won't do.
struct FilterStage: StatelessOperator {
  private let filter: EventFilter
  private var evaluator = FilterEvaluator()
  private var dropped: UInt64 = 0
  private var failed: UInt64 = 0

  init(_ filter: EventFilter) { self.filter = filter }

  mutating func receive(_ row: ChainRow, at now: Timestamp, _ emit: (ChainRow) -> Void) {
    switch evaluator.evaluate(filter, row.event) {
    case .matched: emit(row)
    case .refused: dropped &+= 1
    case .failed: failed &+= 1
    }
  }

  /// Counts events of which the condition did not hold, `dropped`, and those for which it had no
  /// value, `failed`.
  var stages: [StageStatistics] {
    [StageStatistics("filter", ["dropped": dropped, "failed": failed])]
  }
}
