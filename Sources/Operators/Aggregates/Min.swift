// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The least of the values that the elements have.
///
/// A value that is no number (NaN) is passed over. ``Minimum`` gives the element that has it.
///
/// ```swift
/// .aggregate { Min(of: \.latency) }
/// ```
public struct Min<Input: Sendable, Value: Comparable & Sendable>: Aggregate {
  @usableFromInline let value: @Sendable (Input) -> Value
  @usableFromInline var least: Value?

  /// Makes the least of nothing.
  ///
  /// - Parameter value: The value of an element.
  @inlinable
  public init(of value: @escaping @Sendable (Input) -> Value) {
    self.value = value
  }

  /// Keeps the element's value if it is lower than all before it.
  @inlinable
  public mutating func add(_ element: Input) {
    offer(value(element))
  }

  @inlinable
  mutating func offer(_ value: Value) {
    if let least {
      if value < least { self.least = value }
    } else if value == value {
      least = value
    }
  }

  /// Keeps the lower of both.
  @inlinable
  public mutating func merge(_ other: Self) {
    if let value = other.least { offer(value) }
  }

  /// The least value so far; nil if there is none.
  @inlinable public var result: Value? { least }

  /// Writes the value.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(.least)
    try encoder.encode(least)
  }

  /// Reads the value.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(.least)
    least = nil
    if let value = try decoder.decode(Value?.self) { offer(value) }
  }
}
