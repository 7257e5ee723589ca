// SPDX-License-Identifier: Apache-2.0
import CLinux
public import Glibc

/// Turns signals into something to be read, so that no code ever runs inside a signal handler.
///
/// Make it first thing in `main`: it blocks its signals in the calling thread, and threads started
/// later inherit that; a thread started before would still be killed by them. Either register
/// ``descriptor`` with a loop and call ``next()`` when it is ready, or use ``watch(_:)``.
public final class SignalWatcher: Sendable {
  /// The signals that are watched.
  public let signals: [CInt]
  let thread = Guarded<SystemThread?>(nil)
  private let source: OwnedDescriptor
  private let stopper: OwnedDescriptor

  /// Blocks the signals in the calling thread, and ignores `SIGPIPE` in the whole process.
  ///
  /// - Parameter signals: What to watch. Default `SIGINT` and `SIGTERM`.
  /// - Throws: ``SystemError`` when no descriptor is left.
  public init(signals: [CInt] = [SIGINT, SIGTERM]) throws(SystemError) {
    self.signals = signals
    var set = sigset_t()
    sigemptyset(&set)
    for number in signals { sigaddset(&set, number) }
    let flags = CInt(SFD_CLOEXEC | SFD_NONBLOCK)
    source = try OwnedDescriptor(signalfd(-1, &set, flags), "watch signals")
    stopper = try OwnedDescriptor(eventfd(0, CInt(EFD_CLOEXEC)), "watch signals")
    pthread_sigmask(SIG_BLOCK, &set, nil)
    signal(SIGPIPE, SIG_IGN)
  }

  /// Becomes readable when a signal has come; to be registered with a loop.
  public var descriptor: CInt { source.number }

  /// Takes the next signal that has come; `nil` when none has.
  ///
  /// Never blocks.
  public func next() -> CInt? {
    var details = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    let count = uninterrupted { read(source.number, &details, size) }
    return count == size ? CInt(details.ssi_signo) : nil
  }

  /// Blocks the calling thread until a signal has come or the time is over.
  ///
  /// - Parameter duration: The longest wait; cut to 24 days.
  /// - Returns: The signal; `nil` when none has come.
  public func wait(for duration: Duration) -> CInt? {
    let deadline = MonotonicInstant.now.advanced(by: duration)
    var watched = pollfd(fd: source.number, events: Int16(POLLIN), revents: 0)
    while true {
      if let number = next() { return number }
      let milliseconds = deadline.millisecondsLeft(from: .now)
      if milliseconds <= 0 { return nil }
      _ = uninterrupted { poll(&watched, 1, milliseconds) }
    }
  }

  /// Calls back for each signal, on a thread of its own, until ``stop()``.
  ///
  /// Call it once.
  ///
  /// - Parameter onSignal: Receives the number of the signal.
  /// - Throws: ``SystemError`` when the thread cannot be started.
  public func watch(_ onSignal: @escaping @Sendable (CInt) -> Void) throws(SystemError) {
    let started = try SystemThread(named: "signals") { self.run(onSignal) }
    thread.withLock { thread in
      precondition(thread == nil, "signals must be watched by one thread")
      thread = started
    }
  }

  /// Ends ``watch(_:)`` and waits until its thread is gone.
  ///
  /// The signals stay blocked.
  public func stop() {
    eventfd_write(stopper.number, 1)
    thread.withLock { $0 }?.join()
  }

  private func run(_ onSignal: (CInt) -> Void) {
    var watched = [
      pollfd(fd: source.number, events: Int16(POLLIN), revents: 0),
      pollfd(fd: stopper.number, events: Int16(POLLIN), revents: 0),
    ]
    repeat {
      _ = uninterrupted { poll(&watched, nfds_t(watched.count), -1) }
      while let number = next() { onSignal(number) }
    } while watched[1].revents == 0
  }
}
