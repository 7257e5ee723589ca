// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits only the elements that satisfy a condition, in order.
public struct Filter<Element: Sendable>: StatelessOperator {
  @usableFromInline let isIncluded: @Sendable (Element) -> Bool
  // Wraps, so that counting costs the loop no trap: 2⁶⁴ elements are never seen.
  @usableFromInline var dropped: UInt64 = 0

  /// Makes the operator.
  @inlinable
  public init(_ isIncluded: @escaping @Sendable (Element) -> Bool) {
    self.isIncluded = isIncluded
  }

  /// Emits the element if it satisfies the condition, else counts it.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Element) -> Void) {
    if decide(element) { emit(element) } else { dropped &+= 1 }
  }

  /// Asks the condition about a copy: where elements are plain structs, the compiler then keeps them
  /// in registers, and does not read back as one word what the operator before has just written as
  /// two, for which a processor waits longer than for all the rest.
  @inlinable
  func decide(_ element: consuming Element) -> Bool {
    isIncluded(element)
  }

  /// The stage `filter`: elements `dropped`.
  public var stages: [StageStatistics] {
    [StageStatistics("filter", ["dropped": dropped], passage: .all(but: dropped))]
  }
}

extension Flow {
  /// Only the elements that satisfy `isIncluded`, in order.
  ///
  /// ```swift
  /// let failures = requests.filter { $0.status >= 500 }
  /// ```
  @inlinable
  public func filter(
    _ isIncluded: @escaping @Sendable (Chain.Output) -> Bool
  ) -> Flow<Fused<Chain, Filter<Chain.Output>>> {
    apply(Filter(isIncluded))
  }
}
