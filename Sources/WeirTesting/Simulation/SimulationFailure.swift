// SPDX-License-Identifier: Apache-2.0

/// A seed with which a simulation fails; with it, it fails again in the same way.
public struct SimulationFailure: Error, CustomStringConvertible {
  /// Why a simulation has failed.
  public enum Reason: Sendable {
    /// The test threw this.
    case thrown(any Error)
    /// Everybody waits for something that will not come; these tasks are among them.
    case stuck(tasks: [String])
    /// It did not come to an end in ``SimulationLimits/steps``.
    case endless
    /// These tasks do not end although they were cancelled when the test was over.
    case unending(tasks: [String])
  }

  /// The seed.
  public let seed: UInt64
  /// Why it has failed.
  public let reason: Reason
  /// What happened until then.
  public let trace: SimulationTrace

  /// The seed, the reason, and the last of what happened.
  public var description: String {
    let last = trace.lines.suffix(20).map { "  \($0)" }.joined(separator: "\n")
    let tail = last.isEmpty ? "" : "\nlast steps:\n\(last)"
    return "seed \(seed): \(reasonText); Simulation.run(seed: \(seed)) repeats it\(tail)"
  }

  private var reasonText: String {
    switch reason {
    case .thrown(let error): "\(error)"
    case .stuck(let tasks): "all wait for something that does not come\(list(tasks))"
    case .endless: "no end in \(SimulationLimits.steps) steps"
    case .unending(let tasks): "cancelled tasks go on\(list(tasks))"
    }
  }

  private func list(_ tasks: [String]) -> String {
    tasks.isEmpty ? "" : " (\(tasks.joined(separator: ", ")))"
  }
}

/// What a simulation throws where it lets something fail.
public struct InjectedFailure: Error, Hashable, CustomStringConvertible {
  /// The name of the place.
  public let place: String
  /// Which failure of the simulation it is, from 1 on.
  public let number: Int

  /// The place and the number.
  public var description: String { "injected failure \(number) in \(place)" }
}
