// SPDX-License-Identifier: Apache-2.0
public import Streams

/// A table of an operator that knows which of its entries have changed, once it was written into a
/// checkpoint entry by entry; before that it pays a test of one field for each change.
@usableFromInline
protocol TrackedTable {
  /// What an entry is stored under.
  associatedtype TrackedKey: Sendable

  /// Knows what has changed since it was written; `nil` as long as it never was.
  var tracker: TableTracker<TrackedKey>? { get set }
  /// The number of entries.
  var count: Int { get }
}

extension TrackedTable {
  /// Says that the entry at a place is new, or another: to be called for each change.
  @inlinable @inline(__always)
  mutating func noteChange(at place: Int) {
    if tracker != nil { track(place) }
  }

  @usableFromInline
  mutating func track(_ place: Int) {
    let count = count
    tracker?.note(place, of: count)
  }

  /// Says that an entry is gone; to be called where there is a tracker.
  @usableFromInline
  mutating func trackRemoval(of key: TrackedKey) {
    let count = count
    tracker?.noteRemoval(of: key, of: count)
  }
}
