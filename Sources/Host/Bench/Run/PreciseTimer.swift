// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import Transport

/// A timer that a loop watches as a descriptor: the loop's own ones are a millisecond coarse, which
/// would be most of a latency.
final class PreciseTimer {
  /// The descriptor, to be registered for reading.
  let descriptor: CInt

  /// Makes a timer that is not set.
  init() throws(SystemError) {
    descriptor = timerfd_create(CLOCK_MONOTONIC, CInt(TFD_NONBLOCK | TFD_CLOEXEC))
    guard descriptor >= 0 else { throw SystemError(errno: errno, operation: "create a timer") }
  }

  deinit {
    close(descriptor)
  }

  /// Sets it for an instant; one that has passed makes it ready at once.
  func set(at instant: MonotonicInstant) {
    var time = itimerspec()
    let nanoseconds = max(1, instant.nanoseconds)
    time.it_value.tv_sec = Int(nanoseconds / 1_000_000_000)
    time.it_value.tv_nsec = Int(nanoseconds % 1_000_000_000)
    // Setting it anew also takes back that it was ready, so that it need not be read.
    timerfd_settime(descriptor, CInt(TFD_TIMER_ABSTIME), &time, nil)
  }
}
