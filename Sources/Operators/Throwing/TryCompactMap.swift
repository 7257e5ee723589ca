// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits what `transform` makes of each element and its instant, where that is something; an element
/// on which it throws has failed.
///
/// State: none. Cost: O(1).
public struct TryCompactMap<Input: Sendable, Output: Sendable>: StatelessOperator {
  @usableFromInline let transform: @Sendable (Input, Timestamp) throws -> Output?
  @usableFromInline var dropped: UInt64 = 0
  @usableFromInline var failures = FailureLog("compactMap")

  /// Makes the operator.
  @inlinable
  public init(_ transform: @escaping @Sendable (Input, Timestamp) throws -> Output?) {
    self.transform = transform
  }

  /// Emits what the element becomes, counts it if that is nothing, or notes its failure.
  @inlinable
  public mutating func receive(_ element: Input, at now: Timestamp, _ emit: (Output) -> Void) {
    do {
      if let output = try transform(element, now) { emit(output) } else { dropped &+= 1 }
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

  /// The stage `compactMap`: elements `dropped`, and those that `failed`.
  public var stages: [StageStatistics] {
    [StageStatistics("compactMap", ["dropped": dropped, "failed": failures.failed])]
  }
}

extension Flow {
  /// What `transform` makes of each element, without the ones of which it makes nothing.
  ///
  /// What becomes of an element on which it throws is said by ``Streams/Flow/supervised(_:)``; by
  /// default the flow ends with that ``Streams/ElementFailure``.
  ///
  /// ```swift
  /// let orders = lines.compactMap { $0.isEmpty ? nil : try Order(parsing: $0) }
  /// ```
  @inlinable
  public func compactMap<Output: Sendable>(
    _ transform: @escaping @Sendable (Chain.Output) throws -> Output?
  ) -> Flow<Fused<Chain, TryCompactMap<Chain.Output, Output>>> {
    apply(TryCompactMap { element, _ in try transform(element) })
  }

  /// The same with the instant at which the entry was appended, which is an event's time where its
  /// publisher gave none.
  @inlinable
  public func compactMap<Output: Sendable>(
    _ transform: @escaping @Sendable (Chain.Output, Timestamp) throws -> Output?
  ) -> Flow<Fused<Chain, TryCompactMap<Chain.Output, Output>>> {
    apply(TryCompactMap(transform))
  }
}
