// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// What is left when a consumer goes: nothing that works, and nothing that waits.
@Suite struct CancelDemandTests {
  @Test(arguments: DemandStage.allCases)
  func `who has cancelled gets no more elements, and no end`(stage: DemandStage) throws {
    try DemandBench.each(stage, demand: 2) { bench in
      bench.source.emit(1, 2, 3)
      await bench.settle()
      bench.run.cancel()
      bench.sink.request(10)
      bench.source.end()
      try #require(await bench.outcome == "CancellationError")
      await bench.settle()
      // The batch at hand may still come, as it was asked for by then.
      try #require(bench.sink.elements.count <= 3)
      try #require(bench.sink.marks.isEmpty)
    }
  }

  @Test(arguments: DemandStage.allCases)
  func `cancelling may be repeated, and grants after it do nothing`(stage: DemandStage) throws {
    try DemandBench.each(stage) { bench in
      bench.source.emit(Array(0..<5))
      await bench.settle()
      for name in ["first", "second"] { bench.simulation.task(name) { bench.run.cancel() } }
      try #require(await bench.outcome == "CancellationError")
      bench.run.cancel()
      bench.sink.request(5)
      await bench.settle()
      try #require(bench.sink.elements.isEmpty)
    }
  }

  @Test(arguments: DemandStage.allCases)
  func `cancelling stops production, and lets go of the source`(stage: DemandStage) throws {
    try DemandBench.each(stage, demand: 300) { bench in
      bench.source.emit(Array(0..<20_000))
      try await bench.sink.heldBack()
      bench.run.cancel()
      try #require(await bench.outcome == "CancellationError")
      try #require(bench.sink.elements.count == 300)
      try #require(bench.source.statistics.delivered <= 300 + 2 * FlowLimits.batch)
      try #require(bench.source.isCancelled && bench.source.isReleased)
    }
  }

  @Test(arguments: DemandStage.allCases)
  func `a sink that fails ends its pipeline, which lets go of the source`(
    stage: DemandStage
  ) throws {
    try DemandBench.each(stage) { bench in
      bench.source.emit(1)
      await bench.settle()
      bench.sink.fail(Broken())
      bench.source.emit(2)
      try #require(await bench.outcome == "Broken")
      try #require(bench.source.isCancelled && bench.sink.items.isEmpty)
    }
  }

  @Test func `all inputs of a merge are let go`() throws {
    try Simulation.run(seeds: 0..<6, odds: .none) { simulation in
      let (left, right) = (SourceProbe<Int>("left"), SourceProbe<Int>("right"))
      let flow = left.flow().merge(right.flow().map { -$0 })
      let run = simulation.task("pipeline") {
        try await flow.pipeline("p", into: ProbeSink()).run()
      }
      left.emit(1)
      await simulation.settle()
      run.cancel()
      await #expect(throws: CancellationError.self) { try await run.value }
      try #require(left.isCancelled && right.isCancelled)
    }
  }

  @Test func `a failure of one input is that of the merge, which lets go of the others`() throws {
    try Simulation.run(seeds: 0..<6, odds: .none) { simulation in
      let (left, right) = (SourceProbe<Int>("left"), SourceProbe<Int>("right"))
      let run = simulation.task("pipeline") {
        try await left.flow().merge(right).pipeline("p", into: ProbeSink(demand: 0)).run()
      }
      await simulation.settle()
      right.fail(Broken())
      await #expect(throws: Broken.self) { try await run.value }
      try #require(left.isCancelled)
    }
  }

  @Test func `a reader that goes in the middle of an iteration lets go of the source`() async throws
  {
    let source = SourceProbe<Int>()
    source.emit(1, 2, 3)
    for try await number in source.flow() where number == 2 { break }
    #expect(source.isCancelled)
  }

  @Test func `neither sink nor source is kept by what has ended`() async throws {
    /// Answers what is left of the sink and the source of a pipeline that has ended.
    func runOnce() async throws -> (Weakly<ProbeSink<Int>>, Weakly<SourceProbe<Int>>) {
      let (source, sink) = (SourceProbe<Int>(), ProbeSink<Int>())
      source.emit(1)
      source.end()
      try await source.flow().map { $0 }.pipeline("p", into: sink).run()
      return (Weakly(sink), Weakly(source))
    }
    let (sink, source) = try await runOnce()
    #expect(sink.value == nil && source.value == nil)
  }
}

/// What may be gone.
private struct Weakly<Value: AnyObject> {
  weak var value: Value?

  init(_ value: Value) {
    self.value = value
  }
}
