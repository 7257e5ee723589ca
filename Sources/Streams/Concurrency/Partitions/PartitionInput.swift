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
/// Both are on that task, so the lock is never waited for, and nobody is told of a new round.
final class PartitionSlot<Element: Sendable>: Sendable {
  private struct State {
    var round = PartitionRound<Element>()
    var isWorking = true
    /// Whether nobody is to be held back before more is asked for.
    var isPaused = false
    /// The task of the partition.
    var task: Int?
  }

  private let state = Guarded(State())

  /// Says that the task at hand is that of the partition.
  func claim() {
    let task = Self.currentTask
    state.withLock { $0.task = task }
  }

  /// Tells tasks apart; were two of them ever taken for one, a wrong flow would not be refused.
  private static var currentTask: Int? {
    // The task is asked for its hash and not kept.
    unsafe withUnsafeCurrentTask { task in unsafe task?.hashValue }
  }

  func load(_ next: PartitionRound<Element>) {
    state.withLock { state in
      state.round = next
      state.isWorking = true
    }
  }

  /// Says that the round is done: the next will come when it must.
  func rest() {
    state.withLock { $0.isWorking = false }
  }

  /// Whether the round is done.
  var isResting: Bool { state.withLock { !$0.isWorking } }

  /// Whether all of the round was read.
  var isEmpty: Bool { state.withLock { $0.round.items.isEmpty } }

  /// Whether the flow pauses, and holds nobody back.
  var isPaused: Bool { state.withLock { $0.isPaused } }

  func pause() {
    state.withLock { $0.isPaused = true }
  }

  /// Takes the next items, at most `limit` entries.
  func takeItems(limit: Int) -> [Batch<Element>.Item] {
    let task = Self.currentTask
    return state.withLock { state in
      precondition(
        state.task == task,
        """
        what reads in a task of its own, as buffer and conflate(into:) do, can't stand inside of \
        partitioned: put it before or behind
        """
      )
      state.isPaused = false
      return state.round.takeItems(limit: limit)
    }
  }

  var silentThrough: Timestamp { state.withLock { $0.round.silentThrough } }
  var isLast: Bool { state.withLock { $0.round.isLast } }
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

  func pause() {
    source.slot.pause()
  }

  /// Nobody tells: the task asks anew when it has another round.
  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? { WakeRequest {} }
}
