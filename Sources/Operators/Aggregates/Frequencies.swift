// SPDX-License-Identifier: Apache-2.0
public import Streams

/// How often each value occurs, exactly, up to a number of different values.
///
/// ```swift
/// .aggregate { Frequencies(of: \.status) }   // window.value.counts["404"]
/// ```
public struct Frequencies<Input: Sendable, Value: Hashable & Sendable>: Aggregate {
  @usableFromInline let value: @Sendable (Input) -> Value
  @usableFromInline var table: FrequencyTable<Value>

  /// Makes the frequencies of nothing.
  ///
  /// - Parameters:
  ///   - value: What is counted of an element.
  ///   - limit: The most different values that are told apart. Default 100,000; the elements of
  ///     further ones are counted together.
  @inlinable
  public init(of value: @escaping @Sendable (Input) -> Value, upTo limit: Int = 100_000) {
    self.value = value
    table = FrequencyTable(limit: limit)
  }

  /// Counts the element's value.
  @inlinable
  public mutating func add(_ element: Input) {
    table.add(value(element), 1)
  }

  /// Adds all that `other` has counted.
  @inlinable
  public mutating func merge(_ other: Self) {
    table.merge(other.table)
  }

  /// The table so far.
  @inlinable public var result: FrequencyTable<Value> { table }

  /// Writes the table.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(.frequencies)
    try table.encode(into: &encoder)
  }

  /// Reads the table.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(.frequencies)
    try table.restore(from: &decoder)
  }
}
