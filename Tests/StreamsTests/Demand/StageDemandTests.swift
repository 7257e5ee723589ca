// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

/// What every stage keeps to: no more than was granted, one end, nothing behind it.
@Suite struct StageDemandTests {
  @Test(arguments: DemandStage.allCases)
  func `no more is delivered than was granted, at any instant`(stage: DemandStage) throws {
    try DemandBench.each(stage) { bench in
      var (granted, emitted) = (0, 0)
      for _ in 0..<40 {
        if bench.simulation.happens(oneIn: 2) {
          let grant = bench.simulation.random(in: 1...5)
          granted += grant
          bench.sink.request(grant)
        } else {
          let count = bench.simulation.random(in: 1...5)
          bench.source.emit(Array(emitted..<emitted + count))
          emitted += count
        }
        await bench.simulation.pause()
        try #require(bench.sink.elements.count <= granted)
      }
      await bench.settle()
      try #require(bench.sink.elements == Array(0..<min(granted, emitted)))
    }
  }

  @Test(arguments: DemandStage.allCases)
  func `what was granted is delivered or outstanding`(stage: DemandStage) throws {
    try DemandBench.each(stage) { bench in
      var granted = 0
      for round in 0..<30 {
        bench.source.emit(round)
        let grant = bench.simulation.random(in: 1...2)
        bench.sink.request(grant)
        granted += grant
        await bench.simulation.pause()
        let (delivered, outstanding) = (bench.sink.elements.count, bench.sink.demand)
        try #require(granted == delivered + outstanding)
      }
    }
  }

  @Test(arguments: DemandStage.allCases)
  func `no more is asked of a source than there is room for`(stage: DemandStage) throws {
    try DemandBench.each(stage) { bench in
      bench.source.emit(Array(0..<5_000))
      await bench.settle()
      try #require(bench.source.statistics.delivered <= 2 * FlowLimits.batch)
      bench.sink.request(.max)
      await bench.settle()
      try #require(bench.sink.elements == Array(0..<5_000))
      try #require(bench.source.statistics.overruns == 0)
    }
  }

  @Test(arguments: DemandStage.allCases)
  func `fewer may come than were granted, then the end`(stage: DemandStage) throws {
    try DemandBench.each(stage, demand: 10) { bench in
      bench.source.emit(1, 2, 3)
      bench.source.end()
      try #require(await bench.outcome == "end")
      try #require(bench.sink.elements == [1, 2, 3])
    }
  }

  @Test(arguments: DemandStage.allCases, [0, 1, 3])
  func `a source of none, of one and of three comes to its end`(
    stage: DemandStage,
    count: Int
  ) throws {
    try DemandBench.each(stage, demand: .max) { bench in
      bench.source.emit(Array(0..<count))
      bench.source.end()
      try #require(await bench.outcome == "end")
      try #require(bench.sink.elements == Array(0..<count))
      try #require(bench.sink.marks.last == .watermark(.never))
      try #require(bench.source.statistics.pollsAfterEnd == 0)
    }
  }

  @Test(arguments: DemandStage.allCases, [0, Int.max])
  func `an end and a failure come with and without a grant`(stage: DemandStage, demand: Int) throws
  {
    try DemandBench.each(stage, demand: demand) { bench in
      bench.source.end()
      try #require(await bench.outcome == "end")
    }
    try DemandBench.each(stage, demand: demand) { bench in
      bench.source.fail(Broken())
      try #require(await bench.outcome == "Broken")
      try #require(bench.sink.items.isEmpty)
    }
  }

  @Test(arguments: DemandStage.allCases)
  func `a failure comes once, behind what came before it, and nothing follows`(
    stage: DemandStage
  ) throws {
    try DemandBench.each(stage, demand: .max) { bench in
      bench.source.emit(1, 2)
      await bench.settle()
      bench.source.fail(Broken())
      bench.source.end()
      try #require(await bench.outcome == "Broken")
      await bench.settle()
      try #require(bench.sink.items == [.element(1), .element(2)])
      try #require(bench.source.isReleased && bench.source.statistics.pollsAfterEnd == 0)
    }
  }

  @Test func `nothing follows a failure of a stage, though its source goes on`() throws {
    try Simulation.run(seeds: 0..<6, odds: .none) { simulation in
      let source = SourceProbe<Int>()
      let sink = ProbeSink<String>()
      let flow = source.flow().apply(Brittle { $0 == 2 })
      let run = simulation.task("pipeline") { try await flow.pipeline("p", into: sink).run() }
      source.emit(1, 2, 3)
      await #expect(throws: ElementFailure.self) { try await run.value }
      source.emit(4)
      await simulation.settle()
      try #require(sink.elements == ["1#1"])
      try #require(source.isCancelled && sink.marks.isEmpty)
    }
  }

  @Test(arguments: DemandStage.allCases)
  func `deliveries to one sink don't overlap`(stage: DemandStage) throws {
    try Simulation.run(seeds: 0..<20, odds: .none) { simulation in
      let source = SourceProbe<Int>()
      let sink = ProbeSink<Int>(demand: 1)
      let flow = Flow(source: stage.flow(simulation.disturbed(source)), chain: Identity<Int>())
      simulation.task("pipeline") {
        try await flow.pipeline("p", into: simulation.disturbed(sink)).run()
      }
      for number in 0..<30 {
        source.emit(number)
        if number.isMultiple(of: 3) { source.watermark(Timestamp(milliseconds: Int64(number))) }
        await simulation.pause()
        sink.request(1)
      }
      await simulation.settle()
      try #require(sink.overlapCount == 0)
      try #require(sink.elements == Array(0..<30))
    }
  }
}
