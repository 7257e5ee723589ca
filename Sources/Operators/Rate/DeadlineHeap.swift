// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Numbered slots in the order of their deadlines, then of their turns.
///
/// A binary heap that knows where each slot stands: inserting, moving and removing one costs
/// O(log n), finding the first O(1).
@usableFromInline
struct DeadlineHeap: Sendable {
  @usableFromInline
  struct Entry: Equatable, Sendable {
    @usableFromInline let deadline: Timestamp
    @usableFromInline let turn: UInt64
    @usableFromInline let slot: Int

    @usableFromInline
    init(deadline: Timestamp, turn: UInt64, slot: Int) {
      self.deadline = deadline
      self.turn = turn
      self.slot = slot
    }

    func comes(before other: Entry) -> Bool {
      deadline == other.deadline ? turn < other.turn : deadline < other.deadline
    }
  }

  @usableFromInline var entries: [Entry] = []
  /// Where each slot stands in `entries`; without meaning for a slot that is not there.
  private var places: [Int] = []

  @usableFromInline init() {}

  @inlinable var first: Entry? { entries.first }

  /// The deadline by which a slot stands here.
  @usableFromInline
  func deadline(of slot: Int) -> Timestamp {
    entries[places[slot]].deadline
  }

  /// Takes in a slot that is not there; slots are numbered from 0 without holes.
  @usableFromInline
  mutating func insert(_ entry: Entry) {
    if entry.slot == places.count { places.append(0) }
    entries.append(entry)
    rise(entry, from: entries.count - 1)
  }

  /// Gives a slot that is there another deadline and turn.
  @usableFromInline
  mutating func move(_ entry: Entry) {
    let place = places[entry.slot]
    if entry.comes(before: entries[place]) {
      rise(entry, from: place)
    } else {
      sink(entry, from: place)
    }
  }

  /// Takes the first away; there is one.
  @usableFromInline
  mutating func removeFirst() {
    let last = entries.removeLast()
    if !entries.isEmpty { sink(last, from: 0) }
  }

  /// Forgets everything; keeps the memory where it is little.
  @usableFromInline
  mutating func removeAll() {
    let isSmall = places.count <= 1_024
    entries.removeAll(keepingCapacity: isSmall)
    places.removeAll(keepingCapacity: isSmall)
  }

  private mutating func rise(_ entry: Entry, from start: Int) {
    var place = start
    while place > 0 {
      let parent = (place - 1) / 2
      guard entry.comes(before: entries[parent]) else { break }
      put(entries[parent], at: place)
      place = parent
    }
    put(entry, at: place)
  }

  private mutating func sink(_ entry: Entry, from start: Int) {
    var place = start
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
