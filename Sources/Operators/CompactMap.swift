// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits what `transform` makes of each element and its instant, where that is something; an element
/// on which it throws has failed.
///
/// State: none. Cost: O(1), and the closure's.
public struct CompactMap<Input: Sendable, Output: Sendable, Failure: Error>: StatelessOperator {
  @usableFromInline let transform: @Sendable (Input, Timestamp) throws(Failure) -> Output?
  @usableFromInline var dropped: UInt64 = 0
  @usableFromInline var failures = FailureLog<Failure>()

  /// Makes the operator.
  @inlinable
  public init(_ transform: @escaping @Sendable (Input, Timestamp) throws(Failure) -> Output?) {
    self.transform = transform
  }

  /// Emits what the element becomes; counts it if that is nothing, or notes its failure.
  @inlinable
  public mutating func receive(_ element: Input, at now: Timestamp, _ emit: (Output) -> Void) {
    do throws(Failure) {
      if let output = try transform(element, now) { emit(output) } else { dropped &+= 1 }
    } catch {
      failures.note(error, of: element, in: "compactMap", at: now)
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
    as fresh: CompactMap,
    _ restart: Restart,
    _ emit: (Output) -> Void
  ) {
    let elements = failures.takeAgain(as: Input.self)
    for element in elements { receive(element, at: restart.now, emit) }
  }

  /// The stage `compactMap`: elements `dropped`, those that `failed`, and those `retried` after a
  /// restart, if the closure may throw.
  public var stages: [StageStatistics] { [failures.statistics(of: "compactMap", dropped: dropped)] }
}

extension Flow {
  /// What `transform` makes of each element, without the ones of which it makes nothing.
  ///
  /// What becomes of an element on which it throws is said by ``Streams/Flow/supervised(_:)``; by
  /// default the flow ends with that ``Streams/ElementFailure``.
  ///
  /// ```swift
  /// let numbers = words.compactMap { Int($0) }
  /// ```
  ///
  /// ```swift
  /// let orders = lines.compactMap { $0.isEmpty ? nil : try Order(parsing: $0) }
  /// ```
  @inlinable
  public func compactMap<Output: Sendable, Failure: Error>(
    _ transform: @escaping @Sendable (Chain.Output) throws(Failure) -> Output?
  ) -> Flow<Fused<Chain, CompactMap<Chain.Output, Output, Failure>>> {
    apply(CompactMap { (element, _) throws(Failure) in try transform(element) })
  }

  /// The same with the instant at which the entry was appended, which is an event's time where its
  /// publisher gave none.
  @inlinable
  public func compactMap<Output: Sendable, Failure: Error>(
    _ transform: @escaping @Sendable (Chain.Output, Timestamp) throws(Failure) -> Output?
  ) -> Flow<Fused<Chain, CompactMap<Chain.Output, Output, Failure>>> {
    apply(CompactMap(transform))
  }
}
