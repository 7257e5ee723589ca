// SPDX-License-Identifier: Apache-2.0
import Operators

/// The elements whose number is the greatest, all of them where several have it, in order.
///
/// An aggregate of this benchmark's own: what a window makes of its elements is open to users.
struct Leaders<Input: Sendable, Value: Comparable & Sendable>: Aggregate {
  let value: @Sendable (Input) -> Value
  private(set) var result: [Input] = []
  private var best: Value?

  init(by value: @escaping @Sendable (Input) -> Value) {
    self.value = value
  }

  mutating func add(_ element: Input) {
    take(element, value(element))
  }

  mutating func merge(_ other: Self) {
    guard let best = other.best else { return }
    for element in other.result { take(element, best) }
  }

  private mutating func take(_ element: Input, _ number: Value) {
    if let best, number <= best {
      if number == best { result.append(element) }
    } else {
      best = number
      result = [element]
    }
  }
}
