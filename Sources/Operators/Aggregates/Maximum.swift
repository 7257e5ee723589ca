// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The element that has the greatest value; of equal ones, the first.
///
/// Of parts that are merged, the earlier one is the one merged into. A value that is no number (NaN)
/// is passed over. ``Max`` gives the value alone.
///
/// ```swift
/// .aggregate { Maximum(by: \.latency) }
/// ```
public struct Maximum<Input: Sendable, Value: Comparable & Sendable>: Aggregate {
  @usableFromInline let value: @Sendable (Input) -> Value
  @usableFromInline var best: (element: Input, value: Value)?

  /// Makes the greatest of nothing.
  ///
  /// - Parameter value: The value by which the elements are compared.
  @inlinable
  public init(by value: @escaping @Sendable (Input) -> Value) {
    self.value = value
  }

  /// Keeps the element if its value is greater than all before it.
  @inlinable
  public mutating func add(_ element: Input) {
    offer(element, value(element))
  }

  @inlinable
  mutating func offer(_ element: Input, _ value: Value) {
    if let best {
      if value > best.value { self.best = (element, value) }
    } else if value == value {
      best = (element, value)
    }
  }

  /// Keeps the element of `other` if its value is greater.
  @inlinable
  public mutating func merge(_ other: Self) {
    if let best = other.best { offer(best.element, best.value) }
  }

  /// The element so far; nil if there is none.
  @inlinable public var result: Input? { best?.element }

  /// Writes the element.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(.maximum)
    try encoder.encode(best?.element)
  }

  /// Reads the element.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(.maximum)
    best = nil
    if let element = try decoder.decode(Input?.self) { add(element) }
  }
}
