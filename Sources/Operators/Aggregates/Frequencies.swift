// SPDX-License-Identifier: Apache-2.0

/// How often each value occurs, exactly, up to a number of different values.
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
}

/// Values with the number of their occurrences.
public struct FrequencyTable<Value: Hashable & Sendable>: Sendable, Equatable {
  /// Each value that is told apart, with the number of its occurrences.
  public private(set) var counts: [Value: Int] = [:]
  /// The values in the order in which they came: the limit cuts off the same ones in every run.
  private var order: [Value] = []
  /// Occurrences of values beyond the limit; while it is 0, all counts are exact.
  public private(set) var others = 0
  /// The most different values that are told apart.
  public let limit: Int

  /// Makes an empty table.
  public init(limit: Int) {
    precondition(limit >= 1, "a table tells at least one value apart")
    self.limit = limit
  }

  /// Counts `number` occurrences of `value`.
  public mutating func add(_ value: Value, _ number: Int) {
    if let index = counts.index(forKey: value) {
      counts.values[index] += number
    } else if counts.count < limit {
      counts[value] = number
      order.append(value)
    } else {
      others += number
    }
  }

  /// Adds all that `other` has counted.
  public mutating func merge(_ other: Self) {
    if counts.isEmpty, other.counts.count <= limit {
      counts = other.counts
      order = other.order
    } else {
      for value in other.order { add(value, other.counts[value] ?? 0) }
    }
    others += other.others
  }

  /// Tells whether both have counted the same, in whatever order.
  public static func == (left: Self, right: Self) -> Bool {
    left.counts == right.counts && left.others == right.others && left.limit == right.limit
  }

  /// All occurrences.
  public var total: Int { counts.values.reduce(others, +) }
}

extension FrequencyTable where Value: Comparable {
  /// The `number` most frequent values, most frequent first, equal ones in the order of the values.
  ///
  /// O(n · number) at worst, O(n) for values that are far apart.
  public func top(_ number: Int) -> [Ranked<Value>] {
    var best: [Ranked<Value>] = []
    best.reserveCapacity(number + 1)
    for (value, count) in counts {
      let candidate = Ranked(value: value, count: count)
      if best.count == number, let last = best.last, !candidate.isBefore(last) { continue }
      let place = best.firstIndex { candidate.isBefore($0) } ?? best.count
      best.insert(candidate, at: place)
      if best.count > number { best.removeLast() }
    }
    return best
  }
}

/// A value and how often it occurs.
public struct Ranked<Value: Hashable & Sendable>: Hashable, Sendable {
  /// The value.
  public let value: Value
  /// How often it occurs.
  public let count: Int
}

extension Ranked where Value: Comparable {
  func isBefore(_ other: Self) -> Bool {
    count != other.count ? count > other.count : value < other.value
  }
}
