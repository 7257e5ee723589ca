// SPDX-License-Identifier: Apache-2.0
public import Streams

/// A value and a deadline for each key: found by key, given out in the order of the deadlines, and
/// of the turns where deadlines are equal.
///
/// Finding a key costs O(1), and so does a later deadline for it: its place in the heap is put right
/// when its old deadline comes. The rest costs O(log n).
@usableFromInline
struct TimedKeys<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  @usableFromInline
  struct Slot: Sendable {
    @usableFromInline let key: Key
    @usableFromInline var value: Value
    @usableFromInline var deadline: Timestamp
    /// Later for what got its deadline later.
    @usableFromInline var turn: UInt64

    @usableFromInline
    init(key: Key, value: Value, deadline: Timestamp, turn: UInt64) {
      self.key = key
      self.value = value
      self.deadline = deadline
      self.turn = turn
    }
  }

  @usableFromInline let limit: KeyLimit
  @usableFromInline var slots: [Slot?] = []
  @usableFromInline var free: [Int] = []
  @usableFromInline var indices: [Key: Int] = [:]
  @usableFromInline var heap = DeadlineHeap()
  @usableFromInline var turns: UInt64 = 0
  /// The slot that was asked for last: equal keys often follow each other.
  @usableFromInline var recent = 0
  /// What has a deadline at or before this is due.
  @usableFromInline var reached = Timestamp.distantPast
  /// Whether everything is due.
  @usableFromInline var isClosing = false
  /// Keys that went before their time, and elements for whose key there was no room.
  @usableFromInline var released: UInt64 = 0
  @usableFromInline var refused: UInt64 = 0

  @usableFromInline
  init(limit: KeyLimit) {
    self.limit = limit
  }

  @inlinable var count: Int { indices.count }
  /// When something may be due next; never later than that.
  @inlinable var deadline: Timestamp { heap.first?.deadline ?? .never }

  /// The slot of a key, if it is there.
  @inlinable
  mutating func slot(of key: Key) -> Int? {
    if recent < slots.count, let slot = slots[recent], slot.key == key { return recent }
    guard let index = indices[key] else { return nil }
    recent = index
    return index
  }

  /// Takes in a key that is not there.
  @inlinable
  mutating func insert(_ key: Key, _ value: Value, until deadline: Timestamp) {
    let slot = Slot(key: key, value: value, deadline: deadline, turn: turns)
    if let index = free.popLast() {
      recent = index
      slots[index] = slot
    } else {
      recent = slots.count
      slots.append(slot)
    }
    indices[key] = recent
    heap.insert(DeadlineHeap.Entry(deadline: deadline, turn: turns, slot: recent))
    turns += 1
  }

  /// Gives a key another deadline, and the last turn.
  @inlinable
  mutating func move(_ index: Int, to deadline: Timestamp) {
    slots[index]?.deadline = deadline
    slots[index]?.turn = turns
    if deadline < heap.deadline(of: index) {
      heap.move(DeadlineHeap.Entry(deadline: deadline, turn: turns, slot: index))
    }
    turns += 1
  }
}

// MARK: What is due
extension TimedKeys {
  /// Says that time has come to `now`.
  @inlinable
  mutating func reach(_ now: Timestamp) {
    reached = max(reached, now)
    settle()
  }

  /// Says that everything is due.
  @inlinable
  mutating func close() {
    isClosing = true
    settle()
  }

  /// Whether there is something due.
  @inlinable var isDue: Bool {
    guard let first = heap.first else { return false }
    return isClosing || first.deadline <= reached
  }

  /// The slot that is due first.
  @inlinable var due: Int? { isDue ? heap.first?.slot : nil }

  /// Forgets the key with the first deadline.
  @inlinable
  mutating func removeFirst() -> Slot? {
    guard let index = heap.first?.slot, let slot = slots[index].take() else { return nil }
    heap.removeFirst()
    indices[slot.key] = nil
    if indices.isEmpty { forgetSlots() } else { free.append(index) }
    settle()
    return slot
  }

  /// Gives the memory back now and then.
  @usableFromInline
  mutating func forgetSlots() {
    let isSmall = slots.count <= 1_024
    slots.removeAll(keepingCapacity: isSmall)
    free.removeAll(keepingCapacity: isSmall)
    indices.removeAll(keepingCapacity: isSmall)
    heap.removeAll()
  }

  /// Puts the first in its right place if its deadline has come: it may have got a later one.
  @inlinable
  mutating func settle() {
    settle(through: isClosing ? .never : reached)
  }

  @inlinable
  mutating func settle(through instant: Timestamp) {
    while let first = heap.first, first.deadline <= instant, let slot = slots[first.slot] {
      if slot.turn == first.turn { return }
      heap.move(DeadlineHeap.Entry(deadline: slot.deadline, turn: slot.turn, slot: first.slot))
    }
  }

  /// What the limit says of one more key.
  @usableFromInline
  enum Room {
    /// It may be taken in.
    case free
    /// The first must go for it: it is handed over here, and forgotten.
    case freed(Slot)
    /// It may not be taken in; that was counted.
    case none
  }

  /// Finds room for a key that is not there.
  @inlinable
  mutating func makeRoom() -> Room {
    guard count >= limit.count else { return .free }
    guard limit.overflow == .releaseFirst else {
      refused &+= 1
      return .none
    }
    settle(through: .never)
    guard let slot = removeFirst() else { return .free }
    released &+= 1
    return .freed(slot)
  }
}
