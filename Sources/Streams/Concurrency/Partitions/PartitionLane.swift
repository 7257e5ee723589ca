// SPDX-License-Identifier: Apache-2.0

/// What stands between the reader that divides and merges, and the task of one partition.
///
/// Rounds go in, what came of them goes out; both are bounded, by who puts them in.
final class PartitionLane<Input: Sendable, Output: Sendable>: Sendable {
  private struct State {
    var rounds: [PartitionRound<Input>] = []
    var outputs: [PartitionOutput<Output>] = []
    /// Entries and marks among the outputs.
    var count = 0
    /// When the partition next has something to do, though nothing comes.
    var deadline = Timestamp.never
    var isEnded = false
    var failure: (any Error)?
    var quietEnd = Timestamp.distantPast
    var worker = Wakers()
    var consumer = Wakers()
    var received: UInt64 = 0
    var stages: [StageStatistics] = []
    /// Whether its flow pauses, and nobody is to be held back for it.
    var isPaused = false
    /// Whether the reader has not heard of that.
    var hasPauseNews = false
  }

  private let state = Guarded(State())

  // MARK: The reader's side

  /// Gives the partition a round.
  func put(_ round: PartitionRound<Input>) {
    let count = round.items.reduce(0) { $0 + $1.entries }
    let wakers = state.withLock { state in
      state.rounds.append(round)
      state.received += UInt64(count)
      return state.worker.takeAll()
    }
    for wake in wakers { wake() }
  }

  /// What the partition has said since the last time.
  func takeOutputs() -> (outputs: [PartitionOutput<Output>], failure: (any Error)?) {
    let (taken, failure, wakers) = state.withLock { state in
      let taken = state.outputs
      state.outputs = []
      state.count = 0
      return (taken, taken.isEmpty ? state.failure : nil, state.worker.takeAll())
    }
    for wake in wakers { wake() }
    return (taken, failure)
  }

  /// When the partition next has something to do though nothing comes.
  var deadline: Timestamp { state.withLock { $0.deadline } }
  /// When what it reads has ended.
  var quietEnd: Timestamp { state.withLock { $0.quietEnd } }

  /// How many entries it was given.
  var received: UInt64 { state.withLock { $0.received } }
  /// Its stages, with what they have counted.
  var stages: [StageStatistics] { state.withLock { $0.stages } }

  /// Answers whether its flow pauses, which is then no news any more.
  func hearPause() -> Bool {
    state.withLock { state in
      state.hasPauseNews = false
      return state.isPaused
    }
  }

  /// Asks to be told when the partition says something, or begins to pause; `nil` when it has.
  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    let id: UInt64? = state.withLock { state in
      let isQuiet = state.outputs.isEmpty && state.failure == nil && !state.hasPauseNews
      return isQuiet ? state.consumer.add(wake) : nil
    }
    guard let id else { return nil }
    return WakeRequest { [weak self] in self?.state.withLock { $0.consumer.remove(id) } }
  }

  // MARK: The partition's side

  /// The next round; suspends until there is one.
  ///
  /// - Throws: `CancellationError`.
  nonisolated(nonsending) func nextRound() async throws -> PartitionRound<Input> {
    while true {
      let news = OneShot<Void>()
      let round: PartitionRound<Input>? = state.withLock { state in
        if !state.rounds.isEmpty { return state.rounds.removeFirst() }
        _ = state.worker.add { news.settle(()) }
        return nil
      }
      if let round { return round }
      try await news.arrival()
    }
  }

  /// Suspends until there is room for what a round leads to; answers how much.
  ///
  /// - Throws: `CancellationError`.
  nonisolated(nonsending) func room() async throws -> Int {
    while true {
      let news = OneShot<Void>()
      let room = state.withLock { state in
        let room = 2 * FlowLimits.batch - state.count
        if room <= 0 { _ = state.worker.add { news.settle(()) } }
        return room
      }
      if room > 0 { return min(room, FlowLimits.batch) }
      try await news.arrival()
    }
  }

  /// Says what a round has led to.
  func say(_ items: [Batch<Output>.Item]) {
    guard !items.isEmpty else { return }
    let count = items.reduce(0) { $0 + $1.weight }
    let wakers = state.withLock { state in
      state.outputs += items.map { .item($0) }
      state.count += count
      return state.consumer.takeAll()
    }
    for wake in wakers { wake() }
  }

  /// Says that all of a round was said.
  func endRound(deadline: Timestamp, stages: [StageStatistics]) {
    let wakers = state.withLock { state in
      state.outputs.append(.endOfRound)
      state.deadline = deadline
      state.stages = stages
      return state.consumer.takeAll()
    }
    for wake in wakers { wake() }
  }

  /// Says whether its flow pauses.
  func pause(_ isPaused: Bool) {
    let wakers: [Wakers.Wake] = state.withLock { state in
      guard state.isPaused != isPaused else { return [] }
      state.isPaused = isPaused
      state.hasPauseNews = isPaused
      return isPaused ? state.consumer.takeAll() : []
    }
    for wake in wakers { wake() }
  }

  /// Says that it has failed.
  func fail(_ error: any Error) {
    let wakers = state.withLock { state in
      state.failure = error
      return state.consumer.takeAll()
    }
    for wake in wakers { wake() }
  }

  /// Notes when what it reads has ended.
  func end(at instant: Timestamp) {
    state.withLock { $0.quietEnd = instant }
  }
}

extension Batch.Item {
  /// How many entries it is.
  var entries: Int {
    if case .run(let run) = self { run.count } else { 0 }
  }

  /// What it counts for where room is bounded: its entries; a mark as much as one.
  var weight: Int {
    if case .run(let run) = self { run.count } else { 1 }
  }
}
