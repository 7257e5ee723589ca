// SPDX-License-Identifier: Apache-2.0

/// What each lossless cursor reads next, by the numbers of the cursors.
///
/// It is changed for each batch that is read, and there are few: an array in order, searched by
/// halves, costs less than a hash of a number.
@usableFromInline
struct CursorHolds: Sendable {
  @usableFromInline var places: [(cursor: UInt64, next: Offset)] = []

  init() {}

  @inlinable var isEmpty: Bool { places.isEmpty }

  /// What the slowest reads next; nothing from there on is dropped.
  @inlinable var slowest: Offset? {
    var least: Offset?
    for place in places { least = min(least ?? .max, place.next) }
    return least
  }

  /// Says what a cursor reads next.
  @inlinable
  mutating func hold(_ cursor: UInt64, from offset: Offset) {
    let index = places.partitioningIndex { $0.cursor >= cursor }
    if index < places.count, places[index].cursor == cursor {
      places[index].next = offset
    } else {
      places.insert((cursor, offset), at: index)
    }
  }

  /// Forgets a cursor, if it is there.
  mutating func release(_ cursor: UInt64) {
    let index = places.partitioningIndex { $0.cursor >= cursor }
    if index < places.count, places[index].cursor == cursor { places.remove(at: index) }
  }
}
