// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// A pipeline that runs while its source is written gives what one gives that reads it afterwards.
@Suite struct LiveReplayTests {
  struct Reading: Sendable {
    let key: String
    let time: Timestamp
  }

  private static let byTime = WatermarkStrategy<Reading>.bounded(by: .milliseconds(3)) {
    reading,
    _ in
    reading.time
  }

  /// Writes a random log on a clock of its own, letting others run now and then.
  private static func write(_ topic: Topic<Reading>, _ clock: ManualClock, seed: Int) async throws {
    var random = SeededGenerator(seed)
    for _ in 0..<60 {
      switch Int.random(in: 0..<10, using: &random) {
      case 0...3:
        clock.advance(to: clock.now + .milliseconds(Int.random(in: 1...9, using: &random)))
      case 4:
        topic.mark(.watermark(clock.now - .milliseconds(Int.random(in: 0...9, using: &random))))
      case 5 where Int.random(in: 0..<4, using: &random) == 0:
        topic.mark(.endOfInput)
      default:
        let time = clock.now - .milliseconds(Int.random(in: -2...20, using: &random))
        let key = ["a", "b", "c"].randomElement(using: &random) ?? "a"
        try await topic.publish([Reading(key: key, time: time)])
      }
      for _ in 0..<Int.random(in: 0...12, using: &random) { await Task.yield() }
    }
    topic.close()
  }

  /// Runs a pipeline live and two afterwards, and compares what they have written.
  private func compare<Chain: Operator>(
    _ strategy: WatermarkStrategy<Reading> = byTime,
    _ build: (Flow<Identity<Reading>>) -> Flow<Chain>
  ) async throws where Chain.Input == Reading {
    for seed in 0..<40 {
      let clock = ManualClock(0)
      let topic = Topic<Reading>("t", clock: clock)
      let flow = build(topic.flow(from: .earliest, watermarks: strategy)).map { "\($0)" }
      let live = ProbeSink<String>("live")
      let running = Task { [pipeline = flow.pipeline("live", into: live)] in
        try await pipeline.run()
      }
      try await Self.write(topic, clock, seed: seed)
      try await running.value
      clock.advance(to: clock.now + .seconds(5))
      let replayed = ProbeSink<String>("replayed")
      try await flow.pipeline("replayed", into: replayed).run()
      #expect(live.items == replayed.items, "seed \(seed)")
      #expect(!live.elements.isEmpty)
    }
  }

  @Test(arguments: [ThrottleKeeping.first, .latest, .both])
  func `a throttle`(keeping: ThrottleKeeping) async throws {
    try await compare(.fromSource) {
      $0.throttle(for: .milliseconds(7), by: \.key, keeping: keeping)
    }
  }

  @Test func `a throttle whose outputs are throttled`() async throws {
    try await compare(.fromSource) {
      $0.throttle(for: .milliseconds(7), by: \.key, keeping: .both)
        .throttle(for: .milliseconds(5), keeping: .first)
    }
  }

  @Test func `tumbling windows with lateness`() async throws {
    try await compare {
      $0.window(.tumbling(.milliseconds(8)), by: \.key, at: \.time, lateness: .milliseconds(5))
        .withTotal()
        .aggregate { Count() }
    }
  }

  @Test func `sliding windows by the source's watermarks, with lateness`() async throws {
    try await compare(.fromSource) {
      $0.window(
        .sliding(.milliseconds(12), every: .milliseconds(4)),
        by: \.key,
        at: \.time,
        lateness: .milliseconds(5)
      )
      .aggregate { Count() }
    }
  }

  @Test func `a filter, windows and a throttle`() async throws {
    try await compare {
      $0.filter { $0.key != "b" }
        .window(.tumbling(.milliseconds(3)), by: \.key, at: \.time).aggregate { Count() }
        .throttle(for: .milliseconds(6), keeping: .both)
    }
  }

  @Test func `a throttle before windows`() async throws {
    try await compare {
      $0.throttle(for: .milliseconds(4), by: \.key, keeping: .both)
        .window(.tumbling(.milliseconds(3)), by: \.key, at: \.time, lateness: .milliseconds(9))
        .aggregate { Count() }
    }
  }

  @Test func `a throttle behind a buffer, and windows behind another`() async throws {
    try await compare {
      $0.buffer(upTo: 3).throttle(for: .milliseconds(4), by: \.key, keeping: .both)
        .buffer(upTo: 1)
        .window(.tumbling(.milliseconds(3)), by: \.key, at: \.time, lateness: .milliseconds(9))
        .aggregate { Count() }
    }
  }
}
