// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Transport

@Suite struct SlabTests {
  @Test func `every value has a line of its own, and a page holds 64`() {
    let slab = Slab<UInt64>()
    let lines = (0..<200).map { slab.take($0) }
    #expect(lines.enumerated().allSatisfy { number, line in line.pointee == number })
    let addresses = lines.map { UInt(bitPattern: $0) }
    #expect(addresses.allSatisfy { $0 % 64 == 0 })
    #expect(Set(addresses).count == 200)
    #expect(Set(addresses.map { $0 >> 12 }).count == 4)
    // The first of a page stand in it as they were taken.
    #expect(addresses[1] == addresses[0] + 64)
    for line in lines { slab.giveBack(line) }
  }

  @Test func `a line that was given back is used again, and nothing of it is left`() {
    let slab = Slab<UInt64>()
    let first = slab.take(1)
    let second = slab.take(2)
    slab.giveBack(first)
    let third = slab.take(3)
    #expect(third == first)
    #expect(third.pointee == 3 && second.pointee == 2)
    slab.giveBack(second)
    slab.giveBack(third)
  }

  @Test func `threads take lines of one slab beside each other`() async {
    let slab = Slab<UInt64>()
    let counts = await withTaskGroup(of: Int.self) { group in
      for number in 0..<4 {
        group.addTask {
          var right = 0
          for round in 0..<500 {
            let line = slab.take(UInt64(number))
            line.pointee += 10
            if line.pointee == UInt64(number + 10) { right += 1 }
            slab.giveBack(line)
            if round % 50 == 0 { await Task.yield() }
          }
          return right
        }
      }
      return await group.reduce(0, +)
    }
    #expect(counts == 2_000)
  }
}
