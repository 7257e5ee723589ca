// SPDX-License-Identifier: Apache-2.0

/// An element of one of two inputs.
public enum Either<Left: Sendable, Right: Sendable>: Sendable {
  /// Of the first input.
  case left(Left)
  /// Of the second input.
  case right(Right)
}

extension Either: Equatable where Left: Equatable, Right: Equatable {}
extension Either: Hashable where Left: Hashable, Right: Hashable {}

extension Either: StateCodable {
  /// As both inputs.
  public static var storedForm: StateForm {
    min(StateForm(of: Left.self), StateForm(of: Right.self))
  }

  /// Writes which it is, then the element.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    switch self {
    case .left(let element):
      encoder.write(UInt64(0))
      try encoder.encode(element)
    case .right(let element):
      encoder.write(UInt64(1))
      try encoder.encode(element)
    }
  }

  /// Reads it.
  public init(from decoder: inout StateDecoder) throws(StateError) {
    self =
      try Bool(from: &decoder)
      ? .right(try decoder.decode(Right.self)) : .left(try decoder.decode(Left.self))
  }
}
