// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// Several pipelines, one behind the other, with all that can go wrong.
@Suite struct SimulatedStagesTests {
  /// Doubles numbers into a topic, counts what comes there by windows into a sink.
  private static func runStages(
    _ simulation: Simulation,
    _ supervision: Supervision
  ) async throws -> (sums: [Int], isWhole: Bool) {
    let numbers = SourceProbe<Int>("numbers", clock: simulation.clock)
    let middle = Topic<Int>(
      "middle",
      retention: Retention(maximumCount: 4),
      epoch: Epoch(rawValue: 1),
      clock: simulation.clock
    )
    let sink = ProbeSink<Int>("sums")
    let first = Flow(source: simulation.disturbed(numbers), chain: Identity<Int>())
      .map { number in
        try simulation.mayFail("double")
        return number * 2
      }
      .supervised(supervision)
      .pipeline("first", into: middle)
    let second = middle.flow(from: .earliest)
      .scan(0) { $0 += $1 }
      .pipeline("second", into: simulation.disturbed(sink))
    let firstRun = simulation.task("first", mayBeCancelled: true) { try await first.run() }
    let secondRun = simulation.task("second", mayBeCancelled: true) { try await second.run() }
    for number in 0..<20 {
      numbers.emit(number)
      await simulation.pause()
    }
    numbers.end()
    let firstResult = await firstRun.result
    middle.close()
    let secondResult = await secondRun.result
    for sum in sink.elements { simulation.note("\(sum)") }
    guard case .success = firstResult, case .success = secondResult else {
      return (sink.elements, false)
    }
    return (sink.elements, true)
  }

  private static let sums = (0..<20).map { $0 * ($0 + 1) }

  @Test func `what comes is the beginning of what is right, whatever happens`() throws {
    try Simulation.run(seeds: 0..<300, odds: SimulationOdds(failures: 80)) { simulation in
      let (sums, isWhole) = try await Self.runStages(simulation, .stop)
      try #require(sums == Array(Self.sums.prefix(sums.count)))
      if isWhole { try #require(sums.count == 20) }
    }
  }

  @Test func `a restarted stage waits by the clock, which moves by itself`() throws {
    let pause = Backoff(first: .seconds(3_600), longest: .seconds(3_600), factor: 1, jitter: 0)
    let supervision = Supervision.restart(after: pause, atMost: 100)
    let odds = SimulationOdds(failures: 30, cancellations: 0)
    var wholeCount = 0
    for seed in UInt64(0)..<100 {
      let trace = try Simulation.run(seed: seed, odds: odds) { simulation in
        let (sums, isWhole) = try await Self.runStages(simulation, supervision)
        if isWhole { try #require(sums == Self.sums) }
        simulation.note("whole: \(isWhole)")
      }
      if trace.lines.contains(where: { $0.hasSuffix("whole: true") }),
        trace.lines.contains(where: { $0.hasSuffix("double fails") })
      {
        #expect(trace.lines.contains { $0.contains("the clock moves") })
        wholeCount += 1
      }
    }
    #expect(wholeCount > 0)
  }

  @Test func `a seed repeats all of it`() throws {
    for seed in UInt64(0)..<30 {
      let traces = try (0..<2).map { _ in
        try Simulation.run(seed: seed) { _ = try await Self.runStages($0, .stop) }
      }
      #expect(traces[0] == traces[1], "seed \(seed)")
    }
  }

  @Test func `a merge is a function of its inputs, in any order of the work`() throws {
    try Simulation.run(seeds: 0..<100, odds: .none) { simulation in
      let (left, right) = (
        SourceProbe<String>("l", clock: simulation.clock),
        SourceProbe<String>("r", clock: simulation.clock)
      )
      let flow = left.flow().merge(right)
      let live = ProbeSink<String>("live")
      let run = simulation.task("live") { try await flow.pipeline("live", into: live).run() }
      for round in 0..<8 {
        if simulation.happens(oneIn: 2) { left.emit("l\(round)") }
        if simulation.happens(oneIn: 2) { right.emit("r\(round)") }
        await simulation.pause()
        if simulation.happens(oneIn: 2) { await simulation.advance(by: .milliseconds(1)) }
      }
      left.end()
      right.end()
      try await run.value
      let replayed = ProbeSink<String>("replayed")
      try await flow.pipeline("replayed", into: replayed).run()
      try #require(live.elements == replayed.elements)
    }
  }
}
