// SPDX-License-Identifier: Apache-2.0
public import Streams

// Where a simulation lets things go wrong.
extension Simulation {
  /// Fails now and then, by the seed; to be called in closures of operators, or anywhere.
  ///
  /// ```swift
  /// .map { number in
  ///   try simulation.mayFail("parse")
  ///   return number
  /// }
  /// ```
  ///
  /// - Parameter place: What the trace and the error call it.
  /// - Throws: ``InjectedFailure``, once in ``SimulationOdds/failures`` times.
  public func mayFail(_ place: String) throws(InjectedFailure) {
    let failure: InjectedFailure? = state.withLock { state in
      guard state.happens(oneIn: odds.failures) else { return nil }
      state.failureCount += 1
      state.trace.note("\(place) fails")
      return InjectedFailure(place: place, number: state.failureCount)
    }
    if let failure { throw failure }
  }

  /// Whether something happens that happens once in so many times, by the seed.
  public func happens(oneIn odds: Int) -> Bool {
    precondition(odds >= 1, "odds are one in at least one")
    return state.withLock { $0.happens(oneIn: odds) }
  }

  /// The same sink, which now and then takes its time or fails before it takes anything.
  public func disturbed<Element>(_ sink: some FlowSink<Element>) -> DisturbedSink<Element> {
    DisturbedSink(sink, self)
  }

  /// The same source, whose readers hand out parts, say now and then that there is nothing yet, and
  /// fail.
  public func disturbed<Element>(_ source: some FlowSource<Element>) -> DisturbedSource<Element> {
    DisturbedSource(source, self)
  }
}
