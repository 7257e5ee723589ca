// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Which elements of two inputs meet: those of one key whose times are so far apart.
@usableFromInline
struct IntervalRule<Left: Sendable, Right: Sendable, Key: Hashable & Sendable>: Sendable {
  @usableFromInline let leftKey: @Sendable (Left) -> Key
  @usableFromInline let rightKey: @Sendable (Right) -> Key
  @usableFromInline let leftTime: @Sendable (Left) -> Timestamp
  @usableFromInline let rightTime: @Sendable (Right) -> Timestamp
  /// How many milliseconds after the left's time the right's is, at least and at most.
  @usableFromInline let lower: Int64
  @usableFromInline let upper: Int64

  @usableFromInline
  init(
    _ leftKey: @escaping @Sendable (Left) -> Key,
    _ rightKey: @escaping @Sendable (Right) -> Key,
    _ interval: ClosedRange<Duration>,
    _ leftTime: @escaping @Sendable (Left) -> Timestamp,
    _ rightTime: @escaping @Sendable (Right) -> Timestamp
  ) {
    self.leftKey = leftKey
    self.rightKey = rightKey
    self.leftTime = leftTime
    self.rightTime = rightTime
    lower = interval.lowerBound.wholeMilliseconds
    upper = interval.upperBound.wholeMilliseconds
  }

  /// An element's key and time, and the time of the last that it can meet.
  @inlinable
  func place(left element: Left) -> (Key, time: Timestamp, end: Timestamp) {
    let time = leftTime(element)
    return (leftKey(element), time, time.advanced(byMilliseconds: upper))
  }

  /// An element's key and time, and the time of the last that it can meet.
  @inlinable
  func place(right element: Right) -> (Key, time: Timestamp, end: Timestamp) {
    let time = rightTime(element)
    return (rightKey(element), time, time.advanced(byMilliseconds: 0 &- lower))
  }
}
