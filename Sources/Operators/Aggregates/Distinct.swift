// SPDX-License-Identifier: Apache-2.0
public import Streams

/// How many different values there are, exactly, up to a limit.
///
/// Each value is kept; ``ApproximateDistinct`` needs a fixed amount of memory.
///
/// ```swift
/// .aggregate { Distinct(of: \.address, upTo: 10_000) }
/// ```
public struct Distinct<Input: Sendable, Value: Hashable & Sendable>: Aggregate {
  @usableFromInline let value: @Sendable (Input) -> Value
  @usableFromInline let limit: Int
  @usableFromInline var seen: Set<Value> = []
  @usableFromInline var isExact = true

  /// Makes the count of nothing.
  ///
  /// - Parameters:
  ///   - value: What is told apart of an element.
  ///   - limit: The most values that are kept. Default 1,000,000; beyond it the result says so.
  @inlinable
  public init(of value: @escaping @Sendable (Input) -> Value, upTo limit: Int = 1_000_000) {
    precondition(limit >= 1, "at least one value is kept")
    self.value = value
    self.limit = limit
  }

  /// Remembers the element's value.
  @inlinable
  public mutating func add(_ element: Input) {
    insert(value(element))
  }

  @inlinable
  mutating func insert(_ value: Value) {
    if seen.count < limit {
      seen.insert(value)
    } else if isExact, !seen.contains(value) {
      isExact = false
    }
  }

  /// Remembers all values of `other`.
  @inlinable
  public mutating func merge(_ other: Self) {
    isExact = isExact && other.isExact
    if seen.isEmpty, other.limit == limit {
      seen = other.seen
    } else {
      for value in other.seen { insert(value) }
    }
  }

  /// The number of values so far.
  @inlinable public var result: DistinctCount { DistinctCount(count: seen.count, isExact: isExact) }

  /// Writes the values, in no order.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(.distinct)
    encoder.write(count: isExact ? 1 : 0)
    try encoder.encode(seen)
  }

  /// Reads the values.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(.distinct)
    isExact = try decoder.decode(Bool.self)
    let start = decoder.index
    seen = try decoder.decode(Set<Value>.self)
    guard seen.count <= limit else {
      throw .malformed(at: start, expected: "at most \(limit) values")
    }
  }
}

/// A number of different values.
public struct DistinctCount: Hashable, Sendable {
  /// How many; at least so many when it is not exact.
  public let count: Int
  /// Whether the limit was never exceeded.
  public let isExact: Bool

  /// Makes a count.
  public init(count: Int, isExact: Bool) {
    self.count = count
    self.isExact = isExact
  }
}
