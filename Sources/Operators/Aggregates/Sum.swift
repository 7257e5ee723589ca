// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The sum of a number that each element has.
///
/// Whole numbers stop at the ends of their type. Floating point sums are rounded after each
/// addition, and follow IEEE 754: infinity stays, and what is no number makes the sum none.
///
/// ```swift
/// .aggregate { Sum(of: \.bytes) }
/// ```
public struct Sum<Input: Sendable, Value: Summable>: Aggregate {
  @usableFromInline let value: @Sendable (Input) -> Value
  @usableFromInline var sum = Value.zero

  /// Makes the sum over nothing.
  ///
  /// - Parameter value: The number of an element.
  @inlinable
  public init(of value: @escaping @Sendable (Input) -> Value) {
    self.value = value
  }

  /// Adds the element's number.
  @inlinable
  public mutating func add(_ element: Input) {
    sum.accumulate(value(element))
  }

  /// Adds the other sum.
  @inlinable
  public mutating func merge(_ other: Self) {
    sum.accumulate(other.sum)
  }

  /// The sum so far.
  @inlinable public var result: Value { sum }

  /// Writes the sum.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(.sum)
    try encoder.encode(sum)
  }

  /// Reads the sum.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(.sum)
    sum = try decoder.decode(Value.self)
  }
}
