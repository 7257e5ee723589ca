// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct SampleTests {
  private let clock = ManualClock(0)
  private let topic: Topic<Int>

  init() {
    topic = Topic("t", retention: Retention(maximumCount: 64), clock: clock)
  }

  private func publish(_ value: Int, at instant: Timestamp) async throws {
    clock.advance(to: instant)
    try await topic.publish([value])
  }

  @Test func `the newest entry of each interval comes, the others are conflated`() async throws {
    let cursor = Cursor(topic, overrun: .sample(every: .milliseconds(10)))
    for (value, instant) in [(1, 0), (2, 9), (3, 10), (4, 15), (5, 31), (6, 40)] {
      try await publish(value, at: Timestamp(milliseconds: Int64(instant)))
    }
    #expect(
      cursor.take(limit: 9)?.seen == [
        .entry(2, offset: 2, appended: 9), .entry(4, offset: 4, appended: 15),
        .entry(5, offset: 5, appended: 31),
      ]
    )
    #expect(cursor.statistics.conflated == 2)
    #expect(cursor.statistics.buffered == 1)
    #expect(cursor.take(limit: 9) == nil)
  }

  @Test func `the last entry comes when its interval is over`() async throws {
    let cursor = Cursor(topic, overrun: .sample(every: .milliseconds(10)))
    try await publish(1, at: 3)
    try await publish(2, at: 9)
    let reader = Task { [lent = Lent(cursor)] in try await lent.value.next() }
    await clock.sleepers(1)
    clock.advance(to: 10)
    #expect(try await reader.value?.seen == [.entry(2, offset: 2, appended: 9)])
  }

  @Test func `a sampled interval gets nothing more, even if the clock goes back`() async throws {
    let unsteady = UnsteadyClock([25, 30, 22])
    let topic = Topic<Int>("t", clock: unsteady)
    let cursor = Cursor(topic, overrun: .sample(every: .milliseconds(10)))
    try await topic.publish([1])
    #expect(cursor.take(limit: 9)?.elements == [1])
    #expect(try await topic.publish([2]).appended == 30)
  }

  @Test func `closing hands out what the last interval has`() async throws {
    let (topic, clock) = (topic, clock)
    let cursor = Cursor(topic, overrun: .sample(every: .milliseconds(10)))
    try await publish(1, at: 3)
    let reader = Task { [lent = Lent(cursor)] in try await lent.value.next() }
    await clock.sleepers(1)
    topic.close()
    #expect(try await reader.value?.elements == [1])
    #expect(try await cursor.next() == nil)
  }

  @Test func `before the first unread entry a cursor is promised silence, not behind it`()
    async throws
  {
    let cursor = Cursor(topic, overrun: .sample(every: .milliseconds(10)))
    try await publish(1, at: 3)
    clock.advance(to: 7)
    #expect(try await cursor.next(until: 2)?.silentThrough == 2)
    let reader = Task { [lent = Lent(cursor)] in try await lent.value.next(until: 5) }
    await clock.sleepers(1)
    clock.advance(to: 10)
    #expect(try await reader.value?.elements == [1])
    #expect(try await cursor.next(until: 9)?.silentThrough == 9)
  }

  @Test func `what waits for a deadline gets the sample of its interval`() async throws {
    let flow = topic.flow(
      from: .earliest,
      overrun: .sample(every: .milliseconds(10))
    ).throttle(for: .milliseconds(25), by: { _ in 0 }, keeping: .latest)
    for (value, instant) in [(1, 1), (2, 8), (3, 12), (4, 34)] as [(Int, Timestamp)] {
      try await publish(value, at: instant)
    }
    topic.close()
    var seen: [Int] = []
    for try await value in flow { seen.append(value) }
    #expect(seen == [3, 4])
  }

  @Test func `marks keep their places`() async throws {
    let cursor = Cursor(topic, overrun: .sample(every: .milliseconds(10)))
    try await publish(1, at: 1)
    topic.mark(.watermark(1))
    try await publish(2, at: 2)
    topic.mark(.watermark(2))
    try await publish(3, at: 12)
    topic.mark(.endOfInput)
    clock.advance(to: 20)
    #expect(
      cursor.take(limit: 9)?.seen == [
        .mark(.watermark(1), appended: 1), .entry(2, offset: 2, appended: 2),
        .mark(.watermark(2), appended: 2), .entry(3, offset: 3, appended: 12),
        .mark(.endOfInput, appended: 12),
      ]
    )
  }

  @Test func `what the topic dropped is told`() async throws {
    let topic = Topic<Int>("t", retention: Retention(maximumCount: 4), clock: clock)
    let cursor = Cursor(topic, overrun: .sample(every: .milliseconds(10)))
    for value in 1...7 {
      clock.advance(to: clock.now + .milliseconds(5))
      try await topic.publish([value])
    }
    clock.advance(to: 40)
    #expect(cursor.take(limit: 9)?.seen.first == .gap(from: 1, to: 3))
    #expect(cursor.statistics.dropped == 3)
    #expect(cursor.statistics.conflated == 2)
    #expect(cursor.statistics.delivered == 2)
  }

  @Test func `instants before the epoch have their intervals too`() async throws {
    let clock = ManualClock(-25)
    let topic = Topic<Int>("t", clock: clock)
    let cursor = Cursor(topic, overrun: .sample(every: .milliseconds(10)))
    for instant in [-25, -21, -20, -11, -1, 0, 9] as [Timestamp] {
      clock.advance(to: instant)
      try await topic.publish([Int(instant.milliseconds)])
    }
    clock.advance(to: 10)
    #expect(cursor.take(limit: 9)?.elements == [-21, -11, -1, 9])
  }

  @Test(arguments: 0..<40)
  func `what is sampled is a function of the log`(seed: Int) async throws {
    var random = SeededGenerator(seed)
    let length = Int64.random(in: 1...20, using: &random)
    let policy = OverrunPolicy<Int>.sample(every: .milliseconds(length))
    let cursors = (0..<3).map { _ in Cursor(topic, overrun: policy) }
    var seen = cursors.map { _ in [Int]() }
    var expected: [Int64: Int] = [:]
    for value in 0..<60 {
      clock.advance(to: clock.now + .milliseconds(Int64.random(in: 0...9, using: &random)))
      try await topic.publish([value])
      expected[clock.now.milliseconds / length] = value
      for index in cursors.indices where Int.random(in: 0...index * 4, using: &random) == 0 {
        seen[index] += cursors[index].take(limit: 3)?.elements ?? []
      }
    }
    clock.advance(to: clock.now + .milliseconds(length))
    for index in cursors.indices {
      while let batch = cursors[index].take(limit: 3) { seen[index] += batch.elements }
      #expect(seen[index] == expected.sorted { $0.key < $1.key }.map(\.value), "seed \(seed)")
    }
  }
}

/// A clock that shows one instant after another, in any order, then the last one.
private final class UnsteadyClock: EngineClock {
  private let instants: Diary<Timestamp>
  private let looks = Diary<Void>()

  init(_ instants: [Timestamp]) {
    self.instants = Diary()
    for instant in instants { self.instants.note(instant) }
  }

  var now: Timestamp {
    let place = looks.entries.count
    looks.note(())
    return instants.entries[min(place, instants.entries.count - 1)]
  }

  func sleep(until deadline: Timestamp) async throws {}
}
