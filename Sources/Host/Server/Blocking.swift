// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Synchronization

/// Waits for what tasks do, on the first thread of a process, before anybody is served.
enum Blocking {
  private final class Outcome<Value: Sendable>: Sendable {
    let result = Mutex<Result<Value, any Error>?>(nil)
  }

  /// Blocks until the body has returned; never on a thread that runs tasks or a loop.
  static func value<Value: Sendable>(
    of body: @escaping @Sendable () async throws -> Value
  ) throws -> Value {
    let (outcome, isDone) = (Outcome<Value>(), DispatchSemaphore(value: 0))
    Task.detached {
      let result: Result<Value, any Error>
      do { result = .success(try await body()) } catch { result = .failure(error) }
      outcome.result.withLock { $0 = result }
      isDone.signal()
    }
    isDone.wait()
    guard let result = outcome.result.withLock({ $0 }) else {
      preconditionFailure("the task has left its result before it signals")
    }
    return try result.get()
  }
}
