// SPDX-License-Identifier: Apache-2.0
import Streams

extension SpaceSaving {
  /// Takes in all that `other`, of the same capacity, has taken in.
  @inlinable
  mutating func merge(_ other: Self) {
    guard other.total > 0 else { return }
    guard total > 0 else {
      self = other
      return
    }
    let (own, others) = (lowest, other.lowest)
    var all: [Entry] = []
    all.reserveCapacity(entries.count + other.entries.count)
    for entry in ordered {
      let part = other.places[entry.value].map { other.entries[$0] }
      all.append(entry.adding(count: part?.count ?? others, error: part?.error ?? others))
    }
    for entry in other.ordered where places[entry.value] == nil {
      all.append(entry.adding(count: own, error: own))
    }
    total.accumulate(other.total)
    keep(all)
  }

  /// Keeps the entries with the highest counts; of equal counts those that come first.
  @inlinable
  mutating func keep(_ all: [Entry]) {
    let best = all.indices.sorted { (all[$1].count, $0) < (all[$0].count, $1) }
    let sum = total
    self = SpaceSaving(capacity: capacity)
    total = sum
    places.reserveCapacity(min(all.count, capacity))
    for index in best.prefix(capacity).reversed() { append(all[index]) }
  }

  func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(count: capacity)
    encoder.write(count: total)
    encoder.write(count: entries.count)
    for entry in ordered {
      try encoder.encode(entry.value)
      encoder.write(count: entry.count)
      encoder.write(count: entry.error)
    }
  }

  mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(count: capacity, "\(capacity) entries")
    self = SpaceSaving(capacity: capacity)
    total = try decoder.readTotal()
    let start = decoder.index
    let count = try decoder.readCount()
    guard count <= capacity else {
      throw .malformed(at: start, expected: "at most \(capacity) entries")
    }
    for _ in 0..<count { try restoreEntry(from: &decoder) }
  }

  /// Appends an entry; they come in the order of the heap, so each stays where it is put.
  private mutating func restoreEntry(from decoder: inout StateDecoder) throws(StateError) {
    let start = decoder.index
    let value = try decoder.decode(Value.self)
    let (count, error) = (try decoder.readTotal(), try decoder.readTotal())
    guard count > 0, error < count || count == .max, places[value] == nil else {
      throw .malformed(at: start, expected: "an entry of its own")
    }
    append(Entry(value: value, count: count, error: error))
    guard heap.last == entries.count - 1 else {
      throw .malformed(at: start, expected: "entries in the order of a heap")
    }
  }
}

extension SpaceSaving.Entry {
  @inlinable
  func adding(count: Int, error: Int) -> Self {
    var sum = self
    sum.count.accumulate(count)
    sum.error.accumulate(error)
    return sum
  }
}
