// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A thread of the operating system that can be waited for.
final class SystemThread: Sendable {
  private let name: String
  // `nil` once joined; a second caller of `join` waits on the lock for the first.
  private let handle: Guarded<pthread_t?>

  /// Starts a thread.
  ///
  /// The kernel shows the first 15 bytes of its name.
  init(named name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
    self.name = name
    let start = Unmanaged.passRetained(ThreadStart(name: name, body: body))
    var handle = pthread_t()
    let code = pthread_create(&handle, nil, threadMain, start.toOpaque())
    guard code == 0 else {
      start.release()
      throw SystemError(errno: code, operation: "start thread \(name)")
    }
    self.handle = Guarded(handle)
  }

  deinit {
    if let handle = handle.withLock({ $0 }) { pthread_detach(handle) }
  }

  /// Waits until the thread has ended.
  func join() {
    handle.withLock { handle in
      guard let running = handle else { return }
      precondition(running != pthread_self(), "thread \(name) must not wait for itself")
      pthread_join(running, nil)
      handle = nil
    }
  }

  /// Sends a signal to this thread alone.
  func signal(_ number: CInt) {
    handle.withLock { handle in
      if let handle { pthread_kill(handle, number) }
    }
  }
}

/// What a new thread needs to begin.
private final class ThreadStart: Sendable {
  let name: String
  let body: @Sendable () -> Void

  init(name: String, body: @escaping @Sendable () -> Void) {
    self.name = name
    self.body = body
  }
}

private func threadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  let start = Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
  _ = clinux_name_current_thread(String(decoding: start.name.utf8.prefix(15), as: UTF8.self))
  start.body()
  return nil
}
