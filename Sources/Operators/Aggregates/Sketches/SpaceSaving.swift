// SPDX-License-Identifier: Apache-2.0

/// The values that occur most, with bounds on how often, in a fixed number of entries.
///
/// A value without an entry takes over the one with the lowest count, and that count as its error
/// (Metwally, Agrawal and El Abbadi, 2005). Merging gives a value that one part lacks that part's
/// lowest count, as count and as error, and keeps the highest (Cafaro, Pulimeno and Tempesta, 2016).
/// Either way the counts never sum up to more than the elements, so that the lowest of `n` is at most
/// their `n`-th part, and a value without an entry occurred at most as often as the lowest.
@usableFromInline
struct SpaceSaving<Value: Hashable & Sendable>: Sendable {
  @usableFromInline
  struct Entry: Sendable {
    @usableFromInline var value: Value
    @usableFromInline var count: Int
    @usableFromInline var error: Int

    @inlinable
    init(value: Value, count: Int, error: Int) {
      (self.value, self.count, self.error) = (value, count, error)
    }
  }

  @usableFromInline let capacity: Int
  @usableFromInline var total = 0
  @usableFromInline var entries: [Entry] = []
  /// The place of each value in ``entries``.
  @usableFromInline var places: [Value: Int] = [:]
  /// Places in ``entries``, as a heap: no count is lower than that at half the index.
  @usableFromInline var heap: [Int] = []
  /// For each entry its index in ``heap``.
  @usableFromInline var indices: [Int] = []

  @inlinable
  init(capacity: Int) {
    self.capacity = capacity
  }

  /// The most that a value without an entry can have occurred.
  @inlinable var lowest: Int { entries.count < capacity ? 0 : entries[heap[0]].count }

  /// The entries in an order that is part of the state.
  @inlinable var ordered: [Entry] { heap.map { entries[$0] } }

  @inlinable
  mutating func add(_ value: Value) {
    total.accumulate(1)
    if let place = places[value] {
      entries[place].count.accumulate(1)
      sink(indices[place])
    } else if entries.count < capacity {
      append(Entry(value: value, count: 1, error: 0))
    } else {
      replaceLowest(with: value)
    }
  }

  @inlinable
  mutating func replaceLowest(with value: Value) {
    let place = heap[0]
    let count = entries[place].count
    places[entries[place].value] = nil
    places[value] = place
    entries[place] = Entry(value: value, count: count, error: count)
    entries[place].count.accumulate(1)
    sink(0)
  }

  @inlinable
  mutating func append(_ entry: Entry) {
    places[entry.value] = entries.count
    indices.append(heap.count)
    heap.append(entries.count)
    entries.append(entry)
    rise(heap.count - 1)
  }

  /// Moves an entry whose count has grown away from the top of the heap.
  @inlinable
  mutating func sink(_ start: Int) {
    let place = heap[start]
    let count = entries[place].count
    var index = start
    while true {
      var child = 2 &* index &+ 1
      guard child < heap.count else { break }
      let right = child &+ 1
      if right < heap.count, entries[heap[right]].count < entries[heap[child]].count {
        child = right
      }
      guard entries[heap[child]].count < count else { break }
      put(heap[child], at: index)
      index = child
    }
    put(place, at: index)
  }

  @inlinable
  mutating func rise(_ start: Int) {
    let place = heap[start]
    var index = start
    while index > 0, entries[heap[(index - 1) / 2]].count > entries[place].count {
      put(heap[(index - 1) / 2], at: index)
      index = (index - 1) / 2
    }
    put(place, at: index)
  }

  @inlinable
  mutating func put(_ place: Int, at index: Int) {
    heap[index] = place
    indices[place] = index
  }
}
