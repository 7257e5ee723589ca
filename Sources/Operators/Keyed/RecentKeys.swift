// SPDX-License-Identifier: Apache-2.0
public import Streams

/// A value for each key, in the order in which the keys were touched: found, touched, added and
/// removed in O(1).
///
/// Keys stand in slots numbered from 0 without holes, which are linked into a list, so nothing is
/// allocated for a key but by an array that grows.
@usableFromInline
struct RecentKeys<Key: Hashable & Sendable, Value: Sendable>: Sendable, TrackedTable {
  @usableFromInline
  struct Slot: Sendable {
    @usableFromInline let key: Key
    @usableFromInline let hash: UInt32
    @usableFromInline var value: Value
    @usableFromInline var touched: Timestamp
    /// Greater for what was touched later.
    @usableFromInline var turn: UInt64
    /// The slots before and behind this one, −1 at the ends.
    @usableFromInline var previous = -1
    @usableFromInline var next = -1

    @inlinable
    init(_ key: Key, hash: UInt32, _ value: Value, _ touched: Timestamp, _ turn: UInt64) {
      self.key = key
      self.hash = hash
      self.value = value
      self.touched = touched
      self.turn = turn
    }
  }

  @usableFromInline var slots: [Slot] = []
  @usableFromInline var index = HashIndex()
  @usableFromInline let seed = hashSeed
  /// The slots that were touched first and last, −1 if there is none.
  @usableFromInline var first = -1
  @usableFromInline var last = -1
  /// The turn of what is touched next.
  @usableFromInline var turns: UInt64 = 0
  @usableFromInline var tracker: TableTracker<Key>?

  @inlinable init() {}

  @inlinable var count: Int { slots.count }

  /// When the key was touched that was silent longest; `.never` if there is none.
  @inlinable var oldest: Timestamp { first < 0 ? .never : slots[first].touched }

  /// The slot of a key, if it is here; quick for the key that was touched last.
  @inlinable
  func slot(of key: Key) -> Int? {
    if last >= 0, slots[last].key == key { return last }
    return index.find(windowHash(key, seed: seed)) { slots[$0].key == key }
  }

  /// Says that a key was met again: it is the newest now.
  @inlinable
  mutating func touch(_ slot: Int, at now: Timestamp) {
    slots[slot].touched = now
    slots[slot].turn = turns
    turns &+= 1
    noteChange(at: slot)
    guard slot != last else { return }
    unlink(slot)
    link(slot)
  }

  /// Adds a key that is not here, as the newest; answers its slot.
  @inlinable
  mutating func insert(_ key: Key, _ value: Value, at now: Timestamp) -> Int {
    let slot = slots.count
    let hash = windowHash(key, seed: seed)
    slots.append(Slot(key, hash: hash, value, now, turns))
    turns &+= 1
    index.insert(hash, at: slot)
    link(slot)
    noteChange(at: slot)
    return slot
  }

  /// Forgets the key of a slot; the key of the last slot gets the number that is free then.
  @inlinable
  mutating func remove(_ slot: Int) {
    if tracker != nil {
      trackRemoval(of: slots[slot].key)
      // The last one's key gets its number.
      track(slot)
    }
    unlink(slot)
    index.remove(slots[slot].hash, at: slot)
    let moved = slots.removeLast()
    if slots.isEmpty { return removeAll() }
    guard slot < slots.count else { return }
    slots[slot] = moved
    index.move(moved.hash, from: slots.count, to: slot)
    if moved.previous >= 0 { slots[moved.previous].next = slot } else { first = slot }
    if moved.next >= 0 { slots[moved.next].previous = slot } else { last = slot }
  }

  /// Forgets everything, and gives the memory back if it is much.
  @usableFromInline
  mutating func removeAll() {
    let isSmall = slots.capacity <= 1_024
    slots.removeAll(keepingCapacity: isSmall)
    index.removeAll(keepingCapacity: isSmall)
    (first, last) = (-1, -1)
  }

  @inlinable
  mutating func link(_ slot: Int) {
    slots[slot].previous = last
    slots[slot].next = -1
    if last >= 0 { slots[last].next = slot } else { first = slot }
    last = slot
  }

  @inlinable
  mutating func unlink(_ slot: Int) {
    let (previous, next) = (slots[slot].previous, slots[slot].next)
    if previous >= 0 { slots[previous].next = next } else { first = next }
    if next >= 0 { slots[next].previous = previous } else { last = previous }
  }
}
