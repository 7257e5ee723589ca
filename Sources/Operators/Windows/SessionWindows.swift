// SPDX-License-Identifier: Apache-2.0
import Streams

/// Windows that last as long as elements follow each other: each opens `[time, time + gap)`, and those
/// of a key that overlap become one.
public struct SessionWindows: Hashable, Sendable {
  /// What becomes of two sessions of which one begins where the other ends.
  public enum Touching: Hashable, Sendable {
    /// They become one, as in Flink.
    case merge
    /// They stay two, as in Beam.
    case separate
  }

  /// In milliseconds.
  @usableFromInline let gap: Int64
  @usableFromInline let touching: Touching

  /// Sessions that end when nothing has come for a while.
  ///
  /// - Parameters:
  ///   - gap: How long nothing comes, at least a millisecond.
  ///   - touching: What becomes of two elements that are exactly a gap apart. Default: one session.
  /// - Returns: The windows.
  public static func session(gap: Duration, touching: Touching = .merge) -> SessionWindows {
    SessionWindows(gap: gap, touching: touching)
  }

  private init(gap: Duration, touching: Touching) {
    precondition(gap.wholeMilliseconds >= 1, "the gap of a session is at least 1 ms")
    self.gap = gap.wholeMilliseconds
    self.touching = touching
  }

  /// Whether two windows become one.
  @inlinable
  func merges(_ start: Int64, _ end: Int64, with otherStart: Int64, _ otherEnd: Int64) -> Bool {
    touching == .merge
      ? start <= otherEnd && otherStart <= end
      : start < otherEnd && otherStart < end
  }
}
