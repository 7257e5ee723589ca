// SPDX-License-Identifier: Apache-2.0
public import Streams

/// An element of one input with one of another.
public struct Joined<Left: Sendable, Right: Sendable>: Sendable {
  /// The first input's.
  public let left: Left
  /// The second input's; an optional where there may be none.
  public let right: Right

  /// Makes a pair.
  @inlinable
  public init(left: Left, right: Right) {
    self.left = left
    self.right = right
  }
}

extension Joined: Equatable where Left: Equatable, Right: Equatable {}
extension Joined: Hashable where Left: Hashable, Right: Hashable {}

extension Joined: StateCodable {
  /// As both.
  public static var storedForm: StateForm {
    min(StateForm(of: Left.self), StateForm(of: Right.self))
  }

  /// Writes both.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.encode(left)
    try encoder.encode(right)
  }

  /// Reads both.
  public init(from decoder: inout StateDecoder) throws(StateError) {
    self.init(left: try decoder.decode(Left.self), right: try decoder.decode(Right.self))
  }
}
