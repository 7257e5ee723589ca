// SPDX-License-Identifier: Apache-2.0

/// What came was not what a test expected of a probe.
public struct ProbeMismatch: Error, Hashable, CustomStringConvertible {
  /// The name of the probe.
  public let probe: String
  /// What was expected.
  public let expected: String
  /// What came.
  public let found: String

  /// The probe, what was expected of it and what came.
  public var description: String { "\(probe): expected \(expected), found \(found)" }
}

/// The error of a probe that was asked for less than one element.
public struct InvalidDemand: Error, Hashable, CustomStringConvertible {
  /// What was asked for.
  public let count: Int

  /// What is wrong, and what is right.
  public var description: String { "a demand is at least one element, not \(count)" }
}
