// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The greatest of the values that the elements have.
///
/// A value that is no number (NaN) is passed over. ``Maximum`` gives the element that has it.
///
/// ```swift
/// .aggregate { Max(of: \.latency) }
/// ```
public struct Max<Input: Sendable, Value: Comparable & Sendable>: Aggregate {
  @usableFromInline let value: @Sendable (Input) -> Value
  @usableFromInline var greatest: Value?

  /// Makes the greatest of nothing.
  ///
  /// - Parameter value: The value of an element.
  @inlinable
  public init(of value: @escaping @Sendable (Input) -> Value) {
    self.value = value
  }

  /// Keeps the element's value if it is greater than all before it.
  @inlinable
  public mutating func add(_ element: Input) {
    offer(value(element))
  }

  @inlinable
  mutating func offer(_ value: Value) {
    if let greatest {
      if value > greatest { self.greatest = value }
    } else if value == value {
      greatest = value
    }
  }

  /// Keeps the greater of both.
  @inlinable
  public mutating func merge(_ other: Self) {
    if let value = other.greatest { offer(value) }
  }

  /// The greatest value so far; nil if there is none.
  @inlinable public var result: Value? { greatest }

  /// Writes the value.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(.greatest)
    try encoder.encode(greatest)
  }

  /// Reads the value.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(.greatest)
    greatest = nil
    if let value = try decoder.decode(Value?.self) { offer(value) }
  }
}
