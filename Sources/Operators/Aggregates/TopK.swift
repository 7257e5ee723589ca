// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The most frequent values, exactly, as long as there are no more different ones than a limit.
///
/// ``HeavyHitters`` makes do with few entries, and tells how far it may be off.
///
/// ```swift
/// .aggregate { TopK(10, of: \.path) }
/// ```
public struct TopK<Input: Sendable, Value: Hashable & Comparable & Sendable>: Aggregate {
  @usableFromInline let number: Int
  @usableFromInline var frequencies: Frequencies<Input, Value>

  /// Makes the ranking of nothing.
  ///
  /// - Parameters:
  ///   - number: How many values are ranked, at least one.
  ///   - value: What is counted of an element.
  ///   - limit: The most different values that are told apart. Default 100,000; while
  ///     ``Ranking/others`` is 0 the ranking is exact.
  @inlinable
  public init(
    _ number: Int,
    of value: @escaping @Sendable (Input) -> Value,
    upTo limit: Int = 100_000
  ) {
    precondition(number >= 1, "a ranking has at least one place")
    self.number = number
    frequencies = Frequencies(of: value, upTo: limit)
  }

  /// Counts the element's value.
  @inlinable
  public mutating func add(_ element: Input) {
    frequencies.add(element)
  }

  /// Adds all that `other` has counted.
  @inlinable
  public mutating func merge(_ other: Self) {
    frequencies.merge(other.frequencies)
  }

  /// The ranking so far.
  @inlinable public var result: Ranking<Value> {
    Ranking(
      top: frequencies.table.top(number),
      count: frequencies.table.total,
      others: frequencies.table.others
    )
  }

  /// Writes what was counted.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(.topK)
    try frequencies.table.encode(into: &encoder)
  }

  /// Reads what was counted.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(.topK)
    try frequencies.table.restore(from: &decoder)
  }
}

/// The most frequent values.
public struct Ranking<Value: Hashable & Sendable>: Hashable, Sendable {
  /// Most frequent first, equal ones in the order of the values.
  public let top: [Ranked<Value>]
  /// All elements, ranked or not.
  public let count: Int
  /// Elements whose values were not told apart; while it is 0 the ranking is exact.
  public let others: Int

  /// Makes a ranking.
  @inlinable
  public init(top: [Ranked<Value>], count: Int, others: Int) {
    self.top = top
    self.count = count
    self.others = others
  }
}
