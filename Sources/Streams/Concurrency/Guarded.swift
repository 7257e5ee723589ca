// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A mutex around a value, whose hand-over from thread to thread ThreadSanitizer can see.
///
/// `Mutex` takes its contended path inside the standard library, which is not instrumented, so the
/// sanitizer reports races there that do not exist. The atomic, read first and written last under
/// the lock, shows it the order; on x86 that is two plain moves.
struct Guarded<Value>: ~Copyable {
  private let mutex: Mutex<Value>
  private let handover = Atomic<Bool>(false)

  init(_ value: sending Value) {
    mutex = Mutex(value)
  }

  borrowing func withLock<Result>(
    _ body: (inout sending Value) -> sending Result
  ) -> sending Result {
    mutex.withLock { value in
      _ = handover.load(ordering: .acquiring)
      defer { handover.store(false, ordering: .releasing) }
      return body(&value)
    }
  }
}
