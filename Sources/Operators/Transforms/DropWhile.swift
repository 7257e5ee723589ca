// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Leaves out elements as long as a condition holds of each and its instant.
///
/// State: whether one has passed. Cost: O(1).
public struct DropWhile<Element: Sendable>: Operator {
  @usableFromInline let condition: @Sendable (Element, Timestamp) -> Bool
  @usableFromInline var isOpen = false
  @usableFromInline var dropped: UInt64 = 0

  /// Makes the operator.
  @inlinable
  public init(_ condition: @escaping @Sendable (Element, Timestamp) -> Bool) {
    self.condition = condition
  }

  /// Emits the element unless the condition has held of all so far.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Element) -> Void) {
    if !isOpen { isOpen = !condition(element, now) }
    if isOpen { emit(element) } else { dropped &+= 1 }
  }

  /// Writes whether an element has passed.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("dropWhile") { encoder throws(StateError) in
      try isOpen.encode(into: &encoder)
    }
  }

  /// Reads whether an element has passed.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("dropWhile") { decoder, _ throws(StateError) in
      isOpen = try Bool(from: &decoder)
    }
  }

  /// The stage `drop`: elements `dropped`.
  public var stages: [StageStatistics] { [StageStatistics("drop", ["dropped": dropped])] }
}

extension Flow {
  /// The first element that does not satisfy `condition`, and all behind it.
  ///
  /// ```swift
  /// let rows = lines.drop { $0.hasPrefix("#") }
  /// ```
  @inlinable
  public func drop(
    while condition: @escaping @Sendable (Chain.Output) -> Bool
  ) -> Flow<Fused<Chain, DropWhile<Chain.Output>>> {
    apply(DropWhile { element, _ in condition(element) })
  }

  /// The elements that are appended at `instant` or later.
  ///
  /// ```swift
  /// let tomorrow = orders.drop(until: midnight)
  /// ```
  @inlinable
  public func drop(
    until instant: Timestamp
  ) -> Flow<Fused<Chain, DropWhile<Chain.Output>>> {
    apply(DropWhile { _, now in now < instant })
  }
}
