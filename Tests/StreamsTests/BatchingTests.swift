// SPDX-License-Identifier: Apache-2.0
import Operators
import Testing
import WeirTesting

@testable import Streams

/// Whatever the batches, the rooms and the reader's promises: the same log gives the same result.
@Suite struct BatchingTests {
  struct Reading: Sendable {
    let key: String
    let time: Timestamp
  }

  private static let byTime = WatermarkStrategy<Reading>.bounded(by: .milliseconds(4)) {
    reading,
    _ in
    reading.time
  }

  /// A log of readings with marks and silence, made at random.
  private static func log(_ seed: Int) async throws -> Topic<Reading> {
    var random = SeededGenerator(seed)
    let clock = ManualClock(0)
    let topic = Topic<Reading>("t", clock: clock)
    var marked: Int64 = 0
    for _ in 0..<40 {
      clock.advance(to: clock.now + .milliseconds(Int.random(in: 0...9, using: &random)))
      let now = clock.now.milliseconds
      switch Int.random(in: 0..<12, using: &random) {
      case 0: topic.mark(.endOfInput)
      case 1:
        marked = max(marked, now - Int64.random(in: 0...20, using: &random))
        topic.mark(.watermark(Timestamp(milliseconds: marked)))
      default:
        let readings = (0..<Int.random(in: 1...5, using: &random)).map { _ in
          Reading(
            key: ["a", "b", "c", "d"].randomElement(using: &random) ?? "a",
            time: Timestamp(milliseconds: now - Int64.random(in: -3...25, using: &random))
          )
        }
        try await topic.publish(readings)
      }
    }
    return topic
  }

  /// Reads the same log whole, one by one, and cut at random, and compares what is told.
  private func compare<Chain: Operator>(
    seed: Int,
    depth: Int,
    _ strategy: WatermarkStrategy<Reading> = byTime,
    _ build: (Flow<Identity<Reading>>) -> Flow<Chain>
  ) async throws where Chain.Input == Reading {
    var random = SeededGenerator(seed * 31 + depth)
    let topic = try await Self.log(seed)
    let chain = build(topic.flow()).chain
    func told(promises: Bool, limit: () -> Int, room: () -> Int) -> [Told] {
      var transcript = Transcript(chain, strategy)
      for batch in topic.batches(promises: promises, limit: limit) {
        transcript.take(batch, room: room())
      }
      transcript.end(room: room())
      #expect(transcript.overrun < depth, "seed \(seed)")
      return transcript.told
    }
    let whole = told(promises: false, limit: { 10_000 }, room: { 10_000 })
    #expect(told(promises: true, limit: { 1 }, room: { 1 }) == whole, "seed \(seed)")
    for _ in 0..<4 {
      let cut = told(
        promises: Bool.random(using: &random),
        limit: { Int.random(in: 1...20, using: &random) },
        room: { Int.random(in: 1...6, using: &random) }
      )
      #expect(cut == whole, "seed \(seed)")
    }
  }

  @Test(arguments: [ThrottleKeeping.first, .latest, .both])
  func `a throttle per key`(keeping: ThrottleKeeping) async throws {
    for seed in 0..<40 {
      try await compare(seed: seed, depth: 2, .fromSource) {
        $0.throttle(for: .milliseconds(7), by: \.key, keeping: keeping)
      }
    }
  }

  @Test(arguments: [0, 6])
  func `tumbling windows`(lateness: Int) async throws {
    for seed in 0..<40 {
      try await compare(seed: seed, depth: 2) {
        $0.window(
          .tumbling(.milliseconds(10)),
          by: \.key,
          at: \.time,
          lateness: .milliseconds(lateness)
        )
        .withTotal()
        .aggregate { Count() }
      }
    }
  }

  @Test(arguments: [0, 6])
  func `sliding windows`(lateness: Int) async throws {
    for seed in 0..<40 {
      try await compare(seed: seed, depth: 2) {
        $0.window(
          .sliding(.milliseconds(12), every: .milliseconds(4)),
          by: \.key,
          at: \.time,
          lateness: .milliseconds(lateness)
        )
        .aggregate { Count() }
      }
    }
  }

  @Test func `windows, then a throttle`() async throws {
    for seed in 0..<40 {
      try await compare(seed: seed, depth: 3) {
        $0.window(.tumbling(.milliseconds(5)), by: \.key, at: \.time).aggregate { Count() }
          .throttle(for: .milliseconds(8), by: \.key, keeping: .both)
      }
    }
  }

  @Test func `a filter, then windows, then windows of those`() async throws {
    for seed in 0..<40 {
      try await compare(seed: seed, depth: 4) {
        $0.filter { $0.key != "c" }
          .window(.tumbling(.milliseconds(4)), by: \.key, at: \.time, lateness: .milliseconds(3))
          .aggregate { Count() }
          .window(.sliding(.milliseconds(12), every: .milliseconds(8)), at: \.time)
          .aggregate {
            Count()
            Sum(of: \.value)
          }
      }
    }
  }

  @Test func `throttles between operators that expand`() async throws {
    for seed in 0..<40 {
      try await compare(seed: seed, depth: 8, .fromSource) {
        $0.map { "\($0.key)\($0.time.milliseconds)" }.apply(Expand())
          .throttle(for: .milliseconds(6), by: { $0.first ?? "-" }, keeping: .both)
          .apply(Expand())
          .throttle(for: .milliseconds(4), by: { $0.last ?? "-" })
          .apply(Expand())
      }
    }
  }

  @Test func `windows between operators that expand`() async throws {
    for seed in 0..<40 {
      try await compare(seed: seed, depth: 8) {
        $0.map { $0.key }.apply(Expand())
          .compactMap { text, appended -> Reading? in Reading(key: text, time: appended) }
          .window(.tumbling(.milliseconds(3)), by: \.key, at: \.time).aggregate { Count() }
          .map { "\($0.key)\($0.value)" }.apply(Expand()).apply(Recorder())
      }
    }
  }
}
