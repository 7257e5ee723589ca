// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import WeirTesting

/// What stands between a source and a sink, and gives out the numbers that it gets.
enum DemandStage: String, CaseIterable, Sendable {
  case identity, map, filter, scan, echo, merge, concat, nested

  func flow(_ source: any FlowSource<Int>) -> any FlowSource<Int> {
    let flow = Flow(source: source, chain: Identity<Int>())
    switch self {
    case .identity: return flow
    case .map: return flow.map { $0 }
    case .filter: return flow.filter { _ in true }
    case .scan: return flow.scan(0) { $0 = $1 }
    case .echo: return flow.apply(Echo())
    case .merge:
      // It has ended before anything happens.
      let other = SourceProbe<Int>("other", clock: ManualClock(-10))
      other.end()
      return flow.merge(other)
    case .concat:
      let none = SourceProbe<Int>("none")
      none.end()
      return Flow(source: none, chain: Identity<Int>()).concat(flow)
    case .nested:
      return (0..<100).reduce(flow) { inner, _ in Flow(source: inner, chain: Identity<Int>()) }
    }
  }
}

/// Gives each number out when it is asked to go on.
struct Echo: StatelessOperator {
  private var pending: Int?

  static var expands: Bool { true }
  var isPending: Bool { pending != nil }

  mutating func receive(_ element: Int, at now: Timestamp, _ emit: (Int) -> Void) {
    precondition(pending == nil, "no input is offered while outputs wait")
    pending = element
  }

  mutating func resume(at now: Timestamp, room: Int, _ emit: (Int) -> Void) {
    if room > 0, let number = pending.take() { emit(number) }
  }

  var stages: [StageStatistics] { [StageStatistics("echo")] }
}

/// A pipeline between two probes, in a simulation.
struct DemandBench: Sendable {
  let simulation: Simulation
  let source: SourceProbe<Int>
  let sink: ProbeSink<Int>
  let run: Task<Void, any Error>

  init(_ stage: DemandStage, _ simulation: Simulation, demand: Int = 0) {
    self.simulation = simulation
    source = SourceProbe("in", clock: simulation.clock)
    sink = ProbeSink("out", demand: demand)
    let flow = Flow(source: stage.flow(source), chain: Identity<Int>())
    let pipeline = flow.pipeline("p", into: sink)
    run = simulation.task("pipeline") { try await pipeline.run() }
  }

  /// Starts a pipeline in simulations of a few seeds, each of which is to hold.
  static func each(
    _ stage: DemandStage,
    demand: Int = 0,
    _ test: @escaping @Sendable (DemandBench) async throws -> Void
  ) throws {
    try Simulation.run(seeds: 0..<6, odds: .none) { simulation in
      try await test(DemandBench(stage, simulation, demand: demand))
    }
  }

  func settle() async { await simulation.settle() }

  /// How the pipeline has ended.
  var outcome: String {
    get async {
      switch await run.result {
      case .success: "end"
      case .failure(let error): "\(type(of: error))"
      }
    }
  }
}

/// What a source fails with.
struct Broken: Error {}
