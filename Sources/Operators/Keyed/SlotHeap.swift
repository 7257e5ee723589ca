// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Slots in the order of an instant each, then of a number that tells them apart for good.
///
/// A binary heap that knows where each slot stands: O(1) to find the first and to learn that nothing
/// has changed, O(log n) to set or remove an instant.
@usableFromInline
struct SlotHeap: Sendable {
  @usableFromInline
  struct Entry: Sendable {
    @usableFromInline var instant: Timestamp
    @usableFromInline var serial: UInt64
    @usableFromInline var slot: Int

    func comes(before other: Entry) -> Bool {
      instant == other.instant ? serial < other.serial : instant < other.instant
    }
  }

  @usableFromInline var entries: [Entry] = []
  /// Where each slot stands in `entries`; −1 for one that has no instant.
  @usableFromInline var places: [Int] = []

  @inlinable init() {}

  /// The least instant; `.never` if there is none.
  @inlinable var least: Timestamp { entries.first?.instant ?? .never }

  /// The instant of a slot; `.never` if it has none.
  @inlinable
  func instant(of slot: Int) -> Timestamp {
    guard slot < places.count, places[slot] >= 0 else { return .never }
    return entries[places[slot]].instant
  }

  /// Gives a slot another instant; `.never` takes it away.
  @inlinable
  mutating func set(_ slot: Int, serial: UInt64, to instant: Timestamp) {
    if instant != self.instant(of: slot) { change(slot, serial, instant) }
  }

  @usableFromInline
  mutating func change(_ slot: Int, _ serial: UInt64, _ instant: Timestamp) {
    while places.count <= slot { places.append(-1) }
    guard instant != .never else { return remove(slot) }
    let entry = Entry(instant: instant, serial: serial, slot: slot)
    if places[slot] < 0 {
      places[slot] = entries.count
      entries.append(entry)
    }
    settle(entry, at: places[slot])
  }

  /// Takes a slot's instant away.
  @usableFromInline
  mutating func remove(_ slot: Int) {
    guard slot < places.count, places[slot] >= 0 else { return }
    let place = places[slot]
    places[slot] = -1
    let last = entries.removeLast()
    if place < entries.count { settle(last, at: place) }
  }

  /// Gives another number to a slot; the one that had it must have no instant.
  @usableFromInline
  mutating func renumber(_ slot: Int, to number: Int) {
    guard slot != number, slot < places.count, places[slot] >= 0 else { return }
    places[number] = places[slot]
    entries[places[slot]].slot = number
    places[slot] = -1
  }

  /// Puts an entry where it belongs, starting at a place that is free for it.
  private mutating func settle(_ entry: Entry, at start: Int) {
    var place = start
    while place > 0, entry.comes(before: entries[(place - 1) / 2]) {
      put(entries[(place - 1) / 2], at: place)
      place = (place - 1) / 2
    }
    while 2 * place + 1 < entries.count {
      var child = 2 * place + 1
      if child + 1 < entries.count, entries[child + 1].comes(before: entries[child]) { child += 1 }
      guard entries[child].comes(before: entry) else { break }
      put(entries[child], at: place)
      place = child
    }
    put(entry, at: place)
  }

  private mutating func put(_ entry: Entry, at place: Int) {
    entries[place] = entry
    places[entry.slot] = place
  }
}
