// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Shows each element to a closure, then emits it; an element on which the closure throws has failed.
///
/// State: none. Cost: O(1), and the closure's.
public struct TryTap<Element: Sendable>: StatelessOperator {
  @usableFromInline let observe: @Sendable (Element) throws -> Void
  @usableFromInline var failures = FailureLog("tap")

  /// Makes the operator.
  @inlinable
  public init(_ observe: @escaping @Sendable (Element) throws -> Void) {
    self.observe = observe
  }

  /// Shows the element, then emits it, or notes its failure.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Element) -> Void) {
    do {
      try observe(element)
      emit(element)
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

  /// The stage `tap`: elements that `failed`.
  public var stages: [StageStatistics] { [StageStatistics("tap", ["failed": failures.failed])] }
}

extension Flow {
  /// The elements on which `observe` does not throw; each is shown to it as it passes.
  ///
  /// What becomes of an element on which it throws is said by ``Streams/Flow/supervised(_:)``; by
  /// default the flow ends with that ``Streams/ElementFailure``.
  ///
  /// ```swift
  /// let checked = orders.tap { try $0.validate() }.supervised(.skip())
  /// ```
  @inlinable
  public func tap(
    _ observe: @escaping @Sendable (Chain.Output) throws -> Void
  ) -> Flow<Fused<Chain, TryTap<Chain.Output>>> {
    apply(TryTap(observe))
  }
}
