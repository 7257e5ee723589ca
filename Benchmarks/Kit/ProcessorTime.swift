// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What a stretch of work took, by two clocks.
public struct Elapsed: Sendable {
  /// Processor time of the whole process, all threads, user and kernel, in nanoseconds.
  public var processor = 0.0
  /// Time that passed, in nanoseconds; on a busy machine it says more about the machine.
  public var wall = 0.0

  /// No time at all.
  public init() {}

  private init(processor: Double, wall: Double) {
    self.processor = processor
    self.wall = wall
  }

  /// Adds the times of another stretch.
  public static func += (sum: inout Elapsed, other: Elapsed) {
    sum.processor += other.processor
    sum.wall += other.wall
  }

  /// Times `body`.
  ///
  /// - Parameter body: The work.
  /// - Returns: What it took.
  /// - Throws: What `body` threw.
  public nonisolated(nonsending) static func by<Failure: Error>(
    _ body: nonisolated(nonsending) () async throws(Failure) -> Void
  ) async throws(Failure) -> Elapsed {
    let start = (
      processor: nanoseconds(CLOCK_PROCESS_CPUTIME_ID), wall: nanoseconds(CLOCK_MONOTONIC)
    )
    try await body()
    return Elapsed(
      processor: nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - start.processor,
      wall: nanoseconds(CLOCK_MONOTONIC) - start.wall
    )
  }

  private static func nanoseconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
  }
}
