// SPDX-License-Identifier: Apache-2.0

/// An element whose closure threw, or a stage that failed by itself.
public struct ElementFailure: Error, Sendable, CustomStringConvertible {
  /// The name of the stage.
  public let stage: String
  /// The element that the stage was given; `nil` if it failed without one, as a timeout does.
  public let element: (any Sendable)?
  /// What was thrown.
  public let error: any Error
  /// The instant of the entry at hand.
  public let appended: Timestamp

  /// Makes a failure.
  public init(
    stage: String,
    element: (any Sendable)?,
    error: any Error,
    appended: Timestamp
  ) {
    self.stage = stage
    self.element = element
    self.error = error
    self.appended = appended
  }

  /// The stage and what was thrown; not the element, which may be secret.
  public var description: String { "\(stage) failed: \(error)" }
}
