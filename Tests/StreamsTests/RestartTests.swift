// SPDX-License-Identifier: Apache-2.0
import Operators
import Testing
import WeirTesting

@testable import Streams

/// Throws the first few times that it is asked about a number.
final class Flaky: Sendable {
  private let left: Guarded<[Int: Int]>
  private let count = Guarded(0)

  init(_ numbers: some Sequence<Int>, times: Int = 1) {
    left = Guarded(Dictionary(numbers.map { ($0, times) }) { first, _ in first })
  }

  /// How often it has thrown.
  var failures: Int { count.withLock { $0 } }

  func pass(_ number: Int) throws -> Int {
    let isBad = left.withLock { left in
      guard let times = left[number], times > 0 else { return false }
      left[number] = times - 1
      return true
    }
    guard isBad else { return number }
    count.withLock { $0 += 1 }
    throw Brittle.Refusal(number: number)
  }
}

extension Supervision {
  /// Restarts at once, as often as need be.
  static let atOnce = restart(after: Backoff(first: .zero, longest: .zero), atMost: 10_000)
}

/// A flow that restarts gives what it would have given if nothing had failed.
@Suite struct RestartTests {
  private typealias Numbers = Flow<Identity<Int>>
  private typealias Pass = @Sendable (Int) throws -> Int

  /// Numbers of which each is its event time, some behind others, and several at one instant.
  private static func log() async throws -> Topic<Int> {
    let clock = ManualClock(0)
    let topic = Topic<Int>("n", clock: clock)
    for step in 0..<30 {
      clock.advance(to: Timestamp(milliseconds: Int64(step) * 4))
      try await topic.publish((0...step % 4).map { step * 4 + 2 - $0 * 3 })
    }
    clock.advance(to: 200)
    topic.close()
    return topic
  }

  private static func read<Chain: Operator>(
    _ topic: Topic<Int>,
    limit: Int,
    _ build: (Numbers) -> Flow<Chain>
  ) async throws -> [String] {
    let flow = topic.flow(
      from: .earliest,
      watermarks: .bounded(by: .milliseconds(3)) { Timestamp(milliseconds: Int64($0)) }
    )
    let reader = build(flow).supervised(.atOnce).makeReader()
    var seen: [String] = []
    while true {
      switch try reader.poll(limit: limit, until: .never) {
      case .batch(let batch):
        for item in batch.items {
          switch item {
          case .run(let run): seen += run.map { "\($0) at \(run.appended.milliseconds)" }
          case .mark(let mark, let appended): seen.append("\(mark) at \(appended.milliseconds)")
          case .gap(let gap): seen.append("\(gap)")
          }
        }
      case .wait(let write): try await write.write()
      case .empty: try await reader.wait(until: .never)
      case .end: return seen
      }
    }
  }

  /// Reads a flow whose closure never throws, then flows in which it does.
  private func expectNothingLost<Chain: Operator>(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ build: (Numbers, @escaping Pass) -> Flow<Chain>
  ) async throws {
    let topic = try await Self.log()
    let right = try await Self.read(topic, limit: 256) { build($0) { $0 } }
    #expect(right.count > 4, sourceLocation: sourceLocation)
    for (seed, limit) in [1, 3, 256, 256, 256, 256].enumerated() {
      var random = SeededGenerator(seed)
      let share = Int.random(in: 1...5, using: &random)
      let bad = (-200..<400).filter { _ in Int.random(in: 0..<share, using: &random) == 0 }
      let flaky = Flaky(bad, times: seed % 2 + 1)
      let found = try await Self.read(topic, limit: limit) { build($0) { try flaky.pass($0) } }
      #expect(found == right, "seed \(seed)", sourceLocation: sourceLocation)
      #expect(flaky.failures > 0, sourceLocation: sourceLocation)
    }
  }

  @Test func `what a delay holds`() async throws {
    try await expectNothingLost { flow, pass in
      flow.delay(by: .milliseconds(9)).map { try pass($0) }
    }
  }

