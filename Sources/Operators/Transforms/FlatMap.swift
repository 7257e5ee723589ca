// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits the elements of the sequence that each element becomes, one sequence after the other.
///
/// The sequence is asked for no more than there is room for, so it may be long, lazy or endless.
/// State: the element at hand and its sequence's iterator. A checkpoint holds the element and how far
/// its sequence was given out; `transform` makes it again, so it must be a function of the element.
/// Cost: O(1) per output.
public struct FlatMap<Input: Sendable, Segment: Sequence, Failure: Error>: Operator
where Segment.Element: Sendable, Segment.Iterator: Sendable {
  /// What comes out.
  public typealias Output = Segment.Element

  @usableFromInline let transform: @Sendable (Input) throws(Failure) -> Segment
  @usableFromInline var pending = PendingSegment<Input, Segment>()
  @usableFromInline var failures = FailureLog<Failure>()

  /// Makes the operator.
  @inlinable
  public init(_ transform: @escaping @Sendable (Input) throws(Failure) -> Segment) {
    self.transform = transform
  }

  /// True: a sequence may have several elements.
  @inlinable public static var expands: Bool { true }

  /// Emits the first element of the sequence, the others wait; or notes the element's failure.
  @inlinable
  public mutating func receive(_ element: Input, at now: Timestamp, _ emit: (Output) -> Void) {
    do throws(Failure) {
      pending.begin(try transform(element), of: element, emit)
    } catch {
      failures.note(error, of: element, in: "flatMap", at: now)
    }
  }

  /// Whether the sequence at hand has more.
  @inlinable public var isPending: Bool { pending.next != nil }

  /// Emits what the sequence has next.
  @inlinable
  public mutating func resume(at now: Timestamp, room: Int, _ emit: (Output) -> Void) {
    pending.give(room, emit)
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

  /// Takes again what it has failed on; it has failed with no sequence at hand.
  public mutating func restart(
    as fresh: FlatMap,
    _ restart: Restart,
    _ emit: (Output) -> Void
  ) {
    let elements = failures.takeAgain(as: Input.self)
    for element in elements { receive(element, at: restart.now, emit) }
  }

  /// Writes the element at hand and how far its sequence was given out.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("flatMap") { encoder throws(StateError) in
      try pending.encode(into: &encoder)
    }
  }

  /// Makes the sequence of the element at hand anew, from where it was given out.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    let transform = transform
    try decoder.section("flatMap") { decoder, _ throws(StateError) in
      try pending.restore(from: &decoder, transform)
    }
  }

  /// The stage `flatMap`: elements that `failed`, and those `retried` after a restart, if the closure may
  /// throw.
  public var stages: [StageStatistics] { [failures.statistics(of: "flatMap", isCounted: false)] }
}

extension Flow {
  /// The elements of the sequence that `transform` makes of each element, in order.
  ///
  /// A sequence may be of any length: it is asked for no more than there is room for.
  ///
  /// ```swift
  /// let words = lines.flatMap { $0.split(separator: " ") }
  /// ```
  ///
  /// What becomes of an element on which `transform` throws is said by
  /// ``Streams/Flow/supervised(_:)``; by default the flow ends with that
  /// ``Streams/ElementFailure``.
  ///
  /// ```swift
  /// let items = messages.flatMap { try JSONDecoder().decode([Item].self, from: $0) }
  /// ```
  ///
  /// - Parameter transform: Makes the sequence; a function of the element alone, for it may be asked
  ///   again after a restart.
  /// - Returns: The flow.
  @inlinable
  public func flatMap<Segment: Sequence, Failure: Error>(
    _ transform: @escaping @Sendable (Chain.Output) throws(Failure) -> Segment
  ) -> Flow<Fused<Chain, FlatMap<Chain.Output, Segment, Failure>>>
  where Segment.Element: Sendable, Segment.Iterator: Sendable {
    apply(FlatMap(transform))
  }
}
