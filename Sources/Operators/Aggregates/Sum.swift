// SPDX-License-Identifier: Apache-2.0

/// The sum of a number that each element has.
public struct Sum<Input: Sendable, Value: AdditiveArithmetic & Sendable>: Aggregate {
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
    sum += value(element)
  }

  /// Adds the sum of `other`.
  @inlinable
  public mutating func merge(_ other: Self) {
    sum += other.sum
  }

  /// The sum so far.
  @inlinable public var result: Value { sum }
}