  @Test func `what comes out at the end`() async throws {
    try await expectNothingLost { flow, pass in
      flow.delay(by: .seconds(9)).map { try pass($0) }.map { [$0] }
    }
  }

  @Test func `what a debounce and a throttle hold for each key`() async throws {
    try await expectNothingLost { flow, pass in
      flow.debounce(for: .milliseconds(5), by: { $0 % 3 }).map { try pass($0) }
    }
    try await expectNothingLost { flow, pass in
      flow.throttle(for: .milliseconds(7), by: { $0 % 4 }, keeping: .both).map { try pass($0) }
    }
  }

  @Test func `what chunks hold`() async throws {
    try await expectNothingLost { flow, pass in
      flow.chunked(by: 5, within: .milliseconds(6)).map { chunk in
        try pass(chunk.reduce(0, +) % 100)
      }
    }
  }

  @Test func `what waits of a sequence`() async throws {
    try await expectNothingLost { flow, pass in
      flow.flatMap { [$0, $0 + 100, $0 + 200] }.map { try pass($0) }
    }
    try await expectNothingLost { flow, pass in
      flow.flatMap { [$0, $0 + 100] }.map { try pass($0) }.flatMap { [$0, -$0] }
        .filter { try pass($0 + 1) % 3 != 0 }
    }
  }

  @Test func `windows, whether an element fails before them or a result behind them`() async throws
  {
    try await expectNothingLost { flow, pass in
      flow.map { try pass($0) }
        .window(.tumbling(.milliseconds(10)), by: { $0 % 3 }, at: Self.time).aggregate { Count() }
        .map { "\($0.key) \($0.start) \($0.value)" }
    }
    try await expectNothingLost { flow, pass in
      flow
        .window(.tumbling(.milliseconds(10)), by: { $0 % 3 }, at: Self.time).aggregate { Count() }
        .map { window in
          let number = try pass(Int(window.start.milliseconds) + window.key)
          return "\(number) \(window.value)"
        }
    }
  }

  @Test func `operators before and behind a closure that throws`() async throws {
    try await expectNothingLost { flow, pass in
      flow.scan(0) { $0 += $1 }.map { try pass($0 % 100) }.scan(0) { $0 += $1 }
    }
    try await expectNothingLost { flow, pass in
      flow.removeDuplicates().filter { try pass($0) % 2 == 0 }.delay(by: .milliseconds(3))
        .tap { _ = try pass($0 + 1) }.compactMap { try pass($0 + 2) as Int? }
    }
    try await expectNothingLost { flow, pass in
      flow.flatMap { number in [try pass(number), number] }.pairwise().map { "\($0)" }
    }
  }

  @Test func `several that are due at one instant`() async throws {
    try await expectNothingLost { flow, pass in
      flow.throttle(for: .milliseconds(4), keeping: .latest)
        .throttle(for: .milliseconds(4), keeping: .latest).map { try pass($0) }
    }
    try await expectNothingLost { flow, pass in
      flow.debounce(for: .milliseconds(2)).map { try pass($0) }.debounce(for: .milliseconds(1))
        .map { try pass($0 + 1) }.throttle(for: .milliseconds(3), keeping: .both)
        .map { try pass($0 + 2) }
    }
  }

  @Test func `groups, of which only the one that failed starts anew`() async throws {
    try await expectNothingLost { flow, pass in
      flow.grouped(by: { $0 % 3 }) { group in
        group.delay(by: .milliseconds(5)).map { try pass($0) }.scan(0) { $0 += $1 }
      }
      .map { "\($0.key): \($0.value)" }
    }
    try await expectNothingLost { flow, pass in
      flow.grouped(by: { $0 % 5 }, maximumKeys: 2, idleFor: .milliseconds(9)) { group in
        group.map { try pass($0) }.prefix(4).chunked(by: 3).map { try pass($0[0] + 1) }
      }
      .map { try pass($0.value + 2) }
    }
    try await expectNothingLost { flow, pass in
      flow.grouped(by: { $0 % 2 }) { group in
        group.window(.tumbling(.milliseconds(10)), at: Self.time).aggregate { Sum(of: { $0 }) }
          .map { try pass($0.value % 100) }
      }
      .map { "\($0.key): \($0.value)" }
    }
  }

