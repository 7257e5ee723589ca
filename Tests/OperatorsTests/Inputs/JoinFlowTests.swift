// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// Joins of flows that are read while their topics are written give what they give afterwards.
@Suite struct JoinFlowTests {
  private static let byTime = WatermarkStrategy<Reading>.bounded(by: .milliseconds(5), at: \.time)

  /// Publishes random readings into both topics, then closes them, letting others run now and then.
  private static func write(
    _ topics: [Topic<Reading>],
    _ clock: ManualClock,
    seed: Int
  ) async throws {
    var random = SeededGenerator(seed)
    for value in 0..<80 {
      clock.advance(to: clock.now + .milliseconds(Int.random(in: 0...4, using: &random)))
      let reading = Reading(
        key: ["a", "b"].randomElement(using: &random) ?? "a",
        time: clock.now - .milliseconds(Int.random(in: 0...8, using: &random)),
        value: value
      )
      try await topics[Int.random(in: 0...1, using: &random)].publish([reading])
      for _ in 0..<Int.random(in: 0...9, using: &random) { await Task.yield() }
    }
    for topic in topics {
      topic.close()
      clock.advance(to: clock.now + .milliseconds(2))
    }
  }

  private func compare<Chain: Operator>(
    _ build: (Flow<Identity<Reading>>, Flow<Identity<Reading>>) -> Flow<Chain>
  ) async throws {
    for seed in 0..<25 {
      let clock = ManualClock(0)
      let topics = ["left", "right"].map { Topic<Reading>($0, clock: clock) }
      let flows = topics.map { $0.flow(from: .earliest, watermarks: Self.byTime) }
      let flow = build(flows[0], flows[1]).map { "\($0)" }
      let live = ProbeSink<String>("live")
      let running = Task { [pipeline = flow.pipeline("live", into: live)] in
        try await pipeline.run()
      }
      try await Self.write(topics, clock, seed: seed)
      try await running.value
      clock.advance(to: clock.now + .seconds(5))
      let replayed = ProbeSink<String>("replayed")
      try await flow.pipeline("replayed", into: replayed).run()
      #expect(live.items == replayed.items, "seed \(seed)")
      #expect(!live.elements.isEmpty)
    }
  }

  @Test func `an interval join`() async throws {
    try await compare {
      $0.join(
        $1,
        on: \.key,
        equals: \.key,
        within: .milliseconds(-6) ... .milliseconds(9),
        at: \.time,
        \.time
      )
    }
  }

  @Test func `a left interval join`() async throws {
    try await compare {
      $0.leftJoin(
        $1,
        on: \.value,
        equals: { $0.value - 1 },
        within: .milliseconds(-6) ... .milliseconds(9),
        at: \.time,
        \.time
      )
    }
  }

  @Test func `a window join`() async throws {
    try await compare {
      $0.join(
        $1,
        on: \.key,
        equals: \.key,
        in: .tumbling(.milliseconds(10)),
        at: \.time,
        \.time
      )
    }
  }

  @Test func `a keyed join`() async throws {
    try await compare { $0.join($1, on: \.value, equals: { $0.value / 2 }) }
  }

  @Test func `a join with the newest of a table`() async throws {
    try await compare { $0.leftJoin(latest: $1, on: \.key, equals: \.key, value: \.value) }
  }

  @Test func `combineLatest and withLatest`() async throws {
    try await compare { left, right in
      left.withLatest(right, before: .hold(limit: 3)).map { "\($0.0.value) \($0.1.value)" }
        .combineLatest(left.filter { $0.key == "a" }, right)
    }
  }
}
