// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@Suite struct TopicTests {
  /// A clock that shows whatever it is told, also earlier instants.
  private final class UnsteadyClock: EngineClock {
    let instants = Diary<Timestamp>()
    var now: Timestamp { instants.entries.last ?? 0 }
    func sleep(until deadline: Timestamp) async throws {}
  }

  @Test func `a publish gets consecutive offsets and one instant`() async throws {
    let topic = Topic<String>("t", clock: ManualClock(500))
    let first = try await topic.publish(["a", "b", "c"])
    let second = try await topic.publish(["d"])
    #expect((first.firstOffset, first.lastOffset, first.appended) == (1, 3, 500))
    #expect((second.firstOffset, second.lastOffset) == (4, 4))
    #expect(first.epoch == topic.epoch)
    #expect(topic.everything(from: topic.earliest).count == 4)
  }

  @Test func `appended never decreases when the clock goes back`() async throws {
    let clock = UnsteadyClock()
    let topic = Topic<Int>("t", clock: clock)
    var appended: [Timestamp] = []
    for instant: Timestamp in [100, 50, 120, -5, 121] {
      clock.instants.note(instant)
      appended.append(try await topic.publish([1]).appended)
    }
    #expect(appended == [100, 100, 120, 120, 121])
  }

  @Test func `a publish of half the ring is taken, one more is refused and stores nothing`()
    async throws
  {
    let topic = Topic<Int>("t", retention: Retention(maximumCount: 10))
    try await topic.publish([1, 2, 3, 4, 5])
    await #expect(throws: PublishError.tooLarge(maximumCount: 5, maximumBytes: 8 << 20)) {
      try await topic.publish([1, 2, 3, 4, 5, 6])
    }
    #expect(topic.statistics.lastOffset == 5)
  }

  @Test func `a publish of more than half the bytes is refused`() async throws {
    let retention = Retention(maximumCount: 10, maximumBytes: 100)
    let topic = Topic<Int>("t", retention: retention, weigher: .each { $0 })
    try await topic.publish([50])
    await #expect(throws: PublishError.tooLarge(maximumCount: 5, maximumBytes: 50)) {
      try await topic.publish([51])
    }
  }

  @Test func `an empty publish is a mistake of the caller`() async {
    await #expect(processExitsWith: .failure) {
      try await Topic<Int>("t").publish([])
    }
  }

  @Test func `a closed topic refuses publishes, ignores marks and is drained`() async throws {
    let topic = Topic<Int>("t")
    try await topic.publish([1])
    topic.close()
    topic.close()
    await #expect(throws: PublishError.closed) { try await topic.publish([2]) }
    topic.mark(.endOfInput)
    #expect(topic.isClosed)
    #expect(topic.everything(from: topic.earliest).count == 1)
  }

  @Test func `statistics tell what is kept`() async throws {
    let topic = Topic<Int>("t", retention: Retention(maximumCount: 4), weigher: .each { $0 })
    #expect(topic.statistics.count == 0)
    #expect(!topic.isInUse)
    for value in 1...6 { try await topic.publish([value]) }
    topic.mark(.watermark(9))
    let statistics = topic.statistics
    #expect(statistics.published == 6)
    #expect((statistics.firstOffset, statistics.lastOffset) == (3, 6))
    #expect((statistics.count, statistics.bytes) == (4, 18))
    #expect((statistics.watermark, statistics.heldLag) == (9, 0))
    #expect(topic.isInUse)
  }

  @Test func `errors say what helps`() {
    #expect(PublishError.closed.description.contains("closed"))
    #expect(PublishError.tooLarge(maximumCount: 7, maximumBytes: 9).description.contains("7"))
    #expect(PublishError.tooManyHeld(limit: 3).description.contains("3"))
    #expect(PublishError.withdrawn.description.contains("withdrawn"))
  }

  @Test func `an event weighs its data and attributes and gives defaults`() {
    let plain = Event(data: [1, 2, 3])
    #expect(plain.weight == 67)
    #expect(plain.type == Event.defaultType)
    #expect(plain.givenType == nil)
    let full = Event(
      data: [1],
      format: .text,
      type: "ab",
      subject: "cde",
      time: 5,
      id: "f",
      source: "gh",
      tags: ["k": "v"]
    )
    #expect(full.weight == 1 + 8 + 34 + 64)
    #expect((full.type, full.subject, full.time, full.id) == ("ab", "cde", 5, "f"))
    #expect((full.source, full.tags) == ("gh", ["k": "v"]))
  }
}
