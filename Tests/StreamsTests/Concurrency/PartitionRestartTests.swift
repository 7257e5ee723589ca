// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// Partitions whose flows wait to restart.
@Suite struct PartitionRestartTests {
  private typealias Part = Flow<Identity<Int>>

  private let clock = ManualClock(0)

  private static func pausing(_ milliseconds: Int) -> Supervision {
    let pause = Duration.milliseconds(milliseconds)
    return .restart(after: Backoff(first: pause, longest: pause, factor: 1, jitter: 0), atMost: 999)
  }

  /// What comes out of a pipeline while the clock goes on to whatever is due next.
  private func read(_ flow: Flow<some Operator<Int, Int>>) async throws -> [Int] {
    let sink = ProbeSink<Int>()
    let isOver = Guarded(false)
    let running = Task { [pipeline = flow.pipeline("p", into: sink)] in
      defer { isOver.withLock { $0 = true } }
      try await pipeline.run()
    }
    while !isOver.withLock({ $0 }) {
      let next = clock.nextDeadline
      if next < .never { clock.advance(to: max(next, clock.now)) }
      await Task.yield()
    }
    try await running.value
    return sink.elements
  }

  /// Expects that a pause changes nothing, with more at one instant than one round has room for.
  private func expectSame(_ build: @escaping @Sendable (Part) -> Part) async throws {
    let topic = Topic<Int>("t", clock: clock)
    try await topic.publish(Array(0..<2_000))
    topic.close()
    func read(_ pass: @escaping @Sendable (Int) throws -> Int) async throws -> [Int] {
      let flow = topic.flow(from: .earliest).partitioned(by: { $0 }, into: 3) { part in
        let passed = part.map { try pass($0) }.supervised(Self.pausing(4))
        return build(Flow(source: passed, chain: Identity()))
      }
      return try await self.read(flow)
    }
    let right = try await read { $0 }
    let flaky = Flaky((0..<2_000).filter { $0 % 97 == 0 })
    let found = try await read { try flaky.pass($0) }
    #expect(found == right)
    #expect(right.count == 2_000 && flaky.failures == 21)
  }

  /// A flow without elements.
  private var nothing: Part {
    let topic = Topic<Int>("nothing", clock: clock)
    topic.close()
    return topic.flow(from: .earliest)
  }

  @Test(.timeLimit(.minutes(1))) func `a pause is waited for`() async throws {
    try await expectSame { $0 }
  }

  @Test(.timeLimit(.minutes(1))) func `a pause is waited for in a merge`() async throws {
    try await expectSame { [nothing] part in
      Flow(source: part.merge(nothing), chain: Identity())
    }
  }

  @Test(.timeLimit(.minutes(1))) func `a pause is waited for in a concatenation`() async throws {
    try await expectSame { [nothing] part in
      Flow(source: part.concat(nothing), chain: Identity())
    }
  }

  @Test(.timeLimit(.minutes(1))) func `a pause is waited for in a zip`() async throws {
    let numbers = Topic<Int>("numbers", clock: clock)
    try await numbers.publish(Array(0..<2_000))
    numbers.close()
    try await expectSame { part in
      Flow(source: part.zip(numbers.flow(from: .earliest)).map { $0.0 }, chain: Identity())
    }
  }

  @Test(.timeLimit(.minutes(1))) func `a pause is waited for behind a retry`() async throws {
    try await expectSame { $0.retry(atMost: 1) }
  }

  @Test(.timeLimit(.minutes(1))) func `a pause and calls are waited for`() async throws {
    try await expectSame { part in
      let calls = part.mapAsync(concurrency: 2) { number in
        for _ in 0..<number % 5 { await Task.yield() }
        return number
      }
      return Flow(source: calls, chain: Identity())
    }
  }

  @Test(.timeLimit(.minutes(1))) func `a pause is waited for before inner flows`() async throws {
    let topic = Topic<Int>("one", clock: clock)
    try await topic.publish([0])
    topic.close()
    try await expectSame { part in
      let inner = part.flatMap(.concat) { number in
        topic.flow(from: .earliest).map { _ in number }
      }
      return Flow(source: inner, chain: Identity())
    }
  }

  @Test(.timeLimit(.minutes(1))) func `a pause is waited for in partitions of a partition`()
    async throws
  {
    try await expectSame { part in part.partitioned(by: { $0 / 3 }, into: 2) { $0 } }
  }

  @Test(.timeLimit(.minutes(1))) func `a partition that waits to restart holds nobody back`()
    async throws
  {
    let small = Topic<Int>("small", retention: Retention(maximumCount: 4), clock: clock)
    let flaky = Flaky([1])
    let flow = small.flow(from: .earliest).partitioned(by: { $0 }, into: 2) { part in
      part.map { try flaky.pass($0) }.supervised(Self.pausing(10_000))
    }
    let sink = ProbeSink<Int>()
    let pipeline = flow.pipeline("p", into: sink)
    let running = Task { try await pipeline.run() }
    try await small.publish([1])
    clock.advance(to: 1)
    await eventually { flaky.failures == 1 }
    for value in 2...40 {
      try await small.publish([value])
      clock.advance(to: clock.now + .milliseconds(1))
    }
    small.close()
    clock.advance(to: 10_001)
    try await running.value
    #expect(sink.elements.first == 1 && sink.elements.last == 40)
    #expect(pipeline.statistics.source.missed == UInt64(40 - sink.elements.count))
  }
}
