// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A reading of the kernel's monotonic clock: it never jumps, and means nothing after a reboot.
public struct MonotonicInstant: InstantProtocol, Hashable, Sendable {
  /// Nanoseconds since some moment before the process began.
  public let nanoseconds: Int64

  /// Makes an instant from a count of nanoseconds.
  public init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// The clock as it stands at this call.
  public static var now: MonotonicInstant {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicInstant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  /// The instant this much later; a distance too great to express ends at the far end of time.
  public func advanced(by duration: Duration) -> MonotonicInstant {
    let (sum, overflows) = nanoseconds.addingReportingOverflow(duration.clampedNanoseconds)
    if overflows { return MonotonicInstant(nanoseconds: sum < 0 ? .max : .min) }
    return MonotonicInstant(nanoseconds: sum)
  }

  /// The time from this instant to another; negative when the other is earlier.
  public func duration(to other: MonotonicInstant) -> Duration {
    .nanoseconds(other.nanoseconds - nanoseconds)
  }

  /// Whether one instant is earlier than another.
  public static func < (first: MonotonicInstant, second: MonotonicInstant) -> Bool {
    first.nanoseconds < second.nanoseconds
  }

  /// Milliseconds from `start` until this instant, rounded up so that a wait never ends early.
  func millisecondsLeft(from start: MonotonicInstant) -> CInt {
    guard start < self else { return 0 }
    let (distance, overflows) = nanoseconds.subtractingReportingOverflow(start.nanoseconds)
    let (whole, rest) = (overflows ? Int64.max : distance).quotientAndRemainder(
      dividingBy: 1_000_000
    )
    return CInt(clamping: rest == 0 ? whole : whole + 1)
  }
}

extension Duration {
  /// The duration in nanoseconds, cut to what 64 bits hold (292 years).
  ///
  /// Deadlines are set with every request: one division of 128 by 64 bits instead of the several that
  /// `components` takes.
  fileprivate var clampedNanoseconds: Int64 {
    let (attoseconds, divisor) = (attoseconds, 1_000_000_000 as UInt64)
    let magnitude = attoseconds.magnitude
    let high = UInt64(truncatingIfNeeded: magnitude >> 64)
    guard high < divisor / 2 else { return attoseconds < 0 ? .min : .max }
    let low = UInt64(truncatingIfNeeded: magnitude)
    let count = Int64(divisor.dividingFullWidth((high, low)).quotient)
    return attoseconds < 0 ? -count : count
  }
}
