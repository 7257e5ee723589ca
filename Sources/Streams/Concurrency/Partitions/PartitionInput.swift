// SPDX-License-Identifier: Apache-2.0

/// The source of one partition's flow: the rounds that its task was given.
struct PartitionInput<Element: Sendable>: FlowSource {
  let name: String
  let clock: any EngineClock
  let slot: PartitionSlot<Element>

  func makeReader() -> any FlowReader<Element> { PartitionInputReader(self) }
}

/// The round at hand, between the task of a partition and the flow that it reads.
///
/// Both are on that task; the lock is never waited for.
final class PartitionSlot<Element: Sendable>: Sendable {
  private let round = Guarded(PartitionRound<Element>())
  private let isWorking = Guarded(true)

  func load(_ next: PartitionRound<Element>) {
    round.withLock { $0 = next }
    isWorking.withLock { $0 = true }
  }

  /// Says that the round is done: the next will come when it must.
  func rest() {
    isWorking.withLock { $0 = false }
  }

  /// Whether the round is done.
  var isResting: Bool { isWorking.withLock { !$0 } }

  /// Whether all of the round was read.
  var isEmpty: Bool { round.withLock { $0.items.isEmpty } }

  /// Takes the next items, at most `limit` entries.
  func takeItems(limit: Int) -> [Batch<Element>.Item] {
    round.withLock { round in
      var taken: [Batch<Element>.Item] = []
      var left = limit
      for (index, item) in round.items.enumerated() {
        guard case .run(let run) = item, run.count >= left else {
          taken.append(item)
          if case .run(let run) = item { left -= run.count }
          continue
        }
        let rest = round.items[(index + 1)...]
        if run.count == left {
          taken.append(item)
          round.items = Array(rest)
        } else {
          var second = run
          taken.append(.run(second.split(at: left)))
          round.items = [.run(second)] + rest
        }
        return taken
      }
      round.items = []
      return taken
    }
  }

  var silentThrough: Timestamp { round.withLock { $0.silentThrough } }
  var isLast: Bool { round.withLock { $0.isLast } }
}

/// Reads the round at hand.
final class PartitionInputReader<Element: Sendable>: FlowReader {
  private let source: PartitionInput<Element>

  init(_ source: PartitionInput<Element>) {
    self.source = source
  }

  var clock: any EngineClock { source.clock }
  var quietEnd: Timestamp { source.slot.silentThrough }
  /// What was not promised with a round is not promised while that is worked on; after that it is,
  /// with the next round.
  var promisesSilence: Bool { source.slot.isResting }

  func poll(limit: Int, until deadline: Timestamp) -> Poll<Element> {
    let items = source.slot.takeItems(limit: limit)
    if !items.isEmpty { return .batch(Batch(items: items)) }
    let silentThrough = source.slot.silentThrough
    if deadline <= silentThrough { return .batch(Batch(silentThrough: silentThrough)) }
    return source.slot.isLast ? .end : .empty
  }

  /// Nobody tells: the task asks anew when it has another round.
  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? { WakeRequest {} }
}
