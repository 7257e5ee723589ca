// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@Suite struct RetentionAgeTests {
  private let clock = ManualClock(1_000)
  private let topic: Topic<Int>

  init() {
    topic = Topic(
      "t",
      retention: Retention(maximumCount: 8, maximumAge: .milliseconds(100)),
      clock: clock
    )
  }

  @Test func `an entry of exactly the maximum age is kept, an older one is gone`() async throws {
    try await topic.publish([1, 2])
    clock.advance(to: 1_100)
    #expect(topic.statistics.count == 2)
    clock.advance(to: 1_101)
    #expect(topic.statistics.count == 0)
    #expect(topic.statistics.bytes == 0)
  }

  @Test func `a reader is told the gap of what became too old`() async throws {
    var position = topic.end
    try await topic.publish([1, 2])
    clock.advance(to: 1_050)
    try await topic.publish([3])
    clock.advance(to: 1_120)
    #expect(
      topic.read(from: &position, limit: 9).seen == [
        .gap(from: 1, to: 2), .entry(3, offset: 3, appended: 1_050),
      ]
    )
  }

  @Test func `what became too old makes room for a publish`() async throws {
    for _ in 0..<4 { try await topic.publish([1, 1]) }
    clock.advance(to: 2_000)
    try await topic.publish([2])
    #expect(topic.statistics.firstOffset == 9)
    #expect(topic.statistics.lastOffset == 9)
  }

  @Test func `what a lossless cursor needs stays however old it is`() async throws {
    let cursor = Cursor(topic)
    try await topic.publish([1, 2, 3])
    clock.advance(to: 5_000)
    #expect(topic.statistics.firstOffset == 1)
    #expect(try await cursor.next(limit: 2)?.elements == [1, 2])
    #expect(topic.statistics.firstOffset == 1, "what was handed out is not consumed yet")
    #expect(try await cursor.next(limit: 2)?.elements == [3])
    #expect(topic.statistics.firstOffset == 3)
    #expect(cursor.take(limit: 2) == nil)
    #expect(topic.statistics.count == 0)
  }

  @Test func `age alone never makes a publisher wait`() async throws {
    let cursor = Cursor(topic)
    for value in 0..<4 {
      clock.advance(to: clock.now + .milliseconds(200))
      try await topic.publish([value, value])
    }
    #expect(topic.statistics.heldPublishes == 0)
    #expect(try await cursor.next()?.elements == [0, 0, 1, 1, 2, 2, 3, 3])
  }

  @Test func `an offset that became too old is answered as not recovered`() async throws {
    let receipt = try await topic.publish([1, 2])
    clock.advance(to: 1_200)
    try await topic.publish([3])
    let lost = Cursor(topic, from: .after(receipt.epoch, 1), overrun: .skip)
    #expect(!lost.opening.isRecovered)
    #expect(lost.take(limit: 9)?.elements == [3])
    #expect(Cursor(topic, from: .after(receipt.epoch, 2)).opening.isRecovered)
  }

  @Test func `marks that stand behind the newest entry stay when it is gone`() async throws {
    try await topic.publish([1])
    topic.mark(.endOfInput)
    clock.advance(to: 2_000)
    #expect(
      topic.everything(from: topic.earliest) == [.mark(.endOfInput, appended: 1_000)]
    )
  }

  @Test func `a topic whose entries are all too old is in use no more`() async throws {
    try await topic.publish([1])
    #expect(topic.isInUse)
    clock.advance(to: 2_000)
    #expect(!topic.isInUse)
  }

  /// Publishes at random in a clock that goes on at random, and compares with an array.
  @Test(arguments: 0..<60)
  func `a topic is the array of its newest and youngest entries`(seed: Int) async throws {
    var random = SeededGenerator(seed)
    let clock = ManualClock(0)
    let age = Duration.milliseconds(5 + seed % 40)
    let retention = Retention(maximumCount: 10 + seed % 7, maximumBytes: 60, maximumAge: age)
    let topic = Topic<Int>("t", retention: retention, clock: clock, weigher: .each { $0 })
    let cursor = seed % 3 == 0 ? Cursor(topic) : nil
    var entries: [(value: Int, appended: Timestamp)] = []
    var first = 0
    var held = cursor == nil ? Int.max : 0
    for step in 0..<80 {
      clock.advance(to: clock.now + .milliseconds(Int.random(in: 0...9, using: &random)))
      let values = (0..<Int.random(in: 1...4, using: &random)).map { _ in
        Int.random(in: 1...5, using: &random)
      }
      while first < min(held, entries.count), entries[first].appended + age < clock.now {
        first += 1
      }
      let sum = values.reduce(0, +)
      var dropped = first
      while entries.count - dropped + values.count > retention.maximumCount
        || entries[dropped...].reduce(0, { $0 + $1.value }) + sum > retention.maximumBytes
      {
        dropped += 1
      }
      if dropped <= max(held, first) {
        try await topic.publish(values)
        first = dropped
        entries += values.map { ($0, clock.now) }
      }
      #expect(topic.statistics.firstOffset == Offset(first + 1), "seed \(seed) step \(step)")
      #expect(topic.statistics.lastOffset == Offset(entries.count))
      #expect(topic.statistics.bytes == entries[first...].reduce(0) { $0 + $1.value })
      if let cursor, Bool.random(using: &random) {
        let place = Int(cursor.position.next) - 1
        held = place
        let read = cursor.take(limit: Int.random(in: 1...6, using: &random))?.elements ?? []
        #expect(read == entries[place..<place + read.count].map(\.value), "nothing is missed")
      }
    }
  }
}
