// SPDX-License-Identifier: Apache-2.0
public import Streams

/// An aggregate of your own, of two closures: one takes in an element, one merges two parts.
///
/// Merging must give what adding all elements to one value gives, with the elements of the value
/// merged into first. The value is what is stored in a checkpoint; it stays as small as the closures
/// keep it.
///
/// ```swift
/// .aggregate {
///   Reduced(into: 0) { bits, flag in bits |= flag.mask } merging: { $0 |= $1 }
/// }
/// ```
public struct Reduced<Input: Sendable, Value: Sendable>: Aggregate {
  @usableFromInline let take: @Sendable (inout Value, Input) -> Void
  @usableFromInline let join: @Sendable (inout Value, Value) -> Void
  @usableFromInline var value: Value

  /// Makes the aggregate of nothing.
  ///
  /// - Parameters:
  ///   - empty: The value of no elements.
  ///   - take: Takes an element into the value.
  ///   - join: Takes the second value, which began with `empty`, into the first.
  @inlinable
  public init(
    into empty: Value,
    _ take: @escaping @Sendable (inout Value, Input) -> Void,
    merging join: @escaping @Sendable (inout Value, Value) -> Void
  ) {
    value = empty
    self.take = take
    self.join = join
  }

  /// Takes the element into the value.
  @inlinable
  public mutating func add(_ element: Input) {
    take(&value, element)
  }

  /// Takes the other value into this one.
  @inlinable
  public mutating func merge(_ other: Self) {
    join(&value, other.value)
  }

  /// The value so far.
  @inlinable public var result: Value { value }

  /// Writes the value.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(.reduced)
    try encoder.encode(value)
  }

  /// Reads the value.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(.reduced)
    value = try decoder.decode(Value.self)
  }
}
