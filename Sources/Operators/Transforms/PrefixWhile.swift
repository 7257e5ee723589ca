// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits elements as long as they satisfy a condition, then ends.
///
/// State: whether it has ended. Cost: O(1).
public struct PrefixWhile<Element: Sendable>: Operator {
  @usableFromInline let condition: @Sendable (Element) -> Bool
  @usableFromInline let includesLast: Bool
  @usableFromInline var hasEnded = false

  /// Makes the operator.
  ///
  /// - Parameters:
  ///   - includesLast: Whether the element that ends it is emitted.
  ///   - condition: What each element but the last satisfies.
  @inlinable
  public init(includesLast: Bool, _ condition: @escaping @Sendable (Element) -> Bool) {
    self.condition = condition
    self.includesLast = includesLast
  }

  /// True: it may end before its input.
  @inlinable public static var ends: Bool { true }

  /// Whether an element did not satisfy the condition.
  @inlinable public var isDone: Bool { hasEnded }

  /// Emits the element if it satisfies the condition, else ends.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Element) -> Void) {
    guard !hasEnded else { return }
    if condition(element) { return emit(element) }
    hasEnded = true
    if includesLast { emit(element) }
  }

  /// Writes whether it has ended.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("prefixWhile") { encoder throws(StateError) in
      try hasEnded.encode(into: &encoder)
    }
  }

  /// Reads whether it has ended.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("prefixWhile") { decoder, _ throws(StateError) in
      hasEnded = try Bool(from: &decoder)
    }
  }

  /// The stage `prefix`, which counts nothing.
  public var stages: [StageStatistics] { [StageStatistics("prefix")] }
}

extension Flow {
  /// The elements before the first that does not satisfy `condition`; then the flow ends.
  ///
  /// ```swift
  /// let opening = moves.prefix { $0.number <= 10 }
  /// ```
  @inlinable
  public func prefix(
    while condition: @escaping @Sendable (Chain.Output) -> Bool
  ) -> Flow<Fused<Chain, PrefixWhile<Chain.Output>>> {
    apply(PrefixWhile(includesLast: false, condition))
  }

  /// The elements before the first that does not satisfy `condition`, and that one if it
  /// `includesLast`; then the flow ends.
  ///
  /// ```swift
  /// let task = progress.prefix(includingLast: true) { !$0.isCompleted }
  /// ```
  @inlinable
  public func prefix(
    includingLast includesLast: Bool,
    while condition: @escaping @Sendable (Chain.Output) -> Bool
  ) -> Flow<Fused<Chain, PrefixWhile<Chain.Output>>> {
    apply(PrefixWhile(includesLast: includesLast, condition))
  }
}
