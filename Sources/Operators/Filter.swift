// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits only the elements that satisfy a condition, in order; an element on which it throws has
/// failed.
///
/// State: none. Cost: O(1), and the closure's.
public struct Filter<Element: Sendable, Failure: Error>: StatelessOperator {
  @usableFromInline let isIncluded: @Sendable (Element) throws(Failure) -> Bool
  // Wraps, so that counting costs the loop no trap: 2⁶⁴ elements are never seen.
  @usableFromInline var dropped: UInt64 = 0
  @usableFromInline var failures = FailureLog<Failure>()

  /// Makes the operator.
  @inlinable
  public init(_ isIncluded: @escaping @Sendable (Element) throws(Failure) -> Bool) {
    self.isIncluded = isIncluded
  }

  /// Emits the element if it satisfies the condition, else counts it; or notes its failure.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Element) -> Void) {
    do throws(Failure) {
      if try decide(element) { emit(element) } else { dropped &+= 1 }
    } catch {
      failures.note(error, of: element, in: "filter", at: now)
    }
  }

  /// Asks the condition about a copy: where elements are plain structs, the compiler then keeps them
  /// in registers, and does not read back as one word what the operator before has just written as
  /// two, for which a processor waits longer than for all the rest.
  @inlinable
  func decide(_ element: consuming Element) throws(Failure) -> Bool {
    try isIncluded(element)
  }

  /// Whether the condition may throw.
  @inlinable public static var fails: Bool { FailureLog<Failure>.isPossible }
  /// Whether the condition threw on an element that was not handed over yet.
  @inlinable public var hasFailures: Bool { !failures.isEmpty }

  /// Hands over the elements on which the condition threw.
  @inlinable
  public mutating func takeFailures(_ take: (ElementFailure) -> Void) {
    failures.take(take)
  }

  /// Takes again what it has failed on.
  public mutating func restart(
    as fresh: Filter,
    _ restart: Restart,
    _ emit: (Element) -> Void
  ) {
    let elements = failures.takeAgain(as: Element.self)
    for element in elements { receive(element, at: restart.now, emit) }
  }

  /// The stage `filter`: elements `dropped`, those that `failed`, and those `retried` after a restart,
  /// if the condition may throw.
  public var stages: [StageStatistics] { [failures.statistics(of: "filter", dropped: dropped)] }
}

extension Flow {
  /// Only the elements that satisfy `isIncluded`, in order.
  ///
  /// What becomes of an element on which it throws is said by ``Streams/Flow/supervised(_:)``; by
  /// default the flow ends with that ``Streams/ElementFailure``.
  ///
  /// ```swift
  /// let failures = requests.filter { $0.status >= 500 }
  /// ```
  ///
  /// ```swift
  /// let valid = tokens.filter { try key.verifies($0) }.supervised(.skip())
  /// ```
  @inlinable
  public func filter<Failure: Error>(
    _ isIncluded: @escaping @Sendable (Chain.Output) throws(Failure) -> Bool
  ) -> Flow<Fused<Chain, Filter<Chain.Output, Failure>>> {
    apply(Filter(isIncluded))
  }
}
