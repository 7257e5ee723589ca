// SPDX-License-Identifier: Apache-2.0

extension FrequencyTable where Value: Comparable {
  /// The `number` most frequent values, most frequent first, equal ones in the order of the values.
  ///
  /// O(n · number) at worst, O(n) for values that are far apart.
  @inlinable
  public func top(_ number: Int) -> [Ranked<Value>] {
    var best: [Ranked<Value>] = []
    best.reserveCapacity(number + 1)
    for place in order.indices {
      let candidate = Ranked(value: order[place], count: numbers[place])
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

  @inlinable
  init(value: Value, count: Int) {
    (self.value, self.count) = (value, count)
  }
}

extension Ranked where Value: Comparable {
  @inlinable
  func isBefore(_ other: Self) -> Bool {
    count != other.count ? count > other.count : value < other.value
  }
}
