// SPDX-License-Identifier: Apache-2.0
public import Streams

/// What becomes of elements that come before the flow which they are to meet has spoken.
public enum WithLatestStart: Hashable, Sendable {
  /// They are dropped, and counted as `early`.
  case drop
  /// They are held, and come out when it speaks first; of more than `limit` the oldest are dropped,
  /// and counted as `dropped`.
  case hold(limit: Int)
}

/// Emits each element of the first input with the newest of the second.
public struct WithLatest<Element: Sendable, Other: Sendable>: Operator {
  @usableFromInline let limit: Int
  @usableFromInline var latest: Other?
  /// What waits for the first of the other input, oldest first.
  @usableFromInline var held = FrontQueue<Element>()
  @usableFromInline var early: UInt64 = 0
  @usableFromInline var dropped: UInt64 = 0

  /// Makes the operator.
  public init(_ start: WithLatestStart) {
    switch start {
    case .drop: limit = 0
    case .hold(let limit):
      precondition(limit >= 1, "at least one element is held")
      self.limit = limit
    }
  }

  /// True: all that are held come out together.
  @inlinable public static var expands: Bool { true }

  /// Emits the element with the newest of the other input; takes note of the other's.
  @inlinable
  public mutating func receive(
    _ element: Either<Element, Other>,
    at now: Timestamp,
    _ emit: ((Element, Other)) -> Void
  ) {
    switch element {
    case .right(let other): latest = other
    case .left(let element):
      if let latest { emit((element, latest)) } else { hold(element) }
    }
  }

  @usableFromInline
  mutating func hold(_ element: Element) {
    if limit == 0 {
      early += 1
      return
    }
    if held.count == limit {
      _ = held.popFirst()
      dropped += 1
    }
    held.append(element)
  }

  /// Drops what is held: the other input has never spoken.
  public mutating func finish(at now: Timestamp, _ emit: ((Element, Other)) -> Void) {
    dropped += UInt64(held.count)
    held = FrontQueue()
  }

  /// Whether held elements can come out.
  @inlinable public var isPending: Bool {
    if case .some = latest { !held.isEmpty } else { false }
  }

  /// Emits held elements.
  public mutating func resume(
    at now: Timestamp,
    room: Int,
    _ emit: ((Element, Other)) -> Void
  ) {
    guard let latest else { return }
    for _ in 0..<max(0, min(room, held.count)) {
      if let element = held.popFirst() { emit((element, latest)) }
    }
  }

  /// Writes the newest of the other input, and what is held.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("withLatest") { encoder throws(StateError) in
      try encoder.encode(latest)
      try encoder.encode(held.elements)
    }
  }

  /// Reads the newest of the other input, and what is held.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("withLatest") { decoder, _ throws(StateError) in
      latest = try decoder.decode(Other?.self)
      for element in try decoder.decode([Element].self) { held.append(element) }
    }
  }

  /// The stage `withLatest`: elements that came too `early`, that were held and then `dropped`, and
  /// that are `held` now.
  public var stages: [StageStatistics] {
    [
      StageStatistics(
        "withLatest",
        ["early": early, "dropped": dropped, "held": UInt64(held.count)]
      )
    ]
  }
}

extension Flow {
  /// Each element of this flow with the newest of another, as it was when the element was appended.
  ///
  /// The other flow's elements lead to no output. It ends when both have ended.
  ///
  /// ```swift
  /// let priced = orders.withLatest(prices)
  /// ```
  ///
  /// - Parameters:
  ///   - other: The other flow; of two elements of one instant its comes later.
  ///   - start: What becomes of elements that come before the other has spoken. Default: they are
  ///     dropped.
  /// - Returns: The flow of pairs.
  @inlinable
  public func withLatest<Other: Operator>(
    _ other: Flow<Other>,
    before start: WithLatestStart = .drop
  ) -> Flow<Inputs<Chain.Output, Other.Output, WithLatest<Chain.Output, Other.Output>>> {
    either(other).apply(WithLatest(start))
  }
}
