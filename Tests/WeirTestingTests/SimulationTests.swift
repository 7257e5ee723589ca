// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct SimulationTests {
  /// Two tasks that note when they go on.
  private static func race(_ simulation: Simulation) async throws {
    for name in ["a", "b"] {
      simulation.task(name) {
        for number in 0..<4 {
          simulation.note("\(name)\(number)")
          await Task.yield()
        }
      }
    }
    await simulation.settle()
  }

  @Test func `a seed gives the same trace each time`() throws {
    for seed in UInt64(0)..<20 {
      let first = try Simulation.run(seed: seed, Self.race)
      let second = try Simulation.run(seed: seed, Self.race)
      #expect(first == second)
    }
  }

  @Test func `seeds give different orders`() throws {
    let traces = try (UInt64(0)..<20).map { try Simulation.run(seed: $0, Self.race).fingerprint }
    #expect(Set(traces).count > 10)
  }

  @Test func `the first seed that fails is told, and fails again in the same way`() throws {
    let test: @Sendable (Simulation) async throws -> Void = { simulation in
      let order = Guarded<[String]>([])
      for name in ["a", "b", "c"] {
        simulation.task(name) { order.withLock { $0.append(name) } }
      }
      await simulation.settle()
      if order.withLock({ $0 }) == ["c", "b", "a"] { throw Unlucky() }
    }
    let failure = try #require(throws: SimulationFailure.self) {
      try Simulation.run(seeds: 0..<1_000, test)
    }
    let again = #expect(throws: SimulationFailure.self) {
      try Simulation.run(seed: failure.seed, test)
    }
    #expect(again?.trace == failure.trace)
    #expect(failure.description.hasPrefix("seed \(failure.seed): "))
    #expect(failure.seed > 0)
  }

  @Test func `who waits for what does not come is found`() {
    let failure = #expect(throws: SimulationFailure.self) {
      try Simulation.run(seed: 1) { simulation in
        let sink = ProbeSink<Int>()
        _ = try await simulation.task("waiter") { try await sink.next(1) }.value
      }
    }
    guard case .stuck(let tasks)? = failure?.reason else {
      Issue.record("it is stuck: \(String(describing: failure))")
      return
    }
    #expect(tasks == ["test", "waiter"])
  }

  @Test func `a task that goes on though it was cancelled is found`() {
    let failure = #expect(throws: SimulationFailure.self) {
      try Simulation.run(seed: 1) { simulation in
        simulation.task("deaf") {
          await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
        }
      }
    }
    guard case .unending(let tasks)? = failure?.reason else {
      Issue.record("it does not end: \(String(describing: failure))")
      return
    }
    #expect(tasks == ["deaf"])
  }

  @Test func `what never comes to an end is found`() {
    let failure = #expect(throws: SimulationFailure.self) {
      try Simulation.run(seed: 1) { _ in while !Task.isCancelled { await Task.yield() } }
    }
    guard case .endless? = failure?.reason else {
      Issue.record("it is endless: \(String(describing: failure))")
      return
    }
  }

  @Test func `the clock moves when all wait, to the first deadline`() throws {
    let trace = try Simulation.run(seed: 3) { simulation in
      for delay in [30, 10, 20] {
        simulation.task("\(delay)") {
          try await simulation.clock.sleep(until: Timestamp(milliseconds: Int64(delay)))
          #expect(simulation.clock.now.milliseconds == delay)
        }
      }
      try await simulation.clock.sleep(until: 40)
    }
    let moves = trace.lines.filter { $0.contains("clock") }.map { $0.split(separator: " ").last }
    #expect(moves == ["10", "20", "30", "40"])
  }

  @Test func `settling does not move the clock`() throws {
    try Simulation.run(seed: 3) { simulation in
      let slept = simulation.task("sleeper") { try await simulation.clock.sleep(until: 5) }
      await simulation.settle()
      #expect(simulation.clock.now == 0)
      await simulation.advance(by: .milliseconds(5))
      try await slept.value
      #expect(simulation.clock.now == 5)
    }
  }

  @Test func `tasks are cancelled at random points, failures come at random calls`() throws {
    let cancelled = Guarded(0)
    let failed = Guarded<Set<Int>>([])
    try Simulation.run(seeds: 0..<100) { simulation in
      let task = simulation.task("worker", mayBeCancelled: true) {
        for _ in 0..<20 {
          try Task.checkCancellation()
          await Task.yield()
        }
      }
      do {
        try await task.value
      } catch {
        cancelled.withLock { $0 += 1 }
      }
      for call in 0..<20 {
        do {
          try simulation.mayFail("call")
        } catch {
          failed.withLock { _ = $0.insert(call) }
        }
      }
    }
    #expect((10...60).contains(cancelled.withLock { $0 }))
    #expect(failed.withLock { $0.count } > 10)
  }

  @Test func `without odds nothing goes wrong`() throws {
    try Simulation.run(seeds: 0..<20, odds: .none) { simulation in
      for _ in 0..<100 { try simulation.mayFail("call") }
      try await simulation.task("worker", mayBeCancelled: true) {
        for _ in 0..<50 {
          try Task.checkCancellation()
          await Task.yield()
        }
      }.value
    }
  }
}

private struct Unlucky: Error {}
