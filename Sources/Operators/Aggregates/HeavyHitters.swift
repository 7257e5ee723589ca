// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The most frequent values with bounds on how often they occur, in a fixed number of entries
/// (Space-Saving).
///
/// With `n` entries each count is too high by at most the `n`-th part of all elements, and every value
/// that occurs more often than that is among the entries. ``TopK`` is exact as long as there are no
/// more different values than its limit. Which of several rare values have an entry depends on order
/// and division; the bounds hold however parts are merged.
///
/// ```swift
/// .aggregate { HeavyHitters(10, of: \.path) }
/// ```
public struct HeavyHitters<Input: Sendable, Value: Hashable & Comparable & Sendable>: Aggregate {
  @usableFromInline let number: Int
  @usableFromInline let value: @Sendable (Input) -> Value
  @usableFromInline var entries: SpaceSaving<Value>

  /// Makes the ranking of nothing.
  ///
  /// - Parameters:
  ///   - number: How many values are ranked, at least one.
  ///   - value: What is counted of an element.
  ///   - capacity: How many entries are kept, at least `number`. Default 1,000: counts are too high
  ///     by at most a thousandth of all elements.
  public init(
    _ number: Int,
    of value: @escaping @Sendable (Input) -> Value,
    entries capacity: Int = 1_000
  ) {
    precondition(number >= 1, "a ranking has at least one place")
    precondition(capacity >= number, "there are at least as many entries as places")
    self.number = number
    self.value = value
    entries = SpaceSaving(capacity: capacity)
  }

  /// Counts the element's value.
  @inlinable
  public mutating func add(_ element: Input) {
    entries.add(value(element))
  }

  /// Adds what `other` has counted.
  @inlinable
  public mutating func merge(_ other: Self) {
    entries.merge(other.entries)
  }

  /// The ranking so far.
  @inlinable public var result: HeavyHitterRanking<Value> {
    let ranked = entries.entries.map {
      HeavyHitter(value: $0.value, count: $0.count, error: $0.error)
    }
    return HeavyHitterRanking(
      top: Array(ranked.sorted { $0.isBefore($1) }.prefix(number)),
      count: entries.total,
      otherwiseAtMost: entries.lowest
    )
  }

  /// Writes the entries.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(.heavyHitters)
    try entries.encode(into: &encoder)
  }

  /// Reads the entries.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(.heavyHitters)
    try entries.restore(from: &decoder)
  }
}

/// A value and about how often it occurs: from `count − error` to `count` times.
public struct HeavyHitter<Value: Hashable & Sendable>: Hashable, Sendable {
  /// The value.
  public let value: Value
  /// At most how often it occurs.
  public let count: Int
  /// By how much the count may be too high; 0 if it is exact.
  public let error: Int

  /// Makes an entry of a ranking.
  @inlinable
  public init(value: Value, count: Int, error: Int) {
    self.value = value
    self.count = count
    self.error = error
  }
}

extension HeavyHitter where Value: Comparable {
  @inlinable
  func isBefore(_ other: Self) -> Bool {
    count != other.count ? count > other.count : value < other.value
  }
}

/// The most frequent values, about.
public struct HeavyHitterRanking<Value: Hashable & Sendable>: Hashable, Sendable {
  /// Highest count first, equal ones in the order of the values.
  public let top: [HeavyHitter<Value>]
  /// All elements, ranked or not.
  public let count: Int
  /// The most that a value without an entry occurs; 0 if every value has one.
  public let otherwiseAtMost: Int

  /// Makes a ranking.
  @inlinable
  public init(top: [HeavyHitter<Value>], count: Int, otherwiseAtMost: Int) {
    self.top = top
    self.count = count
    self.otherwiseAtMost = otherwiseAtMost
  }
}
