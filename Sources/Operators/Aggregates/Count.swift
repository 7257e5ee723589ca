// SPDX-License-Identifier: Apache-2.0
public import Streams

/// How many elements there are.
///
/// ```swift
/// .aggregate { Count() }
/// ```
public struct Count<Input: Sendable>: Aggregate {
  @usableFromInline var count = 0

  /// Makes the count of nothing.
  @inlinable public init() {}

  /// Counts the element; stops at the greatest `Int`.
  @inlinable
  public mutating func add(_ element: Input) {
    count.accumulate(1)
  }

  /// Adds the count of `other`.
  @inlinable
  public mutating func merge(_ other: Self) {
    count.accumulate(other.count)
  }

  /// The count so far.
  @inlinable public var result: Int { count }

  /// Writes the count.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(.count)
    encoder.write(count: count)
  }

  /// Reads the count.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(.count)
    count = try decoder.readTotal()
  }
}
