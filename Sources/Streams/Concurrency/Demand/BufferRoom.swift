// SPDX-License-Identifier: Apache-2.0

/// What was read ahead, between the task that reads and the reader that is asked.
final class BufferRoom<Element: Sendable>: Sendable {
  /// What the consumer would have the task do.
  struct Wish: Sendable {
    /// How many elements there is room for.
    var limit: Int
    /// When the consumer next has something to do; `.never` once it was promised that silence.
    var deadline: Timestamp
    /// Whether nobody is to be held back.
    var isPaused: Bool

    /// Whether a task that knows of `other` would do something else now.
    func isNews(to other: Wish) -> Bool {
      deadline != other.deadline || isPaused != other.isPaused || (other.limit == 0 && limit > 0)
    }
  }

  private struct State {
    var held: BufferedItems<Element>
    /// Nothing that is to come was appended at or before this instant.
    var silentThrough = Timestamp.distantPast
    /// The least instant up to which the consumer has asked for a promise that it was not given.
    var deadline = Timestamp.never
    var isPaused = false
    var ending = Ending.open
    var quietEnd = Timestamp.distantPast
    var consumers = Wakers()
    var producers = Wakers()
    var inputPlan: FlowPlan?

    var wish: Wish {
      let limit = if case .open = ending { min(held.room, FlowLimits.batch) } else { 0 }
      return Wish(limit: limit, deadline: deadline, isPaused: isPaused)
    }

    /// Whether something has come since the consumer was told that there was nothing.
    var hasNews: Bool {
      if !held.isEmpty || isPromised { return true }
      if case .open = ending { return false }
      return true
    }
    /// Whether the consumer was given a promise that it does not know of.
    var isPromised = false

    /// Notes a promise of the input.
    mutating func promise(_ instant: Timestamp) {
      silentThrough = max(silentThrough, instant)
      guard deadline <= silentThrough else { return }
      deadline = .never
      isPromised = true
    }
  }

  private enum Ending {
    case open
    case ended
    case failed(any Error)
  }

  private let state: Guarded<State>

  init(_ limits: BufferLimits) {
    state = Guarded(State(held: BufferedItems(limits)))
  }

  var wish: Wish { state.withLock { $0.wish } }
  var quietEnd: Timestamp { state.withLock { $0.quietEnd } }

  var stages: [StageStatistics] {
    state.withLock { state in
      let held = state.held
      let stage = StageStatistics(
        "buffer",
        [
          "in": held.received, "out": held.handedOut, "dropped": held.dropped,
          "buffered": UInt64(held.count), "heldBack": held.holdBacks,
        ],
        passage: .exactly(held.handedOut)
      )
      return (state.inputPlan?.stages ?? []) + [stage]
    }
  }

  var inputPlan: FlowPlan? { state.withLock { $0.inputPlan } }

  // MARK: The task's side

  /// Takes in what was read, and takes out of it what has no room yet.
  ///
  /// - Throws: ``BufferError`` if that is too much, and that is an error.
  func put(_ batch: inout Batch<Element>) throws(BufferError) {
    let taken = batch
    let (result, rest, wakers) = state.withLock { state in
      var rest = taken
      let error = state.held.append(&rest.items)
      if rest.items.isEmpty, let instant = rest.silentThrough.take() { state.promise(instant) }
      return (error, rest, state.hasNews ? state.consumers.takeAll() : [])
    }
    batch = rest
    for wake in wakers { wake() }
    if let result { throw result }
  }

  /// Says what the input consists of, with what it has counted.
  func tell(_ plan: FlowPlan?) {
    state.withLock { $0.inputPlan = plan }
  }

  /// Says that nothing more comes.
  func end(_ error: (any Error)?, at instant: Timestamp) {
    let wakers = state.withLock { state in
      state.ending = error.map { .failed($0) } ?? .ended
      state.quietEnd = instant
      state.promise(instant)
      return state.consumers.takeAll()
    }
    for wake in wakers { wake() }
  }

  /// Asks to be told when the consumer has another wish; `nil` when it has one already.
  func notify(otherThan wish: Wish, _ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    let id: UInt64? = state.withLock { state in
      state.wish.isNews(to: wish) ? nil : state.producers.add(wake)
    }
    guard let id else { return nil }
    return WakeRequest { [weak self] in self?.state.withLock { $0.producers.remove(id) } }
  }

  /// Suspends until the consumer has another wish.
  ///
  /// - Throws: `CancellationError`.
  nonisolated(nonsending) func waitForWish(other wish: Wish) async throws {
    let news = OneShot<Void>()
    guard let request = notify(otherThan: wish, { news.settle(()) }) else { return }
    defer { request.cancel() }
    try await news.arrival()
  }

  // MARK: The consumer's side

  /// Hands out the oldest that there is, or says what it can.
  ///
  /// - Throws: What the input threw, behind all that it gave.
  func take(_ limit: Int, until deadline: Timestamp) throws -> Poll<Element> {
    let (outcome, wakers): (Result<Poll<Element>, any Error>, [Wakers.Wake]) = state.withLock {
      let before = $0.wish
      let outcome = Self.take(limit, until: deadline, from: &$0)
      return (outcome, $0.wish.isNews(to: before) ? $0.producers.takeAll() : [])
    }
    for wake in wakers { wake() }
    return try outcome.get()
  }

  private static func take(
    _ limit: Int,
    until deadline: Timestamp,
    from state: inout State
  ) -> Result<Poll<Element>, any Error> {
    state.isPaused = false
    state.isPromised = false
    if !state.held.isEmpty { return .success(.batch(Batch(items: state.held.take(limit)))) }
    if deadline <= state.silentThrough {
      return .success(.batch(Batch(silentThrough: state.silentThrough)))
    }
    switch state.ending {
    case .open:
      // Whoever merges asks for the instant that it waits for, then for anything at all.
      state.deadline = min(state.deadline, deadline)
      return .success(.empty)
    case .ended: return .success(.end)
    case .failed(let error):
      state.ending = .ended
      return .failure(error)
    }
  }

  /// Asks to be told when there is something; `nil` when there is.
  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    let id: UInt64? = state.withLock { $0.hasNews ? nil : $0.consumers.add(wake) }
    guard let id else { return nil }
    return WakeRequest { [weak self] in self?.state.withLock { $0.consumers.remove(id) } }
  }

  /// Holds back nobody until it is asked again.
  func pause() {
    let wakers = state.withLock { state in
      state.isPaused = true
      return state.producers.takeAll()
    }
    for wake in wakers { wake() }
  }
}
