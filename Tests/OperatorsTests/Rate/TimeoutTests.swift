// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct TimeoutTests {
  private let clock = ManualClock(0)
  private let topic: Topic<Int>

  init() {
    topic = Topic("t", clock: clock)
  }

  /// Reads a flow to its end or failure; the topic is written and closed.
  private func read<Chain: Operator>(
    _ flow: Flow<Chain>
  ) async -> (elements: [Chain.Output], failure: (any Error)?) {
    var elements: [Chain.Output] = []
    do {
      for try await element in flow { elements.append(element) }
      return (elements, nil)
    } catch {
      return (elements, error)
    }
  }

  private func publish(at instants: Timestamp..., closeAt end: Timestamp) async throws {
    for (index, instant) in instants.enumerated() {
      clock.advance(to: instant)
      try await topic.publish([index])
    }
    clock.advance(to: end)
    topic.close()
  }

  @Test func `elements that come in time pass`() async throws {
    try await publish(at: 0, 5, 10, closeAt: 15)
    let (elements, failure) = await read(topic.flow(from: .earliest).timeout(.milliseconds(6)))
    #expect(elements == [0, 1, 2] && failure == nil)
  }

  @Test func `an element at the instant at which time is up is in time`() async throws {
    try await publish(at: 0, 5, closeAt: 6)
    let (elements, failure) = await read(topic.flow(from: .earliest).timeout(.milliseconds(5)))
    #expect(elements == [0, 1] && failure == nil)
  }

  @Test func `silence fails, and says since when`() async throws {
    try await publish(at: 1, 7, closeAt: 9)
    let (elements, failure) = await read(topic.flow(from: .earliest).timeout(.milliseconds(5)))
    #expect(elements == [0])
    let error = try #require((failure as? ElementFailure)?.error as? TimeoutError)
    #expect(error.since == 1 && error.instant == 6)
    #expect("\(error)" == "nothing came for 5 ms")
  }

  @Test func `silence before the end fails too`() async throws {
    try await publish(at: 1, closeAt: 9)
    let (elements, failure) = await read(topic.flow(from: .earliest).timeout(.milliseconds(5)))
    #expect(elements == [0] && (failure as? ElementFailure)?.error is TimeoutError)
  }

  @Test func `the first element is watched only where it is said since when`() async throws {
    try await publish(at: 30, 90, closeAt: 91)
    let flow = topic.flow(from: .earliest)
    #expect(await read(flow.timeout(.milliseconds(70))).failure == nil)
    #expect(await read(flow.timeout(first: .milliseconds(30), since: 0)).failure == nil)
    let (elements, failure) = await read(flow.timeout(first: .milliseconds(29), since: 0))
    #expect(elements.isEmpty)
    #expect((failure as? ElementFailure)?.appended == 29)
    let then = flow.timeout(first: .milliseconds(30), since: 0, then: .milliseconds(59))
    #expect(await read(then).elements == [0])
  }

  @Test func `a silence that is skipped fails once, and the next element starts anew`() {
    var timeout = Timeout<Int>(silence: .milliseconds(5), first: nil)
    var failures: [Timestamp] = []
    for instant in [0, 20, 22, 40] as [Timestamp] {
      while timeout.deadline < instant { timeout.fire(at: timeout.deadline) { _ in } }
      timeout.receive(1, at: instant) { _ in }
      timeout.takeFailures { failures.append($0.appended) }
    }
    #expect(failures == [5, 27])
    #expect(!timeout.hasFailures && timeout.stages[0]["timeouts"] == 2)
  }

  @Test func `a cut anywhere changes nothing`() {
    let make = { Timeout<Int>(silence: .milliseconds(3), first: (.milliseconds(2), 0)) }
    var whole = make()
    for case .element(let element, let now) in RateLog(4).happenings {
      var encoder = StateEncoder()
      try? whole.encode(into: &encoder)
      var decoder = StateDecoder(encoder.bytes)
      var copy = make()
      try? copy.restore(from: &decoder)
      for _ in 0..<3 where copy.deadline < now { copy.fire(at: copy.deadline) { _ in } }
      for _ in 0..<3 where whole.deadline < now { whole.fire(at: whole.deadline) { _ in } }
      var (own, other): ([ElementFailure], [ElementFailure]) = ([], [])
      whole.takeFailures { own.append($0) }
      copy.takeFailures { other.append($0) }
      #expect(own.map(\.description) == other.map(\.description))
      whole.receive(element, at: now) { _ in }
    }
    CutTest(RateLog(5).happenings, make).expectSameWhereverCut()
  }

  // MARK: Restarts

  private func watched(
    since start: Timestamp = 0,
    atMost limit: Int,
    then silence: Duration? = nil,
    into sink: ProbeSink<Int>
  ) -> Pipeline<Fused<Identity<Int>, Timeout<Int>>> {
    let pause = Backoff(first: .milliseconds(5), factor: 1, jitter: 0)
    return topic.flow(from: .earliest)
      .timeout(first: .milliseconds(10), since: start, then: silence)
      .supervised(.restart(after: pause, atMost: limit))
      .pipeline("p", into: sink)
  }

  @Test func `after a restart the first element may take as long again`() async throws {
    let sink = ProbeSink<Int>()
    let pipeline = watched(atMost: 2, into: sink)
    let running = Task { try await pipeline.run() }
    for instant in [10, 15, 25, 30] as [Timestamp] {
      await clock.sleepers(1)
      #expect(clock.nextDeadline == instant)
      clock.advance(to: instant)
    }
    await clock.sleepers(1)
    clock.advance(to: 40)
    try await topic.publish([1])
    topic.close()
    try await running.value
    #expect(sink.elements == [1])
    #expect(pipeline.statistics.source.restarts == 2)
  }

  @Test func `a silence behind an element that is restarted waits for the first again`()
    async throws
  {
    let sink = ProbeSink<Int>()
    let pipeline = watched(atMost: 1, then: .milliseconds(3), into: sink)
    try await topic.publish([1])
    let running = Task { try await pipeline.run() }
    for instant in [3, 8] as [Timestamp] {
      await clock.sleepers(1)
      #expect(clock.nextDeadline == instant)
      clock.advance(to: instant)
    }
    await clock.sleepers(1)
    #expect(clock.nextDeadline == 18)
    clock.advance(to: 19)
    let failure = await #expect(throws: ElementFailure.self) { try await running.value }
    let error = try #require(failure?.error as? TimeoutError)
    #expect(error.since == 8 && error.instant == 18)
  }

  @Test func `in an old log the restart is later than all of it`() async throws {
    try await publish(at: 30, 90, closeAt: 100)
    let sink = ProbeSink<Int>()
    let pipeline = watched(atMost: 1, into: sink)
    let running = Task { try await pipeline.run() }
    await clock.sleepers(1)
    clock.advance(to: 105)
    try await running.value
    #expect(sink.elements == [0, 1])
  }

  @Test func `in groups, only the silent one is restarted`() async throws {
    try await topic.publish([1, 2])
    let sink = ProbeSink<Keyed<Int, Int>>()
    let pipeline = topic.flow(from: .earliest)
      .grouped(by: { $0 }) { $0.timeout(.milliseconds(10)).scan(0) { $0 += $1 } }
      .supervised(.restart(after: Backoff(first: .zero, longest: .zero), atMost: 1))
      .pipeline("p", into: sink)
    let running = Task { try await pipeline.run() }
    await clock.sleepers(1)
    clock.advance(to: 5)
    try await topic.publish([2])
    await clock.sleepers(1)
    clock.advance(to: 12)
    try await topic.publish([2, 1])
    topic.close()
    try await running.value
    #expect(sink.elements.map(\.value) == [1, 2, 4, 6, 2])
    #expect(pipeline.statistics.source.restarts == 1)
  }
}
