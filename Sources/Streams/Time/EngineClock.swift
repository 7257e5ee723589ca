// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Where a topic gets its instants from: the system's clock, or a test's.
///
/// Operators never see a clock: time reaches them as the `appended` of an entry.
public protocol EngineClock: Sendable {
  /// The current instant.
  var now: Timestamp { get }

  /// Suspends until `now` has reached `deadline`.
  ///
  /// - Throws: `CancellationError` when the task is cancelled; nothing is left behind.
  func sleep(until deadline: Timestamp) async throws
}

/// The machine's wall clock.
public struct SystemClock: EngineClock {
  /// Makes the wall clock; all values are equal.
  public init() {}

  /// Milliseconds since the Unix epoch by the machine's real-time clock.
  public var now: Timestamp {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(
      milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    )
  }

  /// Suspends until the wall clock shows `deadline`.
  ///
  /// - Throws: `CancellationError` when the task is cancelled.
  public func sleep(until deadline: Timestamp) async throws {
    while true {
      let now = now
      if deadline <= now { return }
      let left = deadline.milliseconds.subtractingReportingOverflow(now.milliseconds)
      let pause = left.overflow ? Self.longestPause : min(left.partialValue, Self.longestPause)
      try await Task.sleep(for: .milliseconds(pause))
    }
  }

  /// A clock may be set while somebody sleeps, so no sleep is longer than a minute.
  private static let longestPause: Int64 = 60_000
}
