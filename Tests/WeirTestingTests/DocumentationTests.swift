// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// What docs/testing-pipelines.md shows.
@Suite struct DocumentationTests {
  @Test func `a marble string through a throttle`() {
    let slow: Marbles = "abc---d|"
    #expect(slow.through { $0.throttle(for: .milliseconds(3)) } == "---c--d|")
  }

  @Test func `an average per second, as a transcript`() throws {
    let perSecond: Transcript = """
      input 10@100 20@900   # value @ event time; published together
      expect nothing        # the window is open
      input 30@1500
      expect 30@999         # the sum, at the end of the window
      input 5@50            # too late
      end
      expect 30@1999 end
      count window.late 1
      """
    try perSecond.check(
      watermarks: .bounded(by: .zero, at: \Timed<Int>.time)
    ) { readings in
      readings
        .window(.tumbling(.seconds(1)), at: \.time)
        .aggregate { Sum(of: \.value) }
        .map { Timed($0.value, at: $0.time) }
    }
  }

  @Test func `a parse closure and a show closure`() throws {
    struct Order: Sendable {
      let cents: Int
    }
    let orders: Transcript = """
      input 5.00 0.50
      expect large small
      """
    try orders.check(
      parse: { text in Double(text).map { Order(cents: Int($0 * 100)) } },
      show: { $0 ? "large" : "small" }
    ) { orders in
      orders.map { $0.cents >= 100 }
    }
  }

  @Test func `the same transcript for any sequence`() throws {
    let doubled: Transcript = """
      input 1 2 3
      demand 2
      expect 2 4
      """
    try doubled.check(sequence: { (source: SourceProbe<Int>) in source.flow().map { $0 * 2 } })
  }

  @Test func `probes`() throws {
    try Simulation.run(seed: 1) { simulation in
      let source = SourceProbe<Int>(clock: simulation.clock)
      let sink = ProbeSink<Int>(demand: 0)
      let pipeline = source.flow().filter { $0 > 1 }.pipeline("large", into: sink)
      let run = simulation.task("large") { try await pipeline.run() }

      source.emit(1, 2, 3)
      try await sink.heldBack()  // the pipeline waits for room
      sink.request(1)
      try await sink.expectElements(2)
      await simulation.settle()
      try sink.expectNothing()

      run.cancel()
      try await source.cancelled()  // the pipeline has let go of its source
    }
  }

  @Test func `a thousand orders of the work`() throws {
    try Simulation.run(seeds: 0..<1_000, odds: SimulationOdds(failures: 50)) { simulation in
      let source = SourceProbe<Int>(clock: simulation.clock)
      let sink = ProbeSink<Int>()
      let flow = Flow(source: simulation.disturbed(source), chain: Identity<Int>())
      let pipeline = flow.pipeline("copy", into: simulation.disturbed(sink))
      let run = simulation.task("copy", mayBeCancelled: true) { try await pipeline.run() }
      for number in 0..<10 {
        source.emit(number)
        await simulation.pause()
      }
      source.end()
      let result = await run.result
      try #require(sink.elements == Array(0..<sink.elements.count))
      if case .success = result { try #require(sink.elements.count == 10) }
    }
  }
}
