// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@testable import Operators

@Suite struct DelayTests {
  private func delayed(
    _ marbles: Marbles<Character>,
    _ delay: Int,
    _ limit: QueueLimit = QueueLimit(100, overflow: .release)
  ) -> Marbles<Character> {
    marbles.through { $0.delay(by: .milliseconds(delay), queue: limit) }
  }

  @Test func `each element comes out later, in order`() {
    #expect(delayed("ab-(cd)---|", 2) == "--ab-(cd)-|")
    #expect(delayed("ab-(cd)---|", 0) == "ab-(cd)---|")
  }

  @Test func `what waits comes out at the end`() {
    #expect(delayed("ab|", 2) == "--(ab|)")
    #expect(delayed("|", 2) == "|")
  }

  @Test func `beyond the limit elements leave early or are dropped, as it says`() {
    #expect(delayed("abc---|", 3, QueueLimit(2, overflow: .release)) == "--a-bc|")
    #expect(delayed("abc---|", 3, QueueLimit(2, overflow: .dropOldest)) == "----bc|")
    #expect(delayed("abc---|", 3, QueueLimit(2, overflow: .dropNewest)) == "---ab-|")
  }

  @Test(arguments: [QueueLimit.Overflow.release, .dropOldest, .dropNewest])
  func `what goes in comes out, or is counted`(overflow: QueueLimit.Overflow) {
    for seed in 0..<20 {
      let limit = QueueLimit(4, overflow: overflow)
      var delay = Delay<Int>(by: .milliseconds(3), queue: limit)
      var (given, received) = (0, 0)
      for (step, values) in RateLog(seed).steps.enumerated() {
        let now = Timestamp(milliseconds: Int64(step))
        while delay.deadline < now {
          delay.fire(at: delay.deadline) { _ in }
          while delay.isPending { delay.resume(at: now, room: 1) { _ in given += 1 } }
        }
        for value in values { delay.receive(value, at: now) { _ in given += 1 } }
        received += values.count
        let stage = delay.stages[0]
        #expect(received == given + Int(stage["dropped"] + stage["waiting"]))
        #expect(stage["waiting"] <= 4)
      }
    }
  }

  @Test func `random streams are delayed as the definition says`() {
    for seed in 0..<100 {
      let log = RateLog(seed)
      var expected = log.steps.map { _ in [Int]() }
      for (step, values) in log.steps.enumerated() {
        expected[min(step + 6, log.steps.count - 1)] += values
      }
      let limit = QueueLimit(1_000, overflow: .release)
      let found = log.marbles.through { $0.delay(by: .milliseconds(6), queue: limit) }
      #expect(found.steps == expected, "seed \(seed)")
    }
  }

  @Test(arguments: [QueueLimit.Overflow.release, .dropOldest, .dropNewest])
  func `neither cuts nor batches nor rooms change anything`(
    overflow: QueueLimit.Overflow
  ) async throws {
    for seed in 0..<4 {
      let delay = Delay<Int>(by: .milliseconds(5), queue: QueueLimit(4, overflow: overflow))
      CutTest(RateLog(seed).happenings, room: 1 + seed % 3) { delay }.expectSameWhereverCut()
      let readings = try await RateLog(seed).readings(delay)
      for reading in readings { #expect(reading == readings[0], "seed \(seed)") }
    }
  }

  @Test func `the memory of what has left is given back`() {
    var queue = WaitingQueue<Int>()
    var (next, expected) = (0, 0)
    for round in 0..<200 {
      for _ in 0..<(round < 100 ? 60 : 40) {
        queue.append(next)
        next += 1
      }
      for _ in 0..<50 where !queue.isEmpty {
        #expect(queue.popFirst() == expected)
        expected += 1
      }
      #expect(queue.places.count <= 2 * queue.count + 1_024)
      #expect(queue.count == next - expected)
    }
    while let element = queue.popFirst() {
      #expect(element == expected)
      expected += 1
    }
    #expect(expected == next && queue.places.isEmpty)
  }

  @Test func `a negative delay is a mistake of the caller`() async {
    await #expect(processExitsWith: .failure) {
      _ = Topic<Int>("t").flow().delay(by: .milliseconds(-1))
    }
  }
}
