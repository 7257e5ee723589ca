// SPDX-License-Identifier: Apache-2.0
import Operators
import Testing
import WeirTesting

@testable import Streams

/// Several inputs of which one waits to restart.
@Suite struct MergeRestartTests {
  private let clock = ManualClock(10)
  private let calm: Topic<Int>
  private let brittle: Topic<Int>

  init() {
    calm = Topic("calm", clock: clock)
    brittle = Topic("brittle", clock: clock)
  }

  private static func pausing(_ milliseconds: Int) -> Supervision {
    let pause = Duration.milliseconds(milliseconds)
    return .restart(after: Backoff(first: pause, longest: pause, factor: 1, jitter: 0), atMost: 999)
  }

  private func failing(_ flaky: Flaky) -> Flow<Fused<Identity<Int>, Map<Int, Int, any Error>>> {
    brittle.flow(from: .earliest).map { try flaky.pass($0) }.supervised(Self.pausing(10))
  }

  @Test func `what comes before the element that failed comes during the pause`() async throws {
    let sink = ProbeSink<Int>()
    let flow = failing(Flaky([-1])).merge(calm.flow(from: .earliest))
    let pipeline = flow.pipeline("p", into: sink)
    try await calm.publish(Array(1...600))
    clock.advance(to: 12)
    try await brittle.publish([-1, -2])
    try await calm.publish([601])
    clock.advance(to: 13)
    let running = Task { try await pipeline.run() }
    await eventually { sink.elements.count == 600 }
    await clock.sleepers(1)
    #expect(clock.nextDeadline == 23)
    #expect(sink.elements == Array(1...600))
    brittle.close()
    calm.close()
    clock.advance(to: 23)
    try await running.value
    #expect(sink.elements.suffix(3) == [-1, -2, 601])
  }

  @Test func `nothing that comes behind the element that failed overtakes it`() async throws {
    let reader = failing(Flaky([2])).merge(calm.flow(from: .earliest)).makeReader()
    try await brittle.publish([1, 2, 3])
    try await calm.publish([7])
    clock.advance(to: 12)
    try await calm.publish([8])
    brittle.close()
    calm.close()
    #expect(try await reader.everything { 256 }.flatMap(\.elements) == [1])
    #expect(reader.wakeTime == 22)
    clock.advance(to: 22)
    #expect(try await reader.everything { 256 }.flatMap(\.elements) == [2, 3, 7, 8])
  }

  @Test func `two inputs pause at the same time`() async throws {
    let other = Topic<Int>("other", clock: clock)
    let flaky = Flaky([5])
    let second = other.flow(from: .earliest).map { try flaky.pass($0) }
      .supervised(Self.pausing(10))
    let reader = failing(Flaky([2])).merge(second).makeReader()
    try await brittle.publish([2])
    try await other.publish([5])
    brittle.close()
    other.close()
    #expect(try await reader.everything { 256 }.isEmpty)
    clock.advance(to: 20)
    #expect(try await reader.everything { 256 }.flatMap(\.elements) == [2, 5])
  }

  @Test func `the pausing input holds nobody back, and what it has missed is told`() async throws {
    let small = Topic<Int>("small", retention: Retention(maximumCount: 4), clock: clock)
    let flaky = Flaky([1])
    let flow = small.flow(from: .earliest).map { try flaky.pass($0) }
      .supervised(Self.pausing(10)).merge(calm.flow(from: .earliest))
    let reader = flow.makeReader()
    try await small.publish([1])
    #expect(try await reader.everything { 256 }.isEmpty)
    for value in 2...20 { try await small.publish([value]) }
    small.close()
    calm.close()
    clock.advance(to: 20)
    let seen = try await reader.everything { 256 }.flatMap(\.seen)
    #expect(seen.contains(.gap(from: 2, to: 16)))
    #expect(seen.count == 6)
  }

