// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

/// How grants add up, and what else passes when there are none.
@Suite struct GrantTests {
  /// A sink that asks for the next element while it is given one.
  private struct Asking: FlowSink {
    let sink: ProbeSink<Int>
    var name: String { sink.name }

    nonisolated(nonsending) func write(_ elements: [Int]) async throws {
      for element in elements {
        sink.request(1)
        try await sink.write([element])
      }
    }

    nonisolated(nonsending) func write(_ mark: Mark) async throws {
      try await sink.write(mark)
    }
  }

  @Test(arguments: DemandStage.allCases)
  func `ten thousand grants from inside a delivery need no deep stack`(stage: DemandStage) throws {
    try Simulation.run(seeds: 0..<2, odds: .none) { simulation in
      let source = SourceProbe<Int>()
      let sink = ProbeSink<Int>(demand: 0)
      let flow = Flow(source: stage.flow(source), chain: Identity<Int>())
      source.emit(Array(0..<10_000))
      source.end()
      try await simulation.task("pipeline") {
        try await flow.pipeline("p", into: Asking(sink: sink)).run()
      }.value
      try #require(sink.elements == Array(0..<10_000))
      try #require(sink.demand == 0)
    }
  }

  @Test(arguments: DemandStage.allCases)
  func `grants add up`(stage: DemandStage) throws {
    try DemandBench.each(stage) { bench in
      bench.source.emit(Array(0..<10))
      bench.sink.request(1)
      bench.sink.request(2)
      bench.sink.request(3)
      await bench.settle()
      try #require(bench.sink.elements == Array(0..<6))
    }
  }

  @Test(arguments: [0, -1, Int.min])
  func `a grant of less than one is a failure that says why`(count: Int) throws {
    try DemandBench.each(.identity) { bench in
      bench.source.emit(1)
      await bench.settle()
      bench.sink.request(count)
      let error = await #expect(throws: InvalidDemand.self) { try await bench.run.value }
      try #require(error?.description == "a demand is at least one element, not \(count)")
      try #require(bench.source.isCancelled && bench.sink.elements.isEmpty)
    }
  }

  @Test(arguments: [[Int.max], [Int.max, Int.max], [1, Int.max - 1, Int.max, 5]])
  func `grants up to the greatest number, and beyond, are any number`(grants: [Int]) throws {
    try DemandBench.each(.map) { bench in
      for grant in grants { bench.sink.request(grant) }
      try #require(bench.sink.demand == .max)
      bench.source.emit(Array(0..<700))
      bench.source.end()
      try #require(await bench.outcome == "end")
      try #require(bench.sink.elements.count == 700)
    }
  }

  @Test(arguments: DemandStage.allCases)
  func `marks keep their places among the elements`(stage: DemandStage) throws {
    try DemandBench.each(stage, demand: .max) { bench in
      bench.source.emit(1, 2)
      bench.source.watermark(5)
      bench.source.emit(3)
      bench.source.watermark(7)
      bench.source.mark(.endOfInput)
      bench.source.emit(4)
      await bench.settle()
      let expected: [ProbeSink<Int>.Item] = [
        .element(1), .element(2), .mark(.watermark(5)), .element(3), .mark(.watermark(7)),
        .mark(.endOfInput), .element(4),
      ]
      try #require(bench.sink.items == expected)
    }
  }

  @Test(arguments: DemandStage.allCases)
  func `marks and cancelling pass without a grant`(stage: DemandStage) throws {
    try DemandBench.each(stage) { bench in
      bench.source.watermark(5)
      await bench.settle()
      try #require(bench.sink.items == [.mark(.watermark(5))])
      bench.source.emit(1)
      await bench.settle()
      try #require(bench.sink.isHoldingBack)
      bench.run.cancel()
      try #require(await bench.outcome == "CancellationError")
      try #require(bench.source.isCancelled)
    }
  }
}
