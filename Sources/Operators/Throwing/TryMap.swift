// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits what `transform` makes of each element; an element on which it throws has failed.
///
/// State: none. Cost: O(1).
public struct TryMap<Input: Sendable, Output: Sendable>: StatelessOperator {
  @usableFromInline let transform: @Sendable (Input) throws -> Output
  @usableFromInline var failures = FailureLog("map")

  /// Makes the operator.
  @inlinable
  public init(_ transform: @escaping @Sendable (Input) throws -> Output) {
    self.transform = transform
  }

  /// Emits what the element becomes, or notes its failure.
  @inlinable
  public mutating func receive(_ element: Input, at now: Timestamp, _ emit: (Output) -> Void) {
    do {
      emit(try transform(element))
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

  /// The stage `map`: elements that `failed`.
  public var stages: [StageStatistics] { [StageStatistics("map", ["failed": failures.failed])] }
}

extension Flow {
  /// What `transform` makes of each element, in order.
  ///
  /// What becomes of an element on which it throws is said by ``Streams/Flow/supervised(_:)``; by
  /// default the flow ends with that ``Streams/ElementFailure``.
  ///
  /// ```swift
  /// let orders = lines.map { try Order(parsing: $0) }.supervised(.skip())
  /// ```
  @inlinable
  public func map<Output: Sendable>(
    _ transform: @escaping @Sendable (Chain.Output) throws -> Output
  ) -> Flow<Fused<Chain, TryMap<Chain.Output, Output>>> {
    apply(TryMap(transform))
  }
}