  @Test func `several inputs`() async throws {
    try await expectNothingLost { flow, pass in
      flow.map { try pass($0) }.supervised(.atOnce)
        .merge(flow.delay(by: .milliseconds(3)).map { try pass($0 + 1) }.supervised(.atOnce))
        .combineLatest(flow.filter { try pass($0) % 2 == 0 }.supervised(.atOnce))
        .map { "\($0)" }
    }
    try await expectNothingLost { flow, pass in
      flow.map { try pass($0) }.supervised(.atOnce)
        .zip(flow.chunked(by: 2).map { try pass($0[0]) }.supervised(.atOnce))
        .map { "\($0)" }
    }
    try await expectNothingLost { flow, pass in
      flow.prefix(9).map { try pass($0) }.supervised(.atOnce)
        .concat(flow.delay(by: .milliseconds(3)).map { try pass($0) }.supervised(.atOnce))
    }
  }

  /// What the last stage has counted when a flow over 1, 2, 3 has come to its end, and what came out.
  private func count<Chain: Operator>(
    _ flaky: Flaky,
    _ build: (Numbers) -> Flow<Chain>
  ) async throws -> (stage: StageStatistics, out: Int) {
    let topic = Topic<Int>("n", clock: ManualClock(0))
    try await topic.publish([1, 2, 3])
    topic.close()
    let reader = build(topic.flow(from: .earliest)).supervised(.atOnce).makeReader()
    var out = 0
    while true {
      switch try reader.poll(limit: 256, until: .never) {
      case .batch(let batch): out += batch.count
      case .end: return (try #require(reader.plan?.stages.last), out)
      case .empty, .wait: Issue.record("nothing to wait for")
      }
    }
  }

  @Test func `what failed and was tried again is counted, and is not missing`() async throws {
    func expect<Chain: Operator>(
      dropped: UInt64 = 0,
      _ build: (Numbers, @escaping Pass) -> Flow<Chain>
    ) async throws {
      let flaky = Flaky([2, 3], times: 2)
      let (stage, out) = try await count(flaky) { build($0) { try flaky.pass($0) } }
      #expect(flaky.failures == 4)
      #expect((stage["failed"], stage["retried"], stage["dropped"]) == (4, 4, dropped))
      if stage.passage != .unknown { #expect(stage.out(of: 3) == UInt64(out)) }
    }
    try await expect { flow, pass in flow.map { try pass($0) } }
    try await expect(dropped: 1) { flow, pass in flow.filter { try pass($0) != 2 } }
    try await expect(dropped: 1) { flow, pass in
      flow.compactMap { try pass($0) == 2 ? nil : $0 }
    }
    try await expect { flow, pass in flow.tap { _ = try pass($0) } }
    try await expect { flow, pass in flow.scan(0) { $0 += try pass($1) } }
    try await expect { flow, pass in flow.reduce(into: 0) { $0 += try pass($1) } }
    try await expect { flow, pass in flow.flatMap { [try pass($0), 7] } }
  }

  @Test func `a scan and a reduce that failed begin with their first value`() async throws {
    let topic = Topic<Int>("n", clock: ManualClock(0))
    try await topic.publish([1, 2, 3])
    topic.close()
    let flaky = Flaky([2])
    let flow = topic.flow(from: .earliest).scan(10) { $0 += try flaky.pass($1) }
    var sums: [Int] = []
    for try await sum in flow.supervised(.atOnce) { sums.append(sum) }
    #expect(sums == [11, 12, 15])
    let other = Flaky([2])
    let total = topic.flow(from: .earliest).reduce(into: 10) { $0 += try other.pass($1) }
    for try await sum in total.supervised(.atOnce) { #expect(sum == 15) }
  }

  @Sendable private static func time(_ number: Int) -> Timestamp {
    Timestamp(milliseconds: Int64(number))
  }
}
