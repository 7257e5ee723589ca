// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Transport

@Suite struct TimerQueueTests {
  private func instant(_ nanoseconds: Int) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: Int64(nanoseconds))
  }

  private func due(_ queue: inout TimerQueue, at nanoseconds: Int) -> [TimerID] {
    var timers: [TimerID] = []
    queue.takeDue(at: instant(nanoseconds), into: &timers)
    return timers
  }

  @Test func `timers of one instant keep the order they were set in`() {
    var queue = TimerQueue()
    let timers = (0..<20).map { _ in queue.schedule(at: instant(5)) }
    #expect(due(&queue, at: 4) == [])
    #expect(due(&queue, at: 5) == timers)
    #expect(queue.count == 0)
  }

  @Test func `a cancelled timer is gone and its reused slot is another timer`() {
    var queue = TimerQueue()
    let first = queue.schedule(at: instant(1))
    #expect(queue.cancel(first) == true)
    let second = queue.schedule(at: instant(1))
    #expect(second.slot == first.slot)
    #expect(queue.cancel(first) == false)
    #expect(due(&queue, at: 1) == [second])
    #expect(queue.cancel(second) == false)
  }

  @Test(arguments: [1, 2, 3, 4, 5]) func `random use gives what a sorted list gives`(seed: UInt64) {
    var random = SplitMix(state: seed)
    var queue = TimerQueue()
    var model: [(deadline: Int, sequence: Int, id: TimerID)] = []
    for step in 0..<5_000 {
      switch random.next() % 4 {
      case 0, 1:
        let deadline = Int(random.next() % 1_000) + step
        model.append((deadline, step, queue.schedule(at: instant(deadline))))
      case 2:
        guard let victim = model.indices.randomElement(using: &random) else { continue }
        #expect(queue.cancel(model.remove(at: victim).id) == true)
      default:
        let now = step + Int(random.next() % 100)
        model.sort { ($0.deadline, $0.sequence) < ($1.deadline, $1.sequence) }
        let expected = model.prefix { $0.deadline <= now }
        #expect(due(&queue, at: now) == expected.map(\.id))
        model.removeFirst(expected.count)
      }
      #expect(queue.count == model.count)
      #expect(queue.nextDeadline == model.map(\.deadline).min().map(instant))
    }
  }
}

/// A small generator whose sequence depends on its seed only.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
