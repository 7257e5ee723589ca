// SPDX-License-Identifier: Apache-2.0
public import Streams

/// How many values lie between fixed boundaries.
///
/// `n` boundaries make `n + 1` ranges: below the first, from each up to but without the next, and from
/// the last on. A value that is no number (NaN) is in none, and counted apart.
///
/// ```swift
/// .aggregate { Histogram(of: \.latency, boundaries: [10, 100, 1_000]) }
/// ```
public struct Histogram<Input: Sendable, Value: Comparable & Sendable>: Aggregate {
  @usableFromInline let value: @Sendable (Input) -> Value
  @usableFromInline let boundaries: [Value]
  @usableFromInline var counts: [Int]
  @usableFromInline var undefined = 0
  /// Tells state of other boundaries from state of these.
  private let fingerprint: UInt64

  /// Makes the histogram of nothing.
  ///
  /// - Parameters:
  ///   - value: The value of an element.
  ///   - boundaries: Where ranges meet, ascending, 1 to 10,000.
  public init(of value: @escaping @Sendable (Input) -> Value, boundaries: [Value]) {
    precondition(1...10_000 ~= boundaries.count, "a histogram has 1 to 10,000 boundaries")
    precondition(
      zip(boundaries, boundaries.dropFirst()).allSatisfy { $0 < $1 }
        && boundaries[0] == boundaries[0],
      "the boundaries of a histogram ascend"
    )
    self.value = value
    self.boundaries = boundaries
    counts = Array(repeating: 0, count: boundaries.count + 1)
    fingerprint = Self.fingerprint(of: boundaries)
  }

  /// The hash of what is stored of the boundaries; of their number alone if they can't be stored.
  private static func fingerprint(of boundaries: [Value]) -> UInt64 {
    var encoder = StateEncoder()
    var hasher = StableHasher()
    hasher.combine(UInt64(boundaries.count))
    do { try encoder.encode(boundaries) } catch { return hasher.hash }
    hasher.combine(bytes: encoder.bytes.span)
    return hasher.hash
  }

  /// Counts the element's value.
  @inlinable
  public mutating func add(_ element: Input) {
    let value = value(element)
    if value == value {
      counts[place(of: value)].accumulate(1)
    } else {
      undefined.accumulate(1)
    }
  }

  /// The number of boundaries that are not greater than the value.
  @inlinable
  func place(of value: Value) -> Int {
    var (low, high) = (0, boundaries.count)
    while low < high {
      let middle = (low &+ high) &>> 1
      if value < boundaries[middle] { high = middle } else { low = middle &+ 1 }
    }
    return low
  }

  /// Adds all that `other` has counted.
  @inlinable
  public mutating func merge(_ other: Self) {
    for place in counts.indices { counts[place].accumulate(other.counts[place]) }
    undefined.accumulate(other.undefined)
  }

  /// The counts so far.
  @inlinable public var result: HistogramCounts<Value> {
    HistogramCounts(boundaries: boundaries, counts: counts, undefined: undefined)
  }

  /// Writes the counts.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(.histogram)
    encoder.writeFixed(fingerprint)
    encoder.write(counts: counts)
    encoder.write(count: undefined)
  }

  /// Reads the counts; refuses those of other boundaries.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(.histogram)
    try decoder.expect(fixed: fingerprint, "the same boundaries")
    counts = try decoder.readCounts(size: counts.count)
    undefined = try decoder.readTotal()
  }
}

/// How many values lie in each range.
public struct HistogramCounts<Value: Comparable & Sendable>: Sendable, Equatable {
  /// Where the ranges meet, ascending.
  public let boundaries: [Value]
  /// How many values lie below the first boundary, from each on, and from the last on.
  public let counts: [Int]
  /// How many were no number.
  public let undefined: Int

  /// Makes the counts; there is one more than there are boundaries.
  public init(boundaries: [Value], counts: [Int], undefined: Int = 0) {
    self.boundaries = boundaries
    self.counts = counts
    self.undefined = undefined
  }

  /// How many values are in some range.
  public var count: Int { counts.reduce(into: 0) { $0.accumulate($1) } }
}

extension HistogramCounts: Hashable where Value: Hashable {}
