// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@Suite struct TopicOracleTests {
  /// Publishes and marks at random, and compares the topic with the model after each step.
  private func compare(seed: Int, retention: Retention, stepCount: Int, most: Int) async throws {
    var random = SeededGenerator(seed)
    let clock = ManualClock(1_000)
    let topic = Topic<Int>("t", retention: retention, clock: clock, weigher: .each { $0 })
    var model = TopicModel(retention: retention)
    for step in 0..<stepCount {
      if Bool.random(using: &random) { clock.advance(to: clock.now + .milliseconds(1)) }
      switch Int.random(in: 0..<8, using: &random) {
      case 0:
        let instant = Timestamp(milliseconds: Int64.random(in: 0..<500, using: &random))
        topic.mark(.watermark(instant))
        model.mark(.watermark(instant), appended: clock.now)
      case 1:
        topic.mark(.endOfInput)
        model.mark(.endOfInput, appended: clock.now)
      default:
        let count = Int.random(in: 1...most, using: &random)
        let values = (0..<count).map { _ in Int.random(in: 1...5, using: &random) }
        try await topic.publish(values)
        model.publish(values, appended: clock.now)
      }
      #expect(topic.statistics.firstOffset == model.firstOffset, "seed \(seed) step \(step)")
      #expect(topic.statistics.lastOffset == model.lastOffset)
      #expect(topic.statistics.bytes == model.bytes)
    }
    for offset in stride(from: 0, through: model.lastOffset, by: most > 10 ? 37 : 1) {
      let expected = model.everything(after: offset)
      let limit = Int.random(in: 1...9, using: &random)
      let position = topic.position(after: offset)
      #expect(topic.everything(from: position, limit: limit) == expected, "seed \(seed)")
    }
  }

  @Test(arguments: 0..<60)
  func `a small topic is the array of its newest entries`(seed: Int) async throws {
    let retention = Retention(maximumCount: 12 + seed % 9, maximumBytes: 40 + seed)
    try await compare(seed: seed, retention: retention, stepCount: 60, most: 5)
  }

  @Test(arguments: 100..<104)
  func `a topic of several chunks is the array of its newest entries`(seed: Int) async throws {
    let retention = Retention(maximumCount: 900, maximumBytes: 100_000)
    try await compare(seed: seed, retention: retention, stepCount: 40, most: 90)
  }

  @Test func `retention by count keeps exactly that many`() async throws {
    let topic = Topic<Int>("t", retention: Retention(maximumCount: 10))
    for value in 1...10 { try await topic.publish([value]) }
    #expect(topic.statistics.count == 10)
    try await topic.publish([11])
    #expect(topic.statistics.count == 10)
    #expect(topic.statistics.firstOffset == 2)
  }

  @Test func `retention by bytes keeps as many as fit`() async throws {
    let retention = Retention(maximumCount: 100, maximumBytes: 20)
    let topic = Topic<Int>("t", retention: retention, weigher: .each { $0 })
    try await topic.publish([7, 3])
    try await topic.publish([10])
    #expect(topic.statistics.firstOffset == 1)
    #expect(topic.statistics.bytes == 20)
    try await topic.publish([1])
    #expect(topic.statistics.firstOffset == 2)
    #expect(topic.statistics.bytes == 14)
  }

  @Test func `every entry is let go once the topic has dropped it`() async throws {
    final class Token: Sendable {}
    weak var oldest: Token?
    let topic = Topic<Token>("t", retention: Retention(maximumCount: 600))
    do {
      let token = Token()
      oldest = token
      try await topic.publish([token])
    }
    #expect(oldest != nil)
    for _ in 0..<7 { try await topic.publish((0..<100).map { _ in Token() }) }
    #expect(oldest == nil)
  }
}
