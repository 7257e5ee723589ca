// SPDX-License-Identifier: Apache-2.0

/// Knows what has changed in a table of keys since it was written entry by entry.
///
/// A place is where an entry stands in the table. What it remembers is bounded by the table's size.
@usableFromInline
package struct TableTracker<Key: Sendable>: Sendable {
  /// Names the table among all that its pipeline ever had.
  package let number: UInt32
  /// Where entries have changed; some stand here twice, others are gone.
  private var places: [Int] = []
  private var removed: [Key] = []
  /// From which place on all entries are yet to be written; `nil` if none is but those above.
  private var rest: Int?
  /// Whether more was removed than is left: what is stored is given up as a whole.
  private(set) var startsAnew = false

  /// Places and keys that are remembered in any case.
  private static var least: Int { 4_096 }

  /// Begins to track a table.
  ///
  /// - Parameters:
  ///   - number: Its number.
  ///   - isWhole: Whether all entries are yet to be written.
  package init(_ number: UInt32, isWhole: Bool) {
    (self.number, rest) = (number, isWhole ? 0 : nil)
  }

  /// Whether entries are yet to be written of which nobody says that they have changed.
  var isWhole: Bool { rest != nil }

  /// How much has changed, in entries.
  func changeCount(below end: Int) -> Int {
    removed.count + places.count + (rest.map { max(0, end - $0) } ?? 0)
  }

  /// Says that an entry is new or has changed.
  ///
  /// - Parameters:
  ///   - place: Where it stands.
  ///   - count: The entries of the table.
  package mutating func note(_ place: Int, of count: Int) {
    guard place < rest ?? .max, places.last != place else { return }
    places.append(place)
    if places.count > max(2 * count, Self.least) { noteAll() }
  }

  /// Says that a key is gone.
  package mutating func noteRemoval(of key: Key, of count: Int) {
    guard !startsAnew else { return }
    removed.append(key)
    guard removed.count > max(2 * count, Self.least) else { return }
    startsAnew = true
    removed = []
    noteAll()
  }

  /// Says that entries stand elsewhere now.
  package mutating func noteAll() {
    rest = 0
    places = []
  }

  /// Takes what has changed: keys that are gone, and places below `end`, ascending.
  ///
  /// Of entries that are all to be written it takes so many at most, in the order of their places; it
  /// stays ``isWhole`` then, and gives the others the next time.
  mutating func take(below end: Int, atMost limit: Int) -> (removed: [Key], places: [Int]) {
    var taken = Self.sorted(places, below: min(end, rest ?? end))
    let removed = removed
    (self.removed, places) = ([], [])
    guard let start = rest else { return (removed, taken) }
    let next = min(end, start + min(limit, max(0, end - start)))
    taken += start..<max(start, next)
    rest = next < end ? next : nil
    return (removed, taken)
  }

  private static func sorted(_ places: [Int], below end: Int) -> [Int] {
    var sorted: [Int] = []
    sorted.reserveCapacity(places.count)
    for place in places.sorted() where place < end && place != sorted.last { sorted.append(place) }
    return sorted
  }
}
