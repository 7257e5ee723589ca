// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The value of the element that came last.
///
/// Of parts that are merged, the one merged into came first. Windows merge panes in the order of
/// event time: where they overlap, it is the last to come in the last pane that has any.
/// ``Latest`` goes by time alone.
///
/// ```swift
/// .aggregate { Last(of: \.status) }
/// ```
public struct Last<Input: Sendable, Value: Sendable>: Aggregate {
  @usableFromInline let value: @Sendable (Input) -> Value
  @usableFromInline var kept: Value?

  /// Makes the last of nothing.
  ///
  /// - Parameter value: The value of an element.
  @inlinable
  public init(of value: @escaping @Sendable (Input) -> Value) {
    self.value = value
  }

  /// Keeps the value.
  @inlinable
  public mutating func add(_ element: Input) {
    kept = value(element)
  }

  /// Keeps the other value, if there is one.
  @inlinable
  public mutating func merge(_ other: Self) {
    if let value = other.kept { kept = value }
  }

  /// The last value; nil if there is none.
  @inlinable public var result: Value? { kept }

  /// Writes the value.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(.last)
    try encoder.encode(kept)
  }

  /// Reads the value.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(.last)
    kept = try decoder.decode(Value?.self)
  }
}

extension Last where Value == Input {
  /// Makes the last of no elements; the result is the element itself.
  @inlinable
  public init() {
    self.init { $0 }
  }
}
