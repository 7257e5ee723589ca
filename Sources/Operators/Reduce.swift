// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits one value when the flow ends: all elements combined; an element on which the closure throws has failed.
///
/// State: the value. Cost: O(1), and the closure's.
public struct Reduce<Input: Sendable, Output: Sendable, Failure: Error>: Operator {
  @usableFromInline var value: Output
  @usableFromInline let combine: @Sendable (inout Output, Input) throws(Failure) -> Void
  @usableFromInline var failures = FailureLog<Failure>()

  /// Makes the operator with the value of an empty flow.
  @inlinable
  public init(
    _ initial: Output,
    _ combine: @escaping @Sendable (inout Output, Input) throws(Failure) -> Void
  ) {
    value = initial
    self.combine = combine
  }

  /// Combines the element, or notes its failure.
  @inlinable
  public mutating func receive(_ element: Input, at now: Timestamp, _ emit: (Output) -> Void) {
    do throws(Failure) {
      try combine(&value, element)
    } catch {
      failures.note(error, of: element, in: "reduce", at: now)
    }
  }

  /// Emits the value.
  @inlinable
  public mutating func finish(at now: Timestamp, _ emit: (Output) -> Void) {
    emit(value)
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

  /// Begins with the first value, and takes again what it has failed on; it goes on counting.
  public mutating func restart(
    as fresh: Reduce,
    _ restart: Restart,
    _ emit: (Output) -> Void
  ) {
    let elements = failures.takeAgain(as: Input.self)
    value = fresh.value
    for element in elements { receive(element, at: restart.now, emit) }
  }

  /// Writes the value.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("reduce") { encoder throws(StateError) in try encoder.encode(value) }
  }

  /// Reads the value.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("reduce") { decoder, _ throws(StateError) in
      value = try decoder.decode(Output.self)
    }
  }

  /// The stage `reduce`: elements that `failed`, and those `retried` after a restart, if the closure may
  /// throw.
  public var stages: [StageStatistics] { [failures.statistics(of: "reduce", isCounted: false)] }
}

extension Flow {
  /// One value when the flow ends: all elements combined, starting with `initial`.
  ///
  /// ```swift
  /// let sum = sizes.reduce(into: 0) { $0 += $1 }
  /// ```
  ///
  /// What becomes of an element on which `combine` throws is said by
  /// ``Streams/Flow/supervised(_:)``; by default the flow ends with that
  /// ``Streams/ElementFailure``. If the element is skipped, what `combine` had changed before it
  /// threw stays: let it throw first.
  @inlinable
  public func reduce<Output: Sendable, Failure: Error>(
    into initial: Output,
    _ combine: @escaping @Sendable (inout Output, Chain.Output) throws(Failure) -> Void
  ) -> Flow<Fused<Chain, Reduce<Chain.Output, Output, Failure>>> {
    apply(Reduce(initial, combine))
  }
}
