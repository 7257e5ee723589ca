// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits what `transform` makes of each element, in order; an element on which it throws has failed.
///
/// State: none. Cost: O(1), and the closure's.
public struct Map<Input: Sendable, Output: Sendable, Failure: Error>: StatelessOperator {
  @usableFromInline let transform: @Sendable (Input) throws(Failure) -> Output
  @usableFromInline var failures = FailureLog<Failure>()

  /// Makes the operator.
  @inlinable
  public init(_ transform: @escaping @Sendable (Input) throws(Failure) -> Output) {
    self.transform = transform
  }

  /// Emits what the element becomes, or notes its failure.
  @inlinable
  public mutating func receive(_ element: Input, at now: Timestamp, _ emit: (Output) -> Void) {
    do throws(Failure) {
      emit(try transform(element))
    } catch {
      failures.note(error, of: element, in: "map", at: now)
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
    as fresh: Map,
    _ restart: Restart,
    _ emit: (Output) -> Void
  ) {
    let elements = failures.takeAgain(as: Input.self)
    for element in elements { receive(element, at: restart.now, emit) }
  }

  /// The stage `map`: elements that `failed`, and those `retried` after a restart, if the closure may
  /// throw.
  public var stages: [StageStatistics] { [failures.statistics(of: "map")] }
}

extension Flow {
  /// What `transform` makes of each element, in order.
  ///
  /// What becomes of an element on which it throws is said by ``Streams/Flow/supervised(_:)``; by
  /// default the flow ends with that ``Streams/ElementFailure``. A closure that does not throw costs
  /// nothing for it.
  ///
  /// ```swift
  /// let sizes = requests.map { $0.bytes }
  /// ```
  ///
  /// ```swift
  /// let orders = lines.map { try Order(parsing: $0) }.supervised(.skip())
  /// ```
  @inlinable
  public func map<Output: Sendable, Failure: Error>(
    _ transform: @escaping @Sendable (Chain.Output) throws(Failure) -> Output
  ) -> Flow<Fused<Chain, Map<Chain.Output, Output, Failure>>> {
    apply(Map(transform))
  }
}
