// SPDX-License-Identifier: Apache-2.0

/// How often a simulation lets things go wrong: once in so many times, by its seed.
public struct SimulationOdds: Hashable, Sendable {
  /// Once in how many times a closure, sink or source fails where it may; default 16.
  public var failures: Int
  /// Once in how many times a task is cancelled that may be; default 2.
  public var cancellations: Int

  /// Makes odds; zero is never, one is always.
  public init(failures: Int = 16, cancellations: Int = 2) {
    precondition(failures >= 0 && cancellations >= 0, "odds are not negative")
    self.failures = failures
    self.cancellations = cancellations
  }

  /// Nothing goes wrong; only the order of what happens is left to chance.
  public static var none: SimulationOdds { SimulationOdds(failures: 0, cancellations: 0) }
}

/// Bounds of a simulation.
public enum SimulationLimits {
  /// The steps after which a simulation is taken to be endless.
  ///
  /// A million: some seconds, a thousand times what a test of a few hundred elements takes.
  public static let steps: UInt64 = 1_000_000
  /// The newest lines of a trace that are kept.
  public static let traceLines = 4_096
}
