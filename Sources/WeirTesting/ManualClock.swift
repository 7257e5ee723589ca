// SPDX-License-Identifier: Apache-2.0
public import Streams

/// A clock that stands still until a test moves it.
public final class ManualClock: EngineClock {
  private struct Sleeper {
    let id: UInt64
    let deadline: Timestamp
    let continuation: CheckedContinuation<Void, any Error>
  }

  private struct State {
    var now: Timestamp
    var nextID: UInt64 = 1
    var sleepers: [Sleeper] = []
    var cancelled: Set<UInt64> = []
    var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
  }

  private let state: Guarded<State>

  /// Makes a clock that shows `now`.
  public init(_ now: Timestamp = 0) {
    state = Guarded(State(now: now))
  }

  /// The instant it shows.
  public var now: Timestamp { state.withLock { $0.now } }

  /// The first instant that somebody sleeps until; `.never` when nobody does.
  public var nextDeadline: Timestamp {
    state.withLock { $0.sleepers.map(\.deadline).min() ?? .never }
  }

  /// Moves the clock and wakes everybody whose deadline has come, in the order of the deadlines.
  public func advance(to instant: Timestamp) {
    let due = state.withLock { state in
      precondition(instant >= state.now, "a clock does not go back")
      state.now = instant
      let due = state.sleepers.filter { $0.deadline <= instant }
      state.sleepers.removeAll { $0.deadline <= instant }
      return due.sorted { ($0.deadline, $0.id) < ($1.deadline, $1.id) }
    }
    for sleeper in due { sleeper.continuation.resume() }
  }

  /// Moves the clock on by a while, as ``advance(to:)`` does.
  public func advance(by duration: Duration) {
    advance(to: now + duration)
  }

  /// Suspends until `count` tasks sleep on this clock.
  public func sleepers(_ count: Int) async {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        if state.sleepers.count >= count { return true }
        state.watchers.append((count, continuation))
        return false
      }
      if isThere { continuation.resume() }
    }
  }

  /// Suspends until the clock was moved to `deadline`.
  ///
  /// - Throws: `CancellationError` when the task is cancelled.
  public func sleep(until deadline: Timestamp) async throws {
    let id = state.withLock { state in
      defer { state.nextID += 1 }
      return state.nextID
    }
    defer { state.withLock { _ = $0.cancelled.remove(id) } }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        register(Sleeper(id: id, deadline: deadline, continuation: continuation))
      }
    } onCancel: {
      cancel(id)
    }
  }

  private func register(_ sleeper: Sleeper) {
    enum Outcome { case sleeps([CheckedContinuation<Void, Never>]), isDue, isCancelled }
    let outcome: Outcome = state.withLock { state in
      if state.cancelled.remove(sleeper.id) != nil { return .isCancelled }
      if sleeper.deadline <= state.now { return .isDue }
      state.sleepers.append(sleeper)
      let count = state.sleepers.count
      let told = state.watchers.filter { $0.count <= count }.map(\.continuation)
      state.watchers.removeAll { $0.count <= count }
      return .sleeps(told)
    }
    switch outcome {
    case .sleeps(let watchers): for watcher in watchers { watcher.resume() }
    case .isDue: sleeper.continuation.resume()
    case .isCancelled: sleeper.continuation.resume(throwing: CancellationError())
    }
  }

  private func cancel(_ id: UInt64) {
    let sleeper = state.withLock { state -> Sleeper? in
      guard let index = state.sleepers.firstIndex(where: { $0.id == id }) else {
        state.cancelled.insert(id)
        return nil
      }
      return state.sleepers.remove(at: index)
    }
    sleeper?.continuation.resume(throwing: CancellationError())
  }
}
