// SPDX-License-Identifier: Apache-2.0
import Streams

/// A state that tasks can wait for, changed from any thread.
final class Watched<State: Sendable>: Sendable {
  private struct Waiter {
    let id: UInt64
    let isMet: @Sendable (State) -> Bool
    let continuation: CheckedContinuation<Void, any Error>
  }

  private struct Waiters {
    var state: State
    var waiters: [Waiter] = []
    var nextID: UInt64 = 1
    var cancelled: Set<UInt64> = []
  }

  private let guarded: Guarded<Waiters>

  init(_ state: State) {
    guarded = Guarded(Waiters(state: state))
  }

  /// What it is now.
  var state: State { guarded.withLock { $0.state } }

  /// Changes the state, then wakes who has waited for what it is now.
  func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
    let (result, woken) = guarded.withLock { guarded in
      let result = body(&guarded.state)
      let woken = guarded.waiters.filter { $0.isMet(guarded.state) }
      if !woken.isEmpty { guarded.waiters.removeAll { $0.isMet(guarded.state) } }
      return (result, woken)
    }
    for waiter in woken { waiter.continuation.resume() }
    return result
  }

  /// Suspends until the condition holds, if only for a moment.
  ///
  /// - Throws: `CancellationError` when the task is cancelled; nothing is left behind.
  nonisolated(nonsending) func wait(
    until isMet: @escaping @Sendable (State) -> Bool
  ) async throws {
    let id = guarded.withLock { guarded in
      defer { guarded.nextID += 1 }
      return guarded.nextID
    }
    defer { guarded.withLock { _ = $0.cancelled.remove(id) } }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        register(Waiter(id: id, isMet: isMet, continuation: continuation))
      }
    } onCancel: {
      cancel(id)
    }
  }

  private func register(_ waiter: Waiter) {
    let outcome: Result<Void, CancellationError>? = guarded.withLock { guarded in
      if guarded.cancelled.contains(waiter.id) { return .failure(CancellationError()) }
      if waiter.isMet(guarded.state) { return .success(()) }
      guarded.waiters.append(waiter)
      return nil
    }
    switch outcome {
    case .success: waiter.continuation.resume()
    case .failure(let error): waiter.continuation.resume(throwing: error)
    case nil: break
    }
  }

  private func cancel(_ id: UInt64) {
    let waiter = guarded.withLock { guarded -> Waiter? in
      guard let index = guarded.waiters.firstIndex(where: { $0.id == id }) else {
        guarded.cancelled.insert(id)
        return nil
      }
      return guarded.waiters.remove(at: index)
    }
    waiter?.continuation.resume(throwing: CancellationError())
  }
}
