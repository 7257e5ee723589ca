// SPDX-License-Identifier: Apache-2.0
import Streams

/// How many keys ``Grouped`` keeps, and for how long.
public struct GroupLimits: Hashable, Sendable {
  /// The most keys.
  public let maximumKeys: Int
  /// What becomes of an element with a new key beyond that.
  public let atBound: KeyBound
  /// After how many milliseconds of silence a key goes; the greatest number for never.
  @usableFromInline let idleMilliseconds: Int64

  /// Makes limits.
  ///
  /// - Parameters:
  ///   - maximumKeys: The most keys, at least one.
  ///   - atBound: What becomes of an element with a new key beyond that.
  ///   - idle: How long a key is silent before it goes, at least a millisecond; `nil` for ever.
  public init(maximumKeys: Int, atBound: KeyBound, idleFor idle: Duration?) {
    precondition(maximumKeys >= 1, "at least one key is kept")
    precondition((idle?.wholeMilliseconds ?? 1) >= 1, "a key is kept for at least 1 ms")
    self.maximumKeys = maximumKeys
    self.atBound = atBound
    idleMilliseconds = idle?.wholeMilliseconds ?? .max
  }
}

/// How far a group has been told the end of its flow.
@usableFromInline
enum GroupClosing: UInt8, Sendable {
  case open
  /// The last watermark is told next.
  case lastWatermark
  /// The end is told next.
  case finish
  /// Outputs may be left; then the group is closed, or gone.
  case told
  case closed
}

/// What all groups are being told, one after the other.
@usableFromInline
enum GroupTask: UInt8, Sendable {
  case none
  case watermark
  case deadline
  case finish
}

/// What grouping has counted.
@usableFromInline
struct GroupCounts: Sendable {
  @usableFromInline var idle: UInt64 = 0
  @usableFromInline var evicted: UInt64 = 0
  @usableFromInline var rejected: UInt64 = 0
  @usableFromInline var ended: UInt64 = 0

  @inlinable init() {}
}
