// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits the elements of the sequence that each element becomes, one sequence after the other.
///
/// The sequence is asked for no more than there is room for, so it may be long, lazy or endless.
/// State: the element at hand and its sequence's iterator. A checkpoint holds the element and how far
/// its sequence was given out; `transform` makes it again, so it must be a function of the element.
/// Cost: O(1) per output.
public struct FlatMap<Input: Sendable, Segment: Sequence>: Operator
where Segment.Element: Sendable, Segment.Iterator: Sendable {
  /// What comes out.
  public typealias Output = Segment.Element

  @usableFromInline let transform: @Sendable (Input) -> Segment
  @usableFromInline var pending = PendingSegment<Input, Segment>()

  /// Makes the operator.
  @inlinable
  public init(_ transform: @escaping @Sendable (Input) -> Segment) {
    self.transform = transform
  }

  /// True: a sequence may have several elements.
  @inlinable public static var expands: Bool { true }

  /// Emits the first element of the sequence; the others wait.
  @inlinable
  public mutating func receive(_ element: Input, at now: Timestamp, _ emit: (Output) -> Void) {
    pending.begin(transform(element), of: element, emit)
  }

  /// Whether the sequence at hand has more.
  @inlinable public var isPending: Bool { pending.next != nil }

  /// Emits what the sequence has next.
  @inlinable
  public mutating func resume(at now: Timestamp, room: Int, _ emit: (Output) -> Void) {
    pending.give(room, emit)
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

  /// The stage `flatMap`, which counts nothing.
  public var stages: [StageStatistics] { [StageStatistics("flatMap")] }
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
  /// - Parameter transform: Makes the sequence; a function of the element alone, for it may be asked
  ///   again after a restart.
  /// - Returns: The flow.
  @inlinable
  public func flatMap<Segment: Sequence>(
    _ transform: @escaping @Sendable (Chain.Output) -> Segment
  ) -> Flow<Fused<Chain, FlatMap<Chain.Output, Segment>>>
  where Segment.Element: Sendable, Segment.Iterator: Sendable {
    apply(FlatMap(transform))
  }
}
