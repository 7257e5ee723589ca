// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

/// Everything that goes wrong at once, in many orders.
@Suite struct ConservationDemandTests {
  /// Runs a stage between a source and a sink that are disturbed, cancelled at some point or not.
  private static func disturb(
    _ stage: DemandStage,
    _ simulation: Simulation,
    _ check: (_ elements: [Int], _ outcome: Result<Void, any Error>) throws -> Void
  ) async throws {
    let source = SourceProbe<Int>(clock: simulation.clock)
    let sink = ProbeSink<Int>(demand: 0)
    let flow = Flow(source: stage.flow(simulation.disturbed(source)), chain: Identity<Int>())
    let pipeline = flow.pipeline("p", into: simulation.disturbed(sink))
    let run = simulation.task("pipeline", mayBeCancelled: true) { try await pipeline.run() }
    simulation.task("consumer") {
      for _ in 0..<40 {
        await simulation.pause()
        sink.request(simulation.random(in: 1...3))
      }
    }
    for number in 0..<40 {
      source.emit(number)
      await simulation.pause()
    }
    source.end()
    let outcome = await run.result
    for element in sink.elements { simulation.note("\(element)") }
    try check(sink.elements, outcome)
    // What comes second in a row may not have been opened yet.
    try #require(source.isReleased || source.readerCount == 0)
  }

  @Test(arguments: DemandStage.allCases)
  func `whatever fails or is cancelled, what came is the beginning of what was given`(
    stage: DemandStage
  ) throws {
    try Simulation.run(seeds: 0..<40, odds: SimulationOdds(failures: 60)) { simulation in
      try await Self.disturb(stage, simulation) { elements, outcome in
        try #require(elements == Array(0..<elements.count))
        switch outcome {
        case .success: try #require(elements.count == 40)
        case .failure(let error):
          try #require(error is InjectedFailure || error is CancellationError)
        }
      }
    }
  }

  @Test(arguments: DemandStage.allCases)
  func `an end drains all that was accepted, in any order of the work`(stage: DemandStage) throws {
    try Simulation.run(seeds: 0..<40, odds: .none) { simulation in
      try await Self.disturb(stage, simulation) { elements, outcome in
        try outcome.get()
        try #require(elements == Array(0..<40))
      }
    }
  }

  @Test func `the same seed gives the same elements, choices and instants`() throws {
    for seed in UInt64(0)..<20 {
      let traces = try (0..<2).map { _ in
        try Simulation.run(seed: seed) { try await Self.disturb(.merge, $0) { _, _ in } }
      }
      #expect(traces[0] == traces[1])
    }
  }

  @Test func `both the end of failures and that of cancelling were met`() throws {
    let outcomes = Guarded<Set<String>>([])
    try Simulation.run(seeds: 0..<60, odds: SimulationOdds(failures: 60)) { simulation in
      try await Self.disturb(.map, simulation) { _, outcome in
        let name =
          switch outcome {
          case .success: "end"
          case .failure(let error): "\(type(of: error))"
          }
        outcomes.withLock { _ = $0.insert(name) }
      }
    }
    #expect(outcomes.withLock { $0 } == ["end", "InjectedFailure", "CancellationError"])
  }
}
