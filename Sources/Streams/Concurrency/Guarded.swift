// SPDX-License-Identifier: Apache-2.0
public import Synchronization

/// A mutex around a value, whose hand-over from thread to thread ThreadSanitizer can see.
///
/// `Mutex` takes its contended path inside the standard library, which is not instrumented, so the
/// sanitizer reports races there that do not exist. The atomic, read first and written last under
/// the lock, shows it the order; on x86 that is two plain moves.
@usableFromInline
package struct Guarded<Value: ~Copyable>: ~Copyable, Sendable {
  @usableFromInline let mutex: Mutex<Value>
  @usableFromInline let handover = Atomic<Bool>(false)

  /// Guards a value.
  @inlinable
  package init(_ value: consuming sending Value) {
    mutex = Mutex(value)
  }

  /// Calls `body` with the value while nobody else can; `body` must be short.
  @inlinable
  package borrowing func withLock<Result>(
    _ body: (inout sending Value) -> sending Result
  ) -> sending Result {
    mutex.withLock { value in
      _ = handover.load(ordering: .acquiring)
      defer { handover.store(false, ordering: .releasing) }
      return body(&value)
    }
  }
}
