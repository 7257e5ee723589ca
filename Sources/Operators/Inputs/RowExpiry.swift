// SPDX-License-Identifier: Apache-2.0
public import Streams

/// When a row that a join keeps goes; of one end, the row that came first goes first.
@usableFromInline
struct RowExpiry: Comparable, Sendable {
  /// The last instant of event time at which it can matter.
  @usableFromInline let end: Timestamp
  /// Its turn: greater for what came later.
  @usableFromInline let turn: UInt64
  /// The bucket whose first row it is by then.
  @usableFromInline let bucket: Int

  @inlinable
  init(end: Timestamp, turn: UInt64, bucket: Int) {
    self.end = end
    self.turn = turn
    self.bucket = bucket
  }

  @inlinable
  static func < (left: Self, right: Self) -> Bool {
    left.end == right.end ? left.turn < right.turn : left.end < right.end
  }
}
