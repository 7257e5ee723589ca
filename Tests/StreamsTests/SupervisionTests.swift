// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct SupervisionTests {
  private let clock = ManualClock(0)
  private let source: Topic<Int>

  init() {
    source = Topic("source", clock: clock)
  }

  private func brittle(
    _ supervision: Supervision = .stop,
    _ isBad: @escaping @Sendable (Int) -> Bool
  ) -> Flow<Fused<Identity<Int>, Brittle>> {
    source.flow(from: .earliest).apply(Brittle(isBad)).supervised(supervision)
  }

  @Test(arguments: [1, 300, 600])
  func `a failure stops a flow behind what came before it`(bad: Int) async throws {
    try await source.publish(Array(1...700))
    let flow = brittle { $0 == bad }
    var seen: [String] = []
    let failure = await #expect(throws: ElementFailure.self) {
      for try await text in flow { seen.append(text) }
    }
    #expect(seen == (1..<bad).map { "\($0)#\($0)" })
    #expect(failure?.error as? Brittle.Refusal == Brittle.Refusal(number: bad))
    #expect((failure?.stage, failure?.element as? Int) == ("brittle", bad))
    #expect(failure?.description.contains("brittle failed") == true)
    #expect(!"\(String(describing: failure))".isEmpty)
  }

  @Test func `a failure ends the pipeline, which then holds nothing back`() async throws {
    let source = Topic<Int>("small", retention: Retention(maximumCount: 4), clock: clock)
    let flow = source.flow(from: .earliest).apply(Brittle { $0 == 2 })
    let sink = ProbeSink<String>()
    let pipeline = flow.pipeline("p", into: sink)
    try await source.publish([1, 2])
    await #expect(throws: ElementFailure.self) { try await pipeline.run() }
    #expect(sink.elements == ["1#1"])
    #expect(pipeline.statistics.state == .failed("brittle failed: Refusal(number: 2)"))
    for value in 0..<20 { try await source.publish([value]) }
  }

  @Test func `skipped elements go to the dead letters, in order, and are counted`() async throws {
    let dead = ProbeSink<ElementFailure>("dead")
    let sink = ProbeSink<String>()
    try await source.publish(Array(1...1_000))
    source.close()
    let pipeline = brittle(.skip(to: dead)) { $0.isMultiple(of: 3) }.pipeline("p", into: sink)
    try await pipeline.run()
    #expect(dead.elements.compactMap { $0.element as? Int } == (1...333).map { $0 * 3 })
    #expect(sink.elements.count == 667)
    #expect(pipeline.statistics.source.skipped == 333)
    #expect(pipeline.statistics.source.received == 1_000)
    #expect(pipeline.statistics.state == .finished)
  }

  @Test func `elements may be skipped to nowhere`() async throws {
    try await source.publish([1, 2, 3])
    source.close()
    var seen: [String] = []
    for try await text in brittle(.skip(), { $0 == 2 }) { seen.append(text) }
    #expect(seen == ["1#1", "3#2"])
  }

  @Test func `a full dead letter topic holds the flow back, and its end ends the flow`()
    async throws
  {
    let dead = ProbeSink<ElementFailure>("dead", failingAfter: 1)
    try await source.publish([1, 2, 3])
    await #expect(throws: ProbeSink<ElementFailure>.Failure.self) {
      for try await _ in brittle(.skip(to: dead), { $0 < 3 }) {}
    }
  }

  @Test func `a restart tries the same element again with empty state`() async throws {
    let attempts = Guarded(0)
    let sink = ProbeSink<String>()
    let flow = brittle(.restart(after: Backoff(first: .milliseconds(10), jitter: 0))) { number in
      number == 3
        && attempts.withLock {
          $0 += 1; return $0
        } <= 2
    }
    try await source.publish([1, 2, 3, 4])
    source.close()
    let pipeline = flow.pipeline("p", into: sink)
    let running = Task { try await pipeline.run() }
    await clock.sleepers(1)
    #expect(sink.elements == ["1#1", "2#2"])
    clock.advance(to: 10)
    await clock.sleepers(1)
    clock.advance(to: 29)
    #expect(sink.elements.count == 2)
    clock.advance(to: 30)
    try await running.value
    #expect(sink.elements == ["1#1", "2#2", "3#1", "4#2"])
    #expect(pipeline.statistics.source.restarts == 2)
    #expect(pipeline.statistics.source.received == 4)
  }

  @Test func `more restarts than are allowed end the flow`() async throws {
    let supervision = Supervision.restart(
      after: Backoff(first: .zero, longest: .zero),
      atMost: 3,
      within: .seconds(1)
    )
    let sink = ProbeSink<String>()
    let pipeline = brittle(supervision) { $0 == 2 }.pipeline("p", into: sink)
    try await source.publish([1, 2])
    await #expect(throws: ElementFailure.self) { try await pipeline.run() }
    #expect(pipeline.statistics.source.restarts == 3)
  }

  @Test func `who waits to restart holds nobody back, and is told what it has missed`() async throws
  {
    let source = Topic<Int>("small", retention: Retention(maximumCount: 4), clock: clock)
    let isBad = Guarded(true)
    let flow = source.flow(from: .earliest)
      .apply(Brittle { number in number == 1 && isBad.withLock { $0 } })
      .supervised(.restart(after: Backoff(first: .milliseconds(5), jitter: 0)))
    let sink = ProbeSink<String>()
    let pipeline = flow.pipeline("p", into: sink)
    try await source.publish([1])
    let running = Task { try await pipeline.run() }
    await clock.sleepers(1)
    for value in 2...20 { try await source.publish([value]) }
    isBad.withLock { $0 = false }
    source.close()
    clock.advance(to: 5)
    try await running.value
    #expect(sink.elements == ["1#1", "17#2", "18#3", "19#4", "20#5"])
    #expect(pipeline.statistics.source.missed == 15)
  }

  @Test func `held elements that fail are skipped one by one, in their places`() async throws {
    let dead = ProbeSink<ElementFailure>("dead")
    let sink = ProbeSink<Int>()
    try await source.publish(Array(1...1_000))
    source.close()
    let pipeline = source.flow(from: .earliest).delay(by: .seconds(1))
      .map { number in
        guard !number.isMultiple(of: 3) else { throw Brittle.Refusal(number: number) }
        return number
      }
      .supervised(.skip(to: dead)).pipeline("p", into: sink)
    try await pipeline.run()
    #expect(sink.elements == (1...1_000).filter { !$0.isMultiple(of: 3) })
    #expect(dead.elements.compactMap { $0.element as? Int } == (1...333).map { $0 * 3 })
    #expect(pipeline.statistics.source.skipped == 333)
  }

  @Test func `a pipeline cancelled in a pause ends at once, and tries nothing again`() async throws
  {
    let attempts = Guarded(0)
    let flow = brittle(.restart()) { _ in
      attempts.withLock { $0 += 1 }
      return true
    }
    let pipeline = flow.pipeline("p", into: ProbeSink<String>())
    try await source.publish([1])
    let running = Task { try await pipeline.run() }
    await clock.sleepers(1)
    running.cancel()
    await #expect(throws: CancellationError.self) { try await running.value }
    #expect(attempts.withLock { $0 } == 1)
    #expect(pipeline.statistics.state == .stopped)
  }

  @Test func `restarts of long ago are not counted, nor do they lengthen the pause`() async throws {
    let backoff = Backoff(first: .milliseconds(10), jitter: 0)
    let flaky = Flaky(1...9)
    let sink = ProbeSink<Int>()
    let pipeline = source.flow(from: .earliest).map { try flaky.pass($0) }
      .supervised(.restart(after: backoff, atMost: 2, within: .milliseconds(100)))
      .pipeline("p", into: sink)
    let running = Task { try await pipeline.run() }
    for (number, instant, pause) in [(1, 0, 10), (2, 50, 20), (3, 100, 20), (4, 200, 10)] {
      await eventually { sink.elements.count == number - 1 }
      clock.advance(to: Timestamp(milliseconds: Int64(instant)))
      try await source.publish([number])
      await clock.sleepers(1)
      #expect(clock.nextDeadline == Timestamp(milliseconds: Int64(instant + pause)))
      clock.advance(to: Timestamp(milliseconds: Int64(instant + pause)))
    }
    await eventually { sink.elements.count == 4 }
    try await source.publish([5])
    await clock.sleepers(1)
    clock.advance(to: 230)
    try await source.publish([6])
    await #expect(throws: ElementFailure.self) { try await running.value }
    #expect(sink.elements == [1, 2, 3, 4, 5])
  }

  @Test func `a call is not made again, so its failure ends the flow at once`() async throws {
    let calls = Guarded(0)
    try await source.publish([1, 2, 3])
    source.close()
    let flow = source.flow(from: .earliest).supervised(.atOnce)
      .mapAsync(concurrency: 1) { number in
        guard number == 2 else { return number }
        calls.withLock { $0 += 1 }
        throw Brittle.Refusal(number: number)
      }
      .map { $0 }
    let sink = ProbeSink<Int>()
    let pipeline = flow.pipeline("p", into: sink)
    await #expect(throws: ElementFailure.self) { try await pipeline.run() }
    #expect(sink.elements == [1] && calls.withLock { $0 } == 1)
    #expect(pipeline.statistics.source.restarts == 0)
  }

  @Test func `behind a call, what can be tried again is`() async throws {
    try await source.publish([1, 2, 3])
    source.close()
    let flaky = Flaky([2])
    let flow = source.flow(from: .earliest).mapAsync(concurrency: 1) { $0 }
      .map { try flaky.pass($0) }.supervised(.atOnce)
    var seen: [Int] = []
    for try await number in flow { seen.append(number) }
    #expect(seen == [1, 2, 3] && flaky.failures == 1)
  }

  @Test func `in a group, what can't be tried again ends the flow at once`() async throws {
    try await source.publish([1, 2, 3])
    source.close()
    let pipeline = source.flow(from: .earliest).grouped(by: { $0 }) { $0.apply(Final()) }
      .map(\.value).supervised(.atOnce).pipeline("p", into: ProbeSink<Int>())
    await #expect(throws: ElementFailure.self) { try await pipeline.run() }
    #expect(pipeline.statistics.source.restarts == 0)
  }

  @Test func `nothing follows when dead letters can't be written`() async throws {
    let dead = ProbeSink<ElementFailure>("dead", failingAfter: 0)
    try await source.publish([1, 2, 3])
    source.close()
    var iterator = brittle(.skip(to: dead)) { $0 == 2 }.makeAsyncIterator()
    #expect(try await iterator.next() == "1#1")
    await #expect(throws: ProbeSink<ElementFailure>.Failure.self) { try await iterator.next() }
    #expect(try await iterator.next() == nil)
  }

  @Test func `a backoff grows to its longest, less a part that is left to chance`() {
    var random = SeededGenerator(7)
    let plain = Backoff(first: .milliseconds(10), longest: .milliseconds(55), jitter: 0)
    let pauses = (0..<5).map { plain.pause(before: $0, using: &random) }
    #expect(pauses == [10, 20, 40, 55, 55].map { .milliseconds($0) })
    let loose = Backoff(first: .milliseconds(100), longest: .milliseconds(100), jitter: 0.5)
    let chances = Set((0..<50).map { _ in loose.pause(before: 3, using: &random) })
    #expect(chances.count > 10)
    #expect(chances.allSatisfy { $0 >= .milliseconds(50) && $0 <= .milliseconds(100) })
    #expect(plain.pause(before: .max, using: &random) == .milliseconds(55))
  }
}

/// Fails on 2, for good.
private struct Final: StatelessOperator {
  private var failures: [ElementFailure] = []
  static var fails: Bool { true }
  var hasFailures: Bool { !failures.isEmpty }
  var isRestartable: Bool { false }
  var stages: [StageStatistics] { [] }

  mutating func receive(_ element: Int, at now: Timestamp, _ emit: (Int) -> Void) {
    guard element == 2 else { return emit(element) }
    let error = Brittle.Refusal(number: element)
    failures.append(ElementFailure(stage: "final", element: element, error: error, appended: now))
  }

  mutating func takeFailures(_ take: (ElementFailure) -> Void) {
    for failure in failures { take(failure) }
    failures = []
  }
}
