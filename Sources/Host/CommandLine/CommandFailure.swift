// SPDX-License-Identifier: Apache-2.0

/// Why a command gives up: what happened, what helps, and the status to exit with.
public struct CommandFailure: Error, Equatable, CustomStringConvertible {
  /// The exit status of a command that was understood but did not succeed.
  public static let failed: Int32 = 1
  /// The exit status of a command that was used wrongly.
  public static let misused: Int32 = 2

  /// The status to exit with.
  public let status: Int32
  /// What happened, without a full stop.
  public let what: String
  /// What helps; empty when nothing is known.
  public let remedy: String

  /// Describes a failure with a status of its own.
  public init(status: Int32, _ what: String, remedy: String) {
    self.status = status
    self.what = what
    self.remedy = remedy
  }

  /// A failure while doing what was asked; the process exits with 1.
  public static func failure(_ what: String, remedy: String = "") -> CommandFailure {
    CommandFailure(status: failed, what, remedy: remedy)
  }

  /// A mistake in how the command was written; the process exits with 2.
  public static func misuse(_ what: String, remedy: String) -> CommandFailure {
    CommandFailure(status: misused, what, remedy: remedy)
  }

  /// One line for the person at the terminal: `weir: what happened: remedy`.
  public var description: String {
    remedy.isEmpty ? "weir: \(what)" : "weir: \(what): \(remedy)"
  }
}