  @Test func `one that fails too often ends the merge, in its turn`() async throws {
    let flow = brittle.flow(from: .earliest).map { number in try Flaky([2]).pass(number) }
      .supervised(.restart(after: Backoff(first: .zero, longest: .zero), atMost: 3))
      .merge(calm.flow(from: .earliest))
    try await brittle.publish([1, 2, 3])
    try await calm.publish([7])
    calm.close()
    var seen: [Int] = []
    let failure = await #expect(throws: ElementFailure.self) {
      for try await number in flow { seen.append(number) }
    }
    #expect(seen == [1] && failure?.element as? Int == 2)
  }

  @Test func `cancelling ends a pause at once`() async throws {
    let pipeline = calm.flow().merge(failing(Flaky([1]))).pipeline("p", into: ProbeSink<Int>())
    try await brittle.publish([1])
    let running = Task { try await pipeline.run() }
    await clock.sleepers(1)
    running.cancel()
    await #expect(throws: CancellationError.self) { try await running.value }
    #expect(pipeline.statistics.state == .stopped)
  }

  // MARK: Live and replayed

  /// Compares a flow that is read while its topics are written, and whose closures throw now and
  /// then, with one in which none does that is read afterwards.
  private func compare<Chain: Operator>(
    inputs: Int,
    seeds: Range<Int> = 0..<25,
    _ build: (LogWriter, @escaping @Sendable (Note) throws -> Note) -> Flow<Chain>
  ) async throws {
    var failures = 0
    for seed in seeds {
      var writer = LogWriter(inputs, seed: seed)
      let flaky = Flaky((1...300).filter { ($0 * 7 + seed) % 5 == 0 })
      let live = ProbeSink<Chain.Output>("live")
      let flow = build(writer) { note in
        _ = try flaky.pass(note.id)
        return note
      }
      let isOver = Guarded(false)
      let running = Task { [pipeline = flow.pipeline("live", into: live)] in
        defer { isOver.withLock { $0 = true } }
        try await pipeline.run()
      }
      try await writer.write()
      while !isOver.withLock({ $0 }) {
        let next = writer.clock.nextDeadline
        if next < .never { writer.clock.advance(to: max(next, writer.clock.now)) }
        await Task.yield()
      }
      try await running.value
      let replayed = ProbeSink<Chain.Output>("replayed")
      try await build(writer) { $0 }.pipeline("replayed", into: replayed).run()
      let (first, second) = (live.items.map { "\($0)" }, replayed.items.map { "\($0)" })
      #expect(first == second, "seed \(seed)")
      failures += flaky.failures
    }
    #expect(failures > 0)
  }

  @Test func `a merge`() async throws {
    try await compare(inputs: 3) { log, pass in
      log.flow(0, LogWriter.byTime).map { try pass($0) }.supervised(Self.pausing(3))
        .merge(log.flow(1), log.flow(2).map { try pass($0) }.supervised(Self.pausing(5)))
        .throttle(for: .milliseconds(3), by: \.key, keeping: .both).apply(Stamp())
    }
  }

  @Test func `inputs that fall idle, with windows behind them`() async throws {
    let policy = LogWriter.byTime.onSilence(.idleAfter(.milliseconds(12)))
    try await compare(inputs: 2) { log, pass in
      log.flow(0, policy).map { try pass($0) }.supervised(Self.pausing(20))
        .merge(log.flow(1, policy))
        .window(.tumbling(.milliseconds(8)), by: \.key, at: \.time).aggregate { Count() }
        .apply(Stamp())
    }
  }

  @Test func `pairs, and the newest of both`() async throws {
    try await compare(inputs: 2) { log, pass in
      log.flow(0).map { try pass($0) }.supervised(Self.pausing(3)).zip(log.flow(1))
        .map { "\($0)" }.apply(Stamp())
    }
    try await compare(inputs: 2) { log, pass in
      log.flow(0).delay(by: .milliseconds(4)).map { try pass($0) }.supervised(Self.pausing(3))
        .combineLatest(log.flow(1)).map { "\($0)" }.apply(Stamp())
    }
  }

  @Test func `one after the other, and flows of flows`() async throws {
    try await compare(inputs: 2) { log, pass in
      log.flow(0).map { try pass($0) }.supervised(Self.pausing(3)).concat(log.flow(1))
        .apply(Stamp())
    }
    try await compare(inputs: 2) { log, pass in
      log.flow(0).map { try pass($0) }.supervised(Self.pausing(3))
        .flatMap(.merge(maxConcurrent: 2)) { _ in
          log.flow(1).map { try pass($0) }.supervised(Self.pausing(2)).prefix(3)
        }
        .apply(Stamp())
    }
  }

  @Test func `in partitions, before and in them`() async throws {
    try await compare(inputs: 1, seeds: 0..<15) { log, pass in
      log.flow(0, LogWriter.byTime).map { try pass($0) }.supervised(Self.pausing(3))
        .partitioned(by: \.key, into: 3) { part in
          part.delay(by: .milliseconds(2)).map { try pass($0) }.supervised(Self.pausing(4))
        }
        .apply(Stamp())
    }
  }
}
