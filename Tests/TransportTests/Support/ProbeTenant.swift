// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Transport

/// Records what a loop tells its tenant, in order, and lets a test wait for it.
actor ProbeTenant: LoopTenant {
  enum Call: Equatable {
    case ready([ReadyEvent])
    case fire([TimerID])
    case settle
    case note(String)
  }

  private struct State {
    var calls: [Call] = []
    var waiter:
      (wanted: @Sendable ([Call]) -> Bool, continuation: CheckedContinuation<Void, Never>)?
  }

  private let loop: EventLoop
  private let state = Mutex(State())
  private let onSettle: @Sendable () -> Void

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(_ loop: EventLoop, onSettle: @escaping @Sendable () -> Void = {}) {
    self.loop = loop
    self.onSettle = onSettle
  }

  nonisolated var calls: [Call] { state.withLock { $0.calls } }

  nonisolated func ready(_ events: [ReadyEvent]) { record(.ready(events)) }
  nonisolated func fire(_ timers: [TimerID]) { record(.fire(timers)) }
  nonisolated func settle() {
    onSettle()
    record(.settle)
  }

  nonisolated func record(_ call: Call) {
    let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
      state.calls.append(call)
      guard let waiter = state.waiter, waiter.wanted(state.calls) else { return nil }
      state.waiter = nil
      return waiter.continuation
    }
    waiter?.resume()
  }

  /// Returns once the calls so far are as wanted.
  nonisolated func reach(_ wanted: @escaping @Sendable ([Call]) -> Bool) async {
    await withCheckedContinuation { continuation in
      let isReached = state.withLock { state in
        if wanted(state.calls) { return true }
        state.waiter = (wanted, continuation)
        return false
      }
      if isReached { continuation.resume() }
    }
  }
}

extension EventLoop {
  /// Runs a body on the loop and returns what it returned.
  func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
      execute { continuation.resume(returning: body()) }
    }
  }
}
