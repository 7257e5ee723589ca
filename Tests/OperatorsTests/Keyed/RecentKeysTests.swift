// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@testable import Operators

@Suite struct RecentKeysTests {
  @Test func `keys stand in the order in which they were touched, by a plain model`() {
    for seed in 0..<50 {
      var random = SeededGenerator(seed)
      var keys = RecentKeys<Int, Int>()
      var model: [(key: Int, value: Int)] = []
      for step in 0..<200 {
        let now = Timestamp(milliseconds: Int64(step))
        let key = Int.random(in: 0..<12, using: &random)
        let place = model.firstIndex { $0.key == key }
        #expect((keys.slot(of: key) == nil) == (place == nil))
        switch (keys.slot(of: key), place, Int.random(in: 0..<3, using: &random)) {
        case (let slot?, let place?, 0):
          keys.remove(slot)
          model.remove(at: place)
        case (let slot?, let place?, _):
          keys.touch(slot, at: now)
          model.append(model.remove(at: place))
        default:
          _ = keys.insert(key, step, at: now)
          model.append((key, step))
        }
        #expect(contents(of: keys) == model.map { [$0.key, $0.value] })
        #expect(keys.count == model.count)
      }
    }
  }

  private func contents(of keys: RecentKeys<Int, Int>) -> [[Int]] {
    var slot = keys.first
    var contents: [[Int]] = []
    while slot >= 0, contents.count <= keys.count {
      contents.append([keys.slots[slot].key, keys.slots[slot].value])
      slot = keys.slots[slot].next
    }
    return contents
  }
}

@Suite struct SlotHeapTests {
  @Test func `slots come in the order of their instants, then of their serials`() {
    for seed in 0..<50 {
      var random = SeededGenerator(seed)
      var heap = SlotHeap()
      var model: [Int: Timestamp] = [:]
      for _ in 0..<300 {
        let slot = Int.random(in: 0..<20, using: &random)
        let isRemoved = Int.random(in: 0..<4, using: &random) == 0
        let number = Int64.random(in: 0..<30, using: &random)
        let instant = isRemoved ? Timestamp.never : Timestamp(milliseconds: number)
        heap.set(slot, serial: UInt64(100 - slot), to: instant)
        model[slot] = isRemoved ? nil : instant
        let first = model.min { ($0.value, 100 - $0.key) < ($1.value, 100 - $1.key) }
        #expect(heap.entries.first?.slot == first?.key)
        #expect(heap.least == first?.value ?? .never)
        #expect(heap.instant(of: slot) == instant)
      }
    }
  }

  @Test func `a slot keeps its instant under another number`() {
    var heap = SlotHeap()
    for slot in 0..<5 { heap.set(slot, serial: UInt64(slot), to: Timestamp(milliseconds: 9)) }
    heap.remove(0)
    heap.renumber(4, to: 0)
    heap.set(0, serial: 4, to: 3)
    #expect(heap.entries.first?.slot == 0 && heap.least == 3)
    #expect(heap.instant(of: 4) == .never && heap.entries.count == 4)
  }
}
