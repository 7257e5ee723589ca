// SPDX-License-Identifier: Apache-2.0
import Streams

/// Runs tasks, actors, flows and pipelines on one thread, in an order that a seed decides, and lets
/// things go wrong: what fails with a seed fails again with it.
///
/// At every step one of those that can go on is picked. Time stands still until all wait; then the
/// clock moves to where the first of them wants it. Work counts that runs in tasks of the simulation,
/// in their child tasks, and in those that flows start; not what runs elsewhere, such as a `Task { }`
/// or an actor with an executor of its own.
///
/// ```swift
/// try Simulation.run(seeds: 0..<100) { simulation in
///   let source = SourceProbe<Int>(clock: simulation.clock)
///   let sink = ProbeSink<Int>()
///   simulation.task("pipeline") { try await source.flow().pipeline("p", into: sink).run() }
///   source.emit(1, 2, 3)
///   await simulation.settle()
///   try await sink.expectElements(1, 2, 3)
/// }
/// ```
public final class Simulation: Sendable {
  /// What decides about everything.
  public let seed: UInt64
  /// The time: it stands at 0 at first, and moves by itself when all wait for it.
  public let clock: ManualClock
  /// How often things go wrong.
  public let odds: SimulationOdds
  let executor = SimulationExecutor()
  let state: Guarded<SimulationState>

  init(seed: UInt64, odds: SimulationOdds) {
    self.seed = seed
    self.odds = odds
    clock = ManualClock(0)
    state = Guarded(SimulationState(random: SeededGenerator(seed)))
  }

  /// What happened so far.
  public var trace: SimulationTrace { state.withLock { $0.trace } }

  /// Notes something in the trace.
  public func note(_ line: String) {
    state.withLock { $0.trace.note(line) }
  }

  /// A number in the range, by the seed.
  public func random(in range: ClosedRange<Int>) -> Int {
    state.withLock { Int.random(in: range, using: &$0.random) }
  }

  /// Starts a task of the simulation; it is cancelled when the test is over.
  ///
  /// What it throws is noted in the trace and for who awaits its value to judge.
  /// - Parameters:
  ///   - name: What the trace calls it.
  ///   - mayBeCancelled: Whether the seed may have it cancelled, at any step.
  ///   - work: What it does.
  /// - Returns: The task.
  @discardableResult
  public func task<Success: Sendable>(
    _ name: String,
    mayBeCancelled: Bool = false,
    _ work: @escaping @Sendable () async throws -> Success
  ) -> Task<Success, any Error> {
    let index = state.withLock { $0.addTask(name, oneIn: mayBeCancelled ? odds.cancellations : 0) }
    // Owned by the simulation, which cancels it and sees that it ends.
    let task = Task(executorPreference: executor, priority: .medium) {
      try await FlowTasks.$executor.withValue(self.executor) {
        do {
          let success = try await work()
          self.state.withLock { $0.endTask(index) }
          return success
        } catch {
          self.state.withLock { $0.endTask(index, with: error) }
          throw error
        }
      }
    }
    state.withLock { $0.tasks[index].cancel = { task.cancel() } }
    return task
  }

  /// Suspends until nobody else can go on before the clock moves.
  public nonisolated(nonsending) func settle() async {
    await withCheckedContinuation { continuation in
      state.withLock { $0.settlers.append(continuation) }
    }
  }

  /// Moves the clock on, then suspends until nobody else can go on.
  public nonisolated(nonsending) func advance(by duration: Duration) async {
    clock.advance(to: clock.now + duration)
    await settle()
  }

  /// Lets others go first, none or a few times, by the seed.
  public nonisolated(nonsending) func pause() async {
    for _ in 0..<random(in: 0...3) { await Task.yield() }
  }
}
