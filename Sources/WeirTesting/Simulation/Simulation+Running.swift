// SPDX-License-Identifier: Apache-2.0
import Streams

// How a simulation is run: by whoever calls it, to the end, without waiting for another thread.
extension Simulation {
  /// Runs a test with one seed after the other, and stops at the first with which it fails.
  ///
  /// It occupies the thread of its caller. A test that throws has failed: so let it throw, as
  /// `#require` does, for the seed to be told.
  /// - Parameters:
  ///   - seeds: The seeds.
  ///   - odds: How often things go wrong.
  ///   - test: What is run, in a fresh simulation for each seed.
  /// - Throws: ``SimulationFailure`` with the first seed that fails.
  public static func run(
    seeds: some Sequence<Int>,
    odds: SimulationOdds = SimulationOdds(),
    _ test: @escaping @Sendable (Simulation) async throws -> Void
  ) throws(SimulationFailure) {
    for seed in seeds { try run(seed: UInt64(bitPattern: Int64(seed)), odds: odds, test) }
  }

  /// Runs a test with one seed.
  ///
  /// - Parameters:
  ///   - seed: The seed.
  ///   - odds: How often things go wrong.
  ///   - test: What is run.
  /// - Returns: What happened.
  /// - Throws: ``SimulationFailure``.
  @discardableResult
  public static func run(
    seed: UInt64,
    odds: SimulationOdds = SimulationOdds(),
    _ test: @escaping @Sendable (Simulation) async throws -> Void
  ) throws(SimulationFailure) -> SimulationTrace {
    let simulation = Simulation(seed: seed, odds: odds)
    if let reason = simulation.reasonToFail(test) {
      throw SimulationFailure(seed: seed, reason: reason, trace: simulation.trace)
    }
    return simulation.trace
  }

  private func reasonToFail(
    _ test: @escaping @Sendable (Simulation) async throws -> Void
  ) -> SimulationFailure.Reason? {
    let outcome = Guarded<SimulationFailure.Reason??>(nil)
    task("test") {
      do {
        try await test(self)
        outcome.withLock { $0 = .some(nil) }
      } catch {
        outcome.withLock { $0 = .thrown(error) }
      }
    }
    let reason = drive { outcome.withLock { $0 != nil } }
    for cancel in state.withLock({ $0.cancelAll() }) { cancel() }
    let last = drive { self.state.withLock { $0.unfinished.isEmpty } }
    if let reason { return reason }
    if let thrown = outcome.withLock({ $0 }) ?? nil { return thrown }
    if case .stuck(let tasks) = last { return .unending(tasks: tasks) }
    return last
  }

  /// Runs what can be run until it is over, or answers why it never is.
  private func drive(until isOver: () -> Bool) -> SimulationFailure.Reason? {
    while !isOver() {
      for cancel in state.withLock({ $0.takeCancellations() }) { cancel() }
      let count = executor.readyCount
      if count > 0 {
        executor.run(state.withLock { $0.pick(of: count) })
        if trace(isLongerThan: SimulationLimits.steps) { return .endless }
      } else if !goOn() {
        return .stuck(tasks: state.withLock { $0.unfinished })
      }
    }
    return nil
  }

  private func trace(isLongerThan limit: UInt64) -> Bool {
    state.withLock { $0.trace.stepCount > limit }
  }

  /// Wakes who waits for all others, or moves the clock; answers whether there was something to do.
  private func goOn() -> Bool {
    let settler = state.withLock { $0.settlers.isEmpty ? nil : $0.settlers.removeFirst() }
    if let settler {
      settler.resume()
      return true
    }
    let deadline = clock.nextDeadline
    guard deadline < .never else { return false }
    note("the clock moves to \(deadline.milliseconds)")
    clock.advance(to: deadline)
    return true
  }
}
