// SPDX-License-Identifier: Apache-2.0

/// Passes every element on: the flow that a topic starts with.
public struct Identity<Element: Sendable>: StatelessOperator {
  /// Makes the operator.
  @inlinable public init() {}

  /// Emits the element.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Element) -> Void) {
    emit(element)
  }

  /// None: it is not a stage anybody wrote.
  public var stages: [StageStatistics] { [] }
}
