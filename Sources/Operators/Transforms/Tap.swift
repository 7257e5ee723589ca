// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Shows each element to a closure, then emits it; an element on which it throws has failed.
///
/// State: none. Cost: O(1), and the closure's.
public struct Tap<Element: Sendable, Failure: Error>: StatelessOperator {
  @usableFromInline let observe: @Sendable (Element) throws(Failure) -> Void
  @usableFromInline var failures = FailureLog<Failure>()

  /// Makes the operator.
  @inlinable
  public init(_ observe: @escaping @Sendable (Element) throws(Failure) -> Void) {
    self.observe = observe
  }

  /// Shows the element, then emits it, or notes its failure.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Element) -> Void) {
    do throws(Failure) {
      try observe(element)
      emit(element)
    } catch {
      failures.note(error, of: element, in: "tap", at: now)
    }
  }

  /// Whether the closure may throw.
  @inlinable public static var fails: Bool { FailureLog<Failure>.isPossible }
  /// Whether the closure threw on an element that was not handed over yet.
  @inlinable public var hasFailures: Bool { !failures.isEmpty }

  /// Hands over the elements on which the closure threw.
  @inlinable
  public mutating func takeFailures(_ take: (ElementFailure) -> Void) {
    failures.take(take)
  }

  /// Takes again what it has failed on.
  public mutating func restart(
    as fresh: Tap,
    _ restart: Restart,
    _ emit: (Element) -> Void
  ) {
    let elements = failures.takeAgain(as: Element.self)
    for element in elements { receive(element, at: restart.now, emit) }
  }

  /// The stage `tap`: elements that `failed`, and those `retried` after a restart, if the closure may
  /// throw.
  public var stages: [StageStatistics] { [failures.statistics(of: "tap")] }
}

extension Flow {
  /// The same elements; each is shown to `observe` as it passes.
  ///
  /// `observe` must not block. After a restart it may see elements again.
  ///
  /// ```swift
  /// let logged = requests.tap { print($0) }
  /// ```
  ///
  /// What becomes of an element on which it throws is said by ``Streams/Flow/supervised(_:)``; by
  /// default the flow ends with that ``Streams/ElementFailure``.
  ///
  /// ```swift
  /// let checked = orders.tap { try $0.validate() }.supervised(.skip())
  /// ```
  @inlinable
  public func tap<Failure: Error>(
    _ observe: @escaping @Sendable (Chain.Output) throws(Failure) -> Void
  ) -> Flow<Fused<Chain, Tap<Chain.Output, Failure>>> {
    apply(Tap(observe))
  }
}
