// SPDX-License-Identifier: Apache-2.0
import Streams

/// Values with the number of their occurrences.
public struct FrequencyTable<Value: Hashable & Sendable>: Sendable, Equatable {
  /// The values in the order in which they came: the limit cuts off the same ones in every run.
  @usableFromInline var order: [Value] = []
  /// The number of occurrences of each value in ``order``.
  @usableFromInline var numbers: [Int] = []
  /// The place of each value in ``order``.
  @usableFromInline var places: [Value: Int] = [:]
  /// Occurrences of values beyond the limit; while it is 0, all counts are exact.
  public private(set) var others = 0
  /// The most different values that are told apart.
  public let limit: Int

  /// Makes an empty table.
  @inlinable
  public init(limit: Int) {
    precondition(limit >= 1, "a table tells at least one value apart")
    self.limit = limit
  }

  /// Counts `number` occurrences of `value`; a count stops at the greatest `Int`.
  @inlinable
  public mutating func add(_ value: Value, _ number: Int) {
    if let place = places[value] {
      numbers[place].accumulate(number)
    } else {
      insert(value, number)
    }
  }

  @inlinable
  mutating func insert(_ value: Value, _ number: Int) {
    guard order.count < limit else { return addOthers(number) }
    places[value] = order.count
    order.append(value)
    numbers.append(number)
  }

  @usableFromInline
  mutating func addOthers(_ number: Int) {
    others.accumulate(number)
  }

  /// Adds all that `other` has counted.
  @inlinable
  public mutating func merge(_ other: Self) {
    if order.isEmpty, other.order.count <= limit {
      (order, numbers, places) = (other.order, other.numbers, other.places)
    } else {
      for (place, value) in other.order.enumerated() { add(value, other.numbers[place]) }
    }
    addOthers(other.others)
  }

  /// How often a value occurs; 0 if it is not told apart.
  @inlinable
  public func count(of value: Value) -> Int {
    places[value].map { numbers[$0] } ?? 0
  }

  /// Each value that is told apart, with the number of its occurrences.
  public var counts: [Value: Int] { places.mapValues { numbers[$0] } }

  /// All occurrences.
  @inlinable public var total: Int { numbers.reduce(into: others) { $0.accumulate($1) } }

  /// Tells whether both have counted the same, in whatever order.
  public static func == (left: Self, right: Self) -> Bool {
    left.limit == right.limit && left.others == right.others
      && left.order.count == right.order.count
      && left.order.indices.allSatisfy { place in
        right.places[left.order[place]].map { right.numbers[$0] } == left.numbers[place]
      }
  }
}

extension FrequencyTable {
  /// Writes the values in the order in which they came, each with its number.
  func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(Int64(others))
    encoder.write(count: order.count)
    for (value, number) in zip(order, numbers) {
      try encoder.encode(value)
      encoder.write(Int64(number))
    }
  }

  mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    self = FrequencyTable(limit: limit)
    others = try Int(from: &decoder)
    let start = decoder.index
    let count = try decoder.readCount()
    guard count <= limit else {
      throw .malformed(at: start, expected: "at most \(limit) values")
    }
    for _ in 0..<count {
      let start = decoder.index
      let value = try decoder.decode(Value.self)
      guard places[value] == nil else {
        throw .malformed(at: start, expected: "a value that differs from those before it")
      }
      insert(value, try Int(from: &decoder))
    }
  }
}
