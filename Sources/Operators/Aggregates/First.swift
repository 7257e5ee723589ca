// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The value of the element that came first.
///
/// Of parts that are merged, the one merged into came first. Windows merge panes in the order of
/// event time: where they overlap, it is the first to come in the first pane that has any.
/// ``Earliest`` goes by time alone.
///
/// ```swift
/// .aggregate { First(of: \.status) }
/// ```
public struct First<Input: Sendable, Value: Sendable>: Aggregate {
  @usableFromInline let value: @Sendable (Input) -> Value
  @usableFromInline var kept: Value?

  /// Makes the first of nothing.
  ///
  /// - Parameter value: The value of an element.
  @inlinable
  public init(of value: @escaping @Sendable (Input) -> Value) {
    self.value = value
  }

  /// Keeps the value if there was none.
  @inlinable
  public mutating func add(_ element: Input) {
    if kept == nil { kept = value(element) }
  }

  /// Keeps the other value if there was none.
  @inlinable
  public mutating func merge(_ other: Self) {
    if kept == nil { kept = other.kept }
  }

  /// The first value; nil if there is none.
  @inlinable public var result: Value? { kept }

  /// Writes the value.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(.first)
    try encoder.encode(kept)
  }

  /// Reads the value.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(.first)
    kept = try decoder.decode(Value?.self)
  }
}

extension First where Value == Input {
  /// Makes the first of no elements; the result is the element itself.
  @inlinable
  public init() {
    self.init { $0 }
  }
}
