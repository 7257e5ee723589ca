// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits what `transform` makes of each element and its instant, where that is something.
public struct CompactMap<Input: Sendable, Output: Sendable>: StatelessOperator {
  @usableFromInline let transform: @Sendable (Input, Timestamp) -> Output?
  @usableFromInline var dropped: UInt64 = 0

  /// Makes the operator.
  @inlinable
  public init(_ transform: @escaping @Sendable (Input, Timestamp) -> Output?) {
    self.transform = transform
  }

  /// Emits what the element becomes; counts it if that is nothing.
  @inlinable
  public mutating func receive(_ element: Input, at now: Timestamp, _ emit: (Output) -> Void) {
    if let output = transform(element, now) { emit(output) } else { dropped &+= 1 }
  }

  /// The stage `compactMap`: elements `dropped`.
  public var stages: [StageStatistics] {
    [StageStatistics("compactMap", ["dropped": dropped], passage: .all(but: dropped))]
  }
}

extension Flow {
  /// What `transform` makes of each element, without the ones of which it makes nothing.
  ///
  /// ```swift
  /// let numbers = words.compactMap { Int($0) }
  /// ```
  @inlinable
  public func compactMap<Output: Sendable>(
    _ transform: @escaping @Sendable (Chain.Output) -> Output?
  ) -> Flow<Fused<Chain, CompactMap<Chain.Output, Output>>> {
    apply(CompactMap { element, _ in transform(element) })
  }

  /// The same with the instant at which the entry was appended, which is an event's time where its
  /// publisher gave none.
  @inlinable
  public func compactMap<Output: Sendable>(
    _ transform: @escaping @Sendable (Chain.Output, Timestamp) -> Output?
  ) -> Flow<Fused<Chain, CompactMap<Chain.Output, Output>>> {
    apply(CompactMap(transform))
  }
}
