// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// Several consumers of one topic: all get the same, each as it can.
@Suite struct FanOutDemandTests {
  private static func topic(_ simulation: Simulation, keeping count: Int = 16) -> Topic<Int> {
    Topic("t", retention: Retention(maximumCount: count), clock: simulation.clock)
  }

  /// Starts a pipeline from the topic into the sink.
  @discardableResult
  private static func branch(
    _ name: String,
    _ topic: Topic<Int>,
    _ sink: ProbeSink<Int>,
    _ simulation: Simulation,
    overrun: OverrunPolicy<Int> = .holdBack
  ) -> Task<Void, any Error> {
    let pipeline = topic.flow(from: .earliest, overrun: overrun).pipeline(name, into: sink)
    return simulation.task(name) { try await pipeline.run() }
  }

  @Test(arguments: [1, 3, Int.max])
  func `two subscribers get the same elements in the same order, and the end`(
    atOnce grant: Int
  ) throws {
    try Simulation.run(seeds: 0..<10, odds: .none) { simulation in
      let topic = Self.topic(simulation)
      let sinks = ["a", "b"].map { ProbeSink<Int>($0, demand: grant == .max ? grant : 0) }
      let runs = sinks.map { Self.branch($0.name, topic, $0, simulation) }
      simulation.task("publisher") {
        for number in 0..<50 { try await topic.publish([number]) }
        topic.close()
      }
      while grant < .max, sinks.contains(where: { $0.elements.count < 50 }) {
        for sink in sinks where simulation.happens(oneIn: 2) { sink.request(grant) }
        await simulation.pause()
      }
      for run in runs { try await run.value }
      for sink in sinks {
        try #require(sink.elements == Array(0..<50))
        try #require(sink.marks == [.watermark(.never)])
      }
    }
  }

  @Test func `a lossless branch without demand holds back the publisher, not for ever`() throws {
    try Simulation.run(seeds: 0..<10, odds: .none) { simulation in
      let topic = Self.topic(simulation, keeping: 4)
      let (fast, slow) = (ProbeSink<Int>("fast"), ProbeSink<Int>("slow", demand: 0))
      Self.branch("fast", topic, fast, simulation)
      let slowRun = Self.branch("slow", topic, slow, simulation)
      let publisher = simulation.task("publisher") {
        for number in 0..<50 { try await topic.publish([number]) }
      }
      try await slow.heldBack()
      await simulation.settle()
      try #require(topic.statistics.waitingPublishes == 1)
      slowRun.cancel()
      try await publisher.value
      await simulation.settle()
      try #require(fast.elements == Array(0..<50))
    }
  }

  @Test func `a slow branch that skips never changes what another gets`() throws {
    try Simulation.run(seeds: 0..<10, odds: .none) { simulation in
      let topic = Self.topic(simulation, keeping: 8)
      let (fast, slow) = (ProbeSink<Int>("fast"), ProbeSink<Int>("slow", demand: 0))
      let runs = [
        Self.branch("fast", topic, fast, simulation),
        Self.branch("slow", topic, slow, simulation, overrun: .skip),
      ]
      try await simulation.task("publisher") {
        for number in 0..<60 { try await topic.publish([number]) }
        topic.close()
      }.value
      slow.request(.max)
      for run in runs { try await run.value }
      try #require(fast.elements == Array(0..<60))
      try #require(slow.elements.count >= 8 && slow.elements.suffix(8) == Array(52..<60))
      try #require(slow.elements == slow.elements.sorted())
    }
  }

  @Test func `a second reading of a flow has a place of its own, and leaves the first alone`()
    throws
  {
    try Simulation.run(seeds: 0..<6, odds: .none) { simulation in
      let source = SourceProbe<Int>()
      let flow = source.flow().map { $0 }
      source.emit(1, 2)
      var first = flow.makeAsyncIterator()
      try #require(try await first.next() == 1)
      var second = flow.makeAsyncIterator()
      try #require(try await second.next() == 1)
      try #require(try await first.next() == 2)
      try #require(source.readerCount == 2)
    }
  }

  @Test func `a pipeline runs once: a second run is refused and changes nothing`() throws {
    try Simulation.run(seeds: 0..<6, odds: .none) { simulation in
      let source = SourceProbe<Int>()
      let sink = ProbeSink<Int>()
      let pipeline = source.flow().pipeline("p", into: sink)
      let run = simulation.task("first") { try await pipeline.run() }
      source.emit(1)
      await simulation.settle()
      await #expect(throws: PipelineError.started) { try await pipeline.run() }
      try #require(pipeline.statistics.state == .running)
      source.emit(2)
      source.end()
      try await run.value
      try #require(sink.elements == [1, 2])
      await #expect(throws: PipelineError.started) { try await pipeline.run() }
      try #require(pipeline.statistics.state == .finished)
    }
  }

  @Test func `a reader that is refused is told when it asks, not when it is made`() async throws {
    let topic = Topic<Int>("t", clock: ManualClock())
    for number in 0..<5 { try await topic.publish([number]) }
    var iterator = topic.flow(from: .earliest, overrun: .fail(after: 2)).makeAsyncIterator()
    await #expect(throws: CursorError.lag(count: 5, limit: 2)) { _ = try await iterator.next() }
    #expect(try await iterator.next() == nil)
  }
}
