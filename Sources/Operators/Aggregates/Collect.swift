// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The values of the first elements, in the order in which they came, up to a number.
///
/// Of parts that are merged, the one merged into came first.
///
/// ```swift
/// .aggregate { Collect(of: \.id, upTo: 100) }
/// ```
public struct Collect<Input: Sendable, Value: Sendable>: Aggregate {
  @usableFromInline let value: @Sendable (Input) -> Value
  @usableFromInline let limit: Int
  @usableFromInline var values: [Value] = []
  @usableFromInline var dropped = 0

  /// Makes the list of nothing.
  ///
  /// - Parameters:
  ///   - value: What is kept of an element.
  ///   - limit: The most values that are kept, at least one. Default 1,000; further ones are counted.
  @inlinable
  public init(of value: @escaping @Sendable (Input) -> Value, upTo limit: Int = 1_000) {
    precondition(limit >= 1, "at least one value is kept")
    self.value = value
    self.limit = limit
  }

  /// Appends the element's value if there is room.
  @inlinable
  public mutating func add(_ element: Input) {
    if values.count < limit {
      values.append(value(element))
    } else {
      dropped.accumulate(1)
    }
  }

  /// Appends the values of `other`, as far as there is room.
  @inlinable
  public mutating func merge(_ other: Self) {
    let taken = other.values.prefix(limit - values.count)
    dropped.accumulate(other.dropped)
    dropped.accumulate(other.values.count - taken.count)
    if values.isEmpty, taken.count == other.values.count {
      values = other.values
    } else {
      values += taken
    }
  }

  /// The list so far.
  @inlinable public var result: Collected<Value> { Collected(values: values, dropped: dropped) }

  /// Writes the values.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(.collect)
    encoder.write(count: dropped)
    try encoder.encode(values)
  }

  /// Reads the values.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(.collect)
    dropped = try decoder.readTotal()
    let start = decoder.index
    values = try decoder.decode([Value].self)
    guard values.count <= limit else {
      throw .malformed(at: start, expected: "at most \(limit) values")
    }
  }
}

extension Collect where Value == Input {
  /// Makes the list of no elements; the elements themselves are kept.
  ///
  /// - Parameter limit: The most elements that are kept. Default 1,000; further ones are counted.
  @inlinable
  public init(upTo limit: Int = 1_000) {
    self.init(of: { $0 }, upTo: limit)
  }
}

/// Values in the order in which they came.
public struct Collected<Value: Sendable>: Sendable {
  /// The values that were kept.
  public let values: [Value]
  /// How many were not kept for want of room.
  public let dropped: Int

  /// Makes a list.
  public init(values: [Value], dropped: Int) {
    self.values = values
    self.dropped = dropped
  }
}

extension Collected: Equatable where Value: Equatable {}
extension Collected: Hashable where Value: Hashable {}
