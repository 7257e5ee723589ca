// SPDX-License-Identifier: Apache-2.0

/// A timer of one loop.
public struct TimerID: Hashable, Sendable {
  let slot: UInt32
  let generation: UInt32
}

/// Orders timers by deadline in a binary heap; those of one instant keep the order they were set in.
///
/// Setting and cancelling are O(log n), and a cancelled timer leaves nothing behind.
struct TimerQueue {
  private struct Entry {
    let deadline: MonotonicInstant
    let sequence: UInt64
    let id: TimerID

    func precedes(_ other: Entry) -> Bool {
      (deadline, sequence) < (other.deadline, other.sequence)
    }
  }

  /// Where a timer stands in the heap; `nil` while the slot is free.
  private struct Slot {
    var generation: UInt32 = 0
    var position: Int?
  }

  private var heap: [Entry] = []
  private var slots: [Slot] = []
  private var freeSlots: [UInt32] = []
  private var nextSequence: UInt64 = 0

  var count: Int { heap.count }
  var nextDeadline: MonotonicInstant? { heap.first?.deadline }

  mutating func schedule(at deadline: MonotonicInstant) -> TimerID {
    let slot = takeSlot()
    slots[Int(slot)].generation &+= 1
    let id = TimerID(slot: slot, generation: slots[Int(slot)].generation)
    heap.append(Entry(deadline: deadline, sequence: nextSequence, id: id))
    nextSequence += 1
    place(heap[heap.count - 1], at: heap.count - 1)
    siftUp(from: heap.count - 1)
    return id
  }

  /// Cancels a timer; `false` when it fired or was cancelled before.
  mutating func cancel(_ id: TimerID) -> Bool {
    guard slots.indices.contains(Int(id.slot)) else { return false }
    let slot = slots[Int(id.slot)]
    guard slot.generation == id.generation, let position = slot.position else { return false }
    remove(at: position)
    return true
  }

  /// Takes out every timer due at `now` and appends it, earliest first.
  mutating func takeDue(at now: MonotonicInstant, into due: inout [TimerID]) {
    while let first = heap.first, first.deadline <= now {
      due.append(first.id)
      remove(at: 0)
    }
  }

  private mutating func takeSlot() -> UInt32 {
    if let slot = freeSlots.popLast() { return slot }
    slots.append(Slot())
    return UInt32(slots.count - 1)
  }

  private mutating func remove(at position: Int) {
    let removed = heap[position].id
    slots[Int(removed.slot)].position = nil
    freeSlots.append(removed.slot)
    let last = heap.removeLast()
    guard position < heap.count else { return }
    place(last, at: position)
    siftUp(from: position)
    siftDown(from: position)
  }

  private mutating func place(_ entry: Entry, at position: Int) {
    heap[position] = entry
    slots[Int(entry.id.slot)].position = position
  }

  private mutating func siftUp(from start: Int) {
    let entry = heap[start]
    var hole = start
    while hole > 0, entry.precedes(heap[(hole - 1) / 2]) {
      place(heap[(hole - 1) / 2], at: hole)
      hole = (hole - 1) / 2
    }
    place(entry, at: hole)
  }

  private mutating func siftDown(from start: Int) {
    let entry = heap[start]
    var hole = start
    while let child = smallerChild(of: hole), heap[child].precedes(entry) {
      place(heap[child], at: hole)
      hole = child
    }
    place(entry, at: hole)
  }

  private func smallerChild(of parent: Int) -> Int? {
    let left = 2 * parent + 1
    guard left < heap.count else { return nil }
    return left + 1 < heap.count && heap[left + 1].precedes(heap[left]) ? left + 1 : left
  }
}
