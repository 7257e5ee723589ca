// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// Processor time of the process, all threads, that can be stopped while the events are made.
public final class Stopwatch: Sendable {
  private struct State {
    var sum: Int64 = 0
    var since: Int64?
  }

  private let state = Mutex(State())

  /// Makes a stopwatch that stands at zero.
  public init() {}

  /// Goes on.
  public func start() {
    let now = Self.now
    state.withLock { $0.since = $0.since ?? now }
  }

  /// Stops.
  public func stop() {
    let now = Self.now
    state.withLock { state in
      if let since = state.since { state.sum += now - since }
      state.since = nil
    }
  }

  /// Nanoseconds between its starts and stops.
  public var nanoseconds: Int64 { state.withLock { $0.sum } }

  private static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
