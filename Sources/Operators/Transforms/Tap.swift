// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Shows each element to a closure, then emits it.
///
/// State: none. Cost: O(1), and the closure's.
public struct Tap<Element: Sendable>: StatelessOperator {
  @usableFromInline let observe: @Sendable (Element) -> Void

  /// Makes the operator.
  @inlinable
  public init(_ observe: @escaping @Sendable (Element) -> Void) {
    self.observe = observe
  }

  /// Shows the element, then emits it.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Element) -> Void) {
    observe(element)
    emit(element)
  }

  /// The stage `tap`, which counts nothing.
  public var stages: [StageStatistics] { [StageStatistics("tap")] }
}

extension Flow {
  /// The same elements; each is shown to `observe` as it passes.
  ///
  /// `observe` must not block. After a restart it may see elements again.
  ///
  /// ```swift
  /// let logged = requests.tap { print($0) }
  /// ```
  @inlinable
  public func tap(
    _ observe: @escaping @Sendable (Chain.Output) -> Void
  ) -> Flow<Fused<Chain, Tap<Chain.Output>>> {
    apply(Tap(observe))
  }
}
