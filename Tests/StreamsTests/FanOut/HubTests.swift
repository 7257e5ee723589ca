// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct HubTests {
  private let clock = ManualClock(0)
  private let topic: Topic<Int>
  private let hub: Hub<Identity<Int>>

  init() {
    topic = Topic("t", retention: Retention(maximumCount: 8), clock: clock)
    let small = Retention(maximumCount: 8)
    hub = topic.flow(from: .earliest).broadcast("hub", retention: small, clock: clock)
  }

  @Test func `each branch gets all, and ends with the source`() async throws {
    let branches = (0..<3).map { _ in
      let lent = Lent(hub.branch(.holdBack).makeReader())
      return Task { try await lent.value.everything().count }
    }
    let running = Task { [hub] in try await hub.run() }
    for number in 0..<100 { try await topic.publish([number]) }
    topic.close()
    try await running.value
    for branch in branches { #expect(try await branch.value == 100) }
    #expect(hub.branches.isEmpty)
    #expect(hub.statistics.state == .finished)
  }

  @Test func `a slow lossless branch holds back the source, until it leaves`() async throws {
    var slow: (any FlowReader<Int>)? = hub.branch(.holdBack).makeReader()
    #expect(slow != nil)
    let hub = hub
    let topic = topic
    let running = Task { try await hub.run() }
    let published = Diary<Int>()
    let publishing = Task {
      for number in 0..<100 {
        try await topic.publish([number])
        published.note(number)
      }
      topic.close()
    }
    await eventually { topic.statistics.waitingPublishes == 1 && hub.statistics.isHeldBack }
    for _ in 0..<50 { await Task.yield() }
    #expect(published.entries.count <= 24)
    slow = nil
    try await publishing.value
    try await running.value
    #expect(published.entries.count == 100)
    #expect(hub.branches.isEmpty)
  }

  @Test func `slow branches change no other's output`() async throws {
    let fast = ProbeSink<Int>()
    let fastPipeline = hub.branch(.holdBack).pipeline("fast", into: fast)
    let skipping = hub.branch(.skip, named: "skipping").source.makeReader()
    let latest = hub.branch(.latest(by: { $0 % 3 }), named: "latest").source.makeReader()
    let failing = hub.branch(.fail(after: 5), named: "failing").source.makeReader()
    let running = Task { [hub] in try await hub.run() }
    let reading = Task { try await fastPipeline.run() }
    for number in 0..<50 { try await topic.publish([number]) }
    topic.close()
    try await running.value
    try await reading.value
    #expect(fast.elements == Array(0..<50))
    let skipped = try #require(try await skipping.next())
    #expect(skipped.elements == Array(42..<50))
    let newest = try #require(try await latest.next())
    #expect(newest.elements == [47, 48, 49])
    await #expect(throws: CursorError.self) { try await failing.next() }
    let names = hub.branches.map(\.name)
    #expect(names == ["skipping", "latest", "failing"])
    for branch in hub.branches {
      let counters = branch.counters
      let sum = counters.delivered + counters.dropped + counters.conflated + counters.buffered
      #expect(counters.offered == 50 && sum == 50)
    }
  }

  @Test func `branches come and go while data flows, and counters conserve`() async throws {
    let hub = hub
    let running = Task { try await hub.run() }
    var random = SeededGenerator(1)
    var readers: [any FlowReader<Int>] = []
    let topic = topic
    let publishing = Task {
      for number in 0..<2_000 { try await topic.publish([number]) }
      topic.close()
    }
    while !hub.topic.isClosed {
      if hub.statistics.state == .finished { break }
      switch Int.random(in: 0..<6, using: &random) {
      case 0 where readers.count < 5:
        let policies: [OverrunPolicy<Int>] = [.holdBack, .skip, .latest(by: { $0 % 7 })]
        readers.append(
          hub.branch(policies.randomElement(using: &random) ?? .skip).source.makeReader()
        )
      case 1 where !readers.isEmpty:
        readers.remove(at: Int.random(in: 0..<readers.count, using: &random))
      default:
        for reader in readers { _ = try reader.poll(limit: 3, until: .never) }
      }
      #expect(hub.branches.count == readers.count)
      for branch in hub.branches {
        let counters = branch.counters
        let sum = counters.delivered + counters.dropped + counters.conflated + counters.buffered
        #expect(counters.offered == sum)
      }
      await Task.yield()
    }
    readers = []
    try await publishing.value
    try await running.value
    #expect(hub.branches.isEmpty)
    #expect(hub.topic.statistics.heldLag == 0)
    #expect(hub.topic.statistics.published == 2_000)
  }

  @Test func `when the source fails, branches drain and then fail`() async throws {
    let failing = Flow.sequence {
      AsyncThrowingStream<Int, any Error> { continuation in
        continuation.yield(1)
        continuation.finish(throwing: Mishap())
      }
    }
    let hub = failing.broadcast("hub")
    var iterator = hub.branch(.holdBack).makeAsyncIterator()
    await #expect(throws: Mishap.self) { try await hub.run() }
    #expect(try await iterator.next() == 1)
    await #expect(throws: Mishap.self) { try await iterator.next() }
    #expect(try await iterator.next() == nil)
  }

  @Test func `split and partition lose nothing and double nothing`() async throws {
    let (even, odd) = hub.split { $0 % 2 == 0 }
    let parts = hub.partition(by: { $0 / 3 }, into: 3)
    let sinks = (0..<5).map { ProbeSink<Int>("\($0)") }
    let pipelines = zip([even, odd] + parts, sinks).map { $0.pipeline("p", into: $1) }
    let readings = pipelines.map { pipeline in Task { try await pipeline.run() } }
    let running = Task { [hub] in try await hub.run() }
    for number in 0..<300 { try await topic.publish([number]) }
    topic.close()
    try await running.value
    for reading in readings { try await reading.value }
    #expect(sinks[0].elements == Array(stride(from: 0, to: 300, by: 2)))
    #expect(sinks[1].elements == Array(stride(from: 1, to: 300, by: 2)))
    let shares = sinks[2...].map(\.elements)
    #expect(shares.flatMap(\.self).sorted() == Array(0..<300))
    for share in shares {
      #expect(share == share.sorted() && share.count > 30)
      for number in share { #expect(share.contains(number / 3 * 3)) }
    }
  }

  @Test func `a branch that is cancelled frees all`() async throws {
    weak var freed: Witness?
    let hub = hub
    let reading = {
      let made = Witness()
      freed = made
      let flow = hub.branch(.holdBack).map { ($0, made) }
      return Task { for try await _ in flow {} }
    }()
    let running = Task { try await hub.run() }
    await eventually { hub.branches.count == 1 }
    reading.cancel()
    await #expect(throws: CancellationError.self) { try await reading.value }
    await eventually { freed == nil }
    #expect(hub.branches.isEmpty)
    running.cancel()
    await #expect(throws: CancellationError.self) { try await running.value }
    #expect(hub.topic.isClosed)
  }

  @Test func `what waits for a branch is counted though the branch asks for nothing`() async throws
  {
    let source = Topic<Int>("s")
    let hub = source.flow(from: .earliest).broadcast("hub")
    let branch = hub.branch(.holdBack).makeReader()
    async let running: Void = hub.run()
    try await source.publish([1, 2, 3])
    await eventually { hub.topic.end.next == 4 }
    #expect(hub.branches.map(\.counters.offered) == [3])
    #expect(hub.branches.map(\.counters.buffered) == [3])
    #expect(try await branch.next()?.count == 3)
    try await source.publish([4])
    source.close()
    try await running
    let counters = try #require(hub.branches.first?.counters)
    #expect(counters.offered == 4 && counters.delivered == 3 && counters.buffered == 1)
  }
}
