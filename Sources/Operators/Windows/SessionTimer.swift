// SPDX-License-Identifier: Apache-2.0

/// When a session wants to be looked at; of one time, the session of the lesser number comes first.
@usableFromInline
struct SessionTimer: Comparable, Sendable {
  @usableFromInline let time: Int64
  @usableFromInline let number: UInt64
  /// Where the session stands.
  @usableFromInline let place: Int

  @inlinable
  init(time: Int64, number: UInt64, place: Int) {
    (self.time, self.number, self.place) = (time, number, place)
  }

  @inlinable
  static func < (left: Self, right: Self) -> Bool {
    left.time != right.time ? left.time < right.time : left.number < right.number
  }
}
