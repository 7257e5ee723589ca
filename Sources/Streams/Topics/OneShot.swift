// SPDX-License-Identifier: Apache-2.0

/// A value that is given once, from any thread, and awaited by one task.
final class OneShot<Value: Sendable>: Sendable {
  private enum State {
    case empty
    case waiting(CheckedContinuation<Value, Never>)
    case settled(Value)
  }

  private let state = Guarded(State.empty)

  /// Gives the value; a second one is ignored.
  func settle(_ value: Value) {
    let continuation: CheckedContinuation<Value, Never>? = state.withLock { state in
      switch state {
      case .empty:
        state = .settled(value)
        return nil
      case .waiting(let continuation):
        state = .settled(value)
        return continuation
      case .settled:
        return nil
      }
    }
    continuation?.resume(returning: value)
  }

  /// Suspends until the value is given; cancelling is the business of who settles it.
  nonisolated(nonsending) func value() async -> Value {
    await withCheckedContinuation { continuation in
      let value: Value? = state.withLock { state in
        if case .settled(let value) = state { return value }
        state = .waiting(continuation)
        return nil
      }
      if let value { continuation.resume(returning: value) }
    }
  }
}
