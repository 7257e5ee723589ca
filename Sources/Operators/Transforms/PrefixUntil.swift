// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits elements until an instant has come, then ends, whether or not an element comes.
///
/// The instant is given, or lies a while after the first element. What is appended at that instant
/// is behind the end. State: the instant and whether it has come. Cost: O(1).
public struct PrefixUntil<Element: Sendable>: Operator {
  @usableFromInline let duration: Int64
  /// The instant, once it is known.
  @usableFromInline var end: Timestamp
  @usableFromInline var hasEnded = false

  /// Makes an operator that ends at an instant.
  @inlinable
  public init(until end: Timestamp) {
    self.end = end
    duration = 0
  }

  /// Makes an operator that ends a while after its first element.
  ///
  /// - Parameter duration: How long, at least a millisecond.
  @inlinable
  public init(for duration: Duration) {
    precondition(duration.wholeMilliseconds >= 1, "a prefix lasts at least 1 ms")
    self.duration = duration.wholeMilliseconds
    end = .never
  }

  /// True: it may end before its input.
  @inlinable public static var ends: Bool { true }
  /// Whether the instant has come.
  @inlinable public var isDone: Bool { hasEnded }
  /// The instant before the end: time has come there once nothing more can be appended at it.
  @inlinable public var deadline: Timestamp {
    hasEnded || end == .never ? .never : end.advanced(byMilliseconds: -1)
  }

  /// Emits the element if it comes before the end.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Element) -> Void) {
    if end == .never, duration > 0 { end = now.advanced(byMilliseconds: duration) }
    if hasEnded || now >= end {
      hasEnded = true
    } else {
      emit(element)
    }
  }

  /// Ends.
  @inlinable
  public mutating func fire(at now: Timestamp, _ emit: (Element) -> Void) {
    hasEnded = true
  }

  /// Writes the instant and whether it has come.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("prefixUntil") { encoder throws(StateError) in
      try end.encode(into: &encoder)
      try hasEnded.encode(into: &encoder)
    }
  }

  /// Reads the instant and whether it has come.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("prefixUntil") { decoder, _ throws(StateError) in
      end = try Timestamp(from: &decoder)
      hasEnded = try Bool(from: &decoder)
    }
  }

  /// The stage `prefix`, which counts nothing.
  public var stages: [StageStatistics] { [StageStatistics("prefix")] }
}

extension Flow {
  /// The elements that are appended before `instant`; then the flow ends, also in silence.
  ///
  /// ```swift
  /// let today = orders.prefix(until: midnight)
  /// ```
  @inlinable
  public func prefix(
    until instant: Timestamp
  ) -> Flow<Fused<Chain, PrefixUntil<Chain.Output>>> {
    apply(PrefixUntil(until: instant))
  }

  /// The elements that are appended less than `duration` after the first; then the flow ends, also
  /// in silence.
  ///
  /// ```swift
  /// let burst = alarms.prefix(for: .seconds(10))
  /// ```
  @inlinable
  public func prefix(
    for duration: Duration
  ) -> Flow<Fused<Chain, PrefixUntil<Chain.Output>>> {
    apply(PrefixUntil(for: duration))
  }
}
