// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits the elements that satisfy a condition; an element on which it throws has failed.
///
/// State: none. Cost: O(1).
public struct TryFilter<Element: Sendable>: StatelessOperator {
  @usableFromInline let isIncluded: @Sendable (Element) throws -> Bool
  @usableFromInline var dropped: UInt64 = 0
  @usableFromInline var failures = FailureLog("filter")

  /// Makes the operator.
  @inlinable
  public init(_ isIncluded: @escaping @Sendable (Element) throws -> Bool) {
    self.isIncluded = isIncluded
  }

  /// Emits the element if it satisfies the condition, counts it if not, or notes its failure.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Element) -> Void) {
    do {
      if try isIncluded(element) { emit(element) } else { dropped &+= 1 }
    } catch {
      failures.note(error, of: element, at: now)
    }
  }

  /// True: the closure may throw.
  @inlinable public static var fails: Bool { true }
  /// Whether the closure threw on an element that was not handed over yet.
  @inlinable public var hasFailures: Bool { !failures.isEmpty }

  /// Hands over the elements on which the closure threw.
  @inlinable
  public mutating func takeFailures(_ take: (ElementFailure) -> Void) {
    failures.take(take)
  }

  /// The stage `filter`: elements `dropped`, and those that `failed`.
  public var stages: [StageStatistics] {
    [StageStatistics("filter", ["dropped": dropped, "failed": failures.failed])]
  }
}

extension Flow {
  /// Only the elements that satisfy `isIncluded`, in order.
  ///
  /// What becomes of an element on which it throws is said by ``Streams/Flow/supervised(_:)``; by
  /// default the flow ends with that ``Streams/ElementFailure``.
  ///
  /// ```swift
  /// let valid = tokens.filter { try key.verifies($0) }.supervised(.skip())
  /// ```
  @inlinable
  public func filter(
    _ isIncluded: @escaping @Sendable (Chain.Output) throws -> Bool
  ) -> Flow<Fused<Chain, TryFilter<Chain.Output>>> {
    apply(TryFilter(isIncluded))
  }
}
