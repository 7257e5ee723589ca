// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The arithmetic mean of a number that each element has.
///
/// Rounding does not add up, however many elements there are. It follows IEEE 754: infinity stays,
/// what is no number makes the mean none, and so do both infinities together.
///
/// ```swift
/// .aggregate { Mean(of: \.latency) }
/// ```
public struct Mean<Input: Sendable, Value: DoubleConvertible>: Aggregate {
  @usableFromInline let value: @Sendable (Input) -> Value
  @usableFromInline var count = 0
  @usableFromInline var sum = CompensatedSum()

  /// Makes the mean of nothing.
  ///
  /// - Parameter value: The number of an element.
  @inlinable
  public init(of value: @escaping @Sendable (Input) -> Value) {
    self.value = value
  }

  /// Takes in the element's number.
  @inlinable
  public mutating func add(_ element: Input) {
    count.accumulate(1)
    sum.add(value(element).asDouble)
  }

  /// Takes in the numbers of `other`.
  @inlinable
  public mutating func merge(_ other: Self) {
    count.accumulate(other.count)
    sum.merge(other.sum)
  }

  /// The mean so far; nil if there was no element.
  @inlinable public var result: Double? { count == 0 ? nil : sum.value / Double(count) }

  /// Writes the count and the sum.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(.mean)
    encoder.write(count: count)
    sum.encode(into: &encoder)
  }

  /// Reads the count and the sum.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(.mean)
    count = try decoder.readTotal()
    sum = try CompensatedSum(from: &decoder)
  }
}
