// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits what `transform` makes of each element, in order.
public struct Map<Input: Sendable, Output: Sendable>: StatelessOperator {
  @usableFromInline let transform: @Sendable (Input) -> Output

  /// Makes the operator.
  @inlinable
  public init(_ transform: @escaping @Sendable (Input) -> Output) {
    self.transform = transform
  }

  /// Emits what the element becomes.
  @inlinable
  public mutating func receive(_ element: Input, at now: Timestamp, _ emit: (Output) -> Void) {
    emit(transform(element))
  }

  /// The stage `map`, which counts nothing.
  public var stages: [StageStatistics] { [StageStatistics("map", passage: .each)] }
}

extension Flow {
  /// What `transform` makes of each element, in order.
  ///
  /// ```swift
  /// let sizes = requests.map { $0.bytes }
  /// ```
  @inlinable
  public func map<Output: Sendable>(
    _ transform: @escaping @Sendable (Chain.Output) -> Output
  ) -> Flow<Fused<Chain, Map<Chain.Output, Output>>> {
    apply(Map(transform))
  }
}
