// SPDX-License-Identifier: Apache-2.0
public import Streams

/// A value and a deadline for each key: found by key, given out in the order of the deadlines, and
/// of the turns where deadlines are equal.
///
/// Finding a key costs O(1), and so does a later deadline for it: its place in the heap is put right
/// when its old deadline comes. The rest costs O(log n).
@usableFromInline
struct TimedKeys<Key: Hashable & Sendable, Value: Sendable>: Sendable, TrackedTable {
  @usableFromInline
  struct Slot: Sendable {
    @usableFromInline let key: Key
    @usableFromInline let hash: UInt32
    @usableFromInline var value: Value
    @usableFromInline var deadline: Timestamp
    /// Later for what got its deadline later.
    @usableFromInline var turn: UInt64

    @inlinable
    init(key: Key, hash: UInt32, value: Value, deadline: Timestamp, turn: UInt64) {
      self.key = key
      self.hash = hash
      self.value = value
      self.deadline = deadline
      self.turn = turn
    }
  }

  @usableFromInline let limit: KeyLimit
  @usableFromInline var slots: [Slot?] = []
  @usableFromInline var free: [Int] = []
  @usableFromInline var index = HashIndex()
  @usableFromInline let seed = hashSeed
  @usableFromInline var heap = DeadlineHeap()
  @usableFromInline var turns: UInt64 = 0
  /// The slot that was asked for last: equal keys often follow each other.
  @usableFromInline var recent = 0
  /// The hash of the key that was asked for last and is not here.
  @usableFromInline var missed: UInt32 = 0
  /// What has a deadline at or before this is due.
  @usableFromInline var reached = Timestamp.distantPast
  /// Whether everything is due.
  @usableFromInline var isClosing = false
  /// Keys that went before their time, and elements for whose key there was no room.
  @usableFromInline var released: UInt64 = 0
  @usableFromInline var refused: UInt64 = 0
  @usableFromInline var tracker: TableTracker<Key>?

  @usableFromInline
  init(limit: KeyLimit) {
    self.limit = limit
  }

  @inlinable var count: Int { index.count }
  /// When something may be due next; never later than that.
  @inlinable var deadline: Timestamp { heap.first?.deadline ?? .never }

  /// The slot of a key, if it is there.
  @inlinable
  mutating func slot(of key: Key) -> Int? {
    if recent < slots.count, slots[recent]?.key == key { return recent }
    let hash = windowHash(key, seed: seed)
    guard let place = index.find(hash, where: { slots[$0]?.key == key }) else {
      missed = hash
      return nil
    }
    recent = place
    return place
  }

  /// Takes in a key that ``slot(of:)`` has just not found.
  @inlinable
  mutating func insert(_ key: Key, _ value: Value, until deadline: Timestamp) {
    let slot = Slot(key: key, hash: missed, value: value, deadline: deadline, turn: turns)
    if let place = free.popLast() {
      recent = place
      slots[place] = slot
    } else {
      recent = slots.count
      slots.append(slot)
    }
    index.insert(missed, at: recent)
    heap.insert(DeadlineHeap.Entry(deadline: deadline, turn: turns, slot: recent))
    turns += 1
    noteChange(at: recent)
  }

  /// Gives a key another deadline, and the last turn.
  @inlinable
  mutating func move(_ index: Int, to deadline: Timestamp) {
    slots[index]?.deadline = deadline
    slots[index]?.turn = turns
    noteChange(at: index)
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

  /// Says that time has come to `now`; answers whether something may be due, which ``settle()``
  /// finds out.
  @inlinable
  mutating func mayBeDue(at now: Timestamp) -> Bool {
    if now > reached { reached = now }
    return isDue
  }

  /// Says that everything is due.
  @inlinable
  mutating func close() {
    isClosing = true
    settle()
  }

  /// What has a deadline at or before this is due: everything when the flow ends, or when more keys
  /// were read back than are kept now.
  @inlinable var horizon: Timestamp {
    let isOverfull = count > limit.count && limit.overflow == .releaseFirst
    return isClosing || isOverfull ? .never : reached
  }

  /// Whether there is something due.
  @inlinable var isDue: Bool {
    guard let first = heap.first else { return false }
    return first.deadline <= horizon
  }

  /// The slot that is due first.
  @inlinable var due: Int? { isDue ? heap.first?.slot : nil }

  /// Forgets the key with the first deadline.
  @inlinable
  mutating func removeFirst() -> Slot? {
    guard let place = heap.first?.slot, let slot = slots[place].take() else { return nil }
    heap.removeFirst()
    index.remove(slot.hash, at: place)
    if tracker != nil { trackRemoval(of: slot.key) }
    if count == 0 { forgetSlots() } else { free.append(place) }
    settle()
    return slot
  }

  /// Gives the memory back now and then.
  @usableFromInline
  mutating func forgetSlots() {
    let isSmall = slots.count <= 1_024
    slots.removeAll(keepingCapacity: isSmall)
    free.removeAll(keepingCapacity: isSmall)
    index.removeAll(keepingCapacity: isSmall)
    heap.removeAll()
  }

  /// Puts the first in its right place if its deadline has come: it may have got a later one.
  @inlinable
  mutating func settle() {
    settle(through: horizon)
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
