// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits every element a while after it came, in order.
///
/// What waits is given out at once when the flow ends. Watermarks are not delayed: put windows
/// before a delay. State: the elements that wait, at most as many as the limit says. Cost: O(1).
public struct Delay<Element: Sendable>: Operator {
  @usableFromInline
  struct Waiting: Sendable {
    @usableFromInline let element: Element
    @usableFromInline let due: Timestamp

    @usableFromInline
    init(element: Element, due: Timestamp) {
      self.element = element
      self.due = due
    }
  }

  @usableFromInline let milliseconds: Int64
  @usableFromInline let limit: QueueLimit
  @usableFromInline var queue = WaitingQueue<Waiting>()
  @usableFromInline var reached = Timestamp.distantPast
  @usableFromInline var isFinishing = false
  @usableFromInline var released: UInt64 = 0
  @usableFromInline var dropped: UInt64 = 0

  /// Makes the operator; `delay` is not negative.
  public init(by delay: Duration, queue limit: QueueLimit) {
    precondition(delay >= .zero, "a delay is not negative")
    milliseconds = delay.wholeMilliseconds
    self.limit = limit
  }

  /// True: several elements may be due at one instant.
  @inlinable public static var expands: Bool { true }

  /// Lets the element wait, or does with a full queue what the limit says.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Element) -> Void) {
    if queue.count >= limit.count {
      switch limit.overflow {
      case .release:
        released &+= 1
        if let first = queue.popFirst() { emit(first.element) }
      case .dropOldest:
        dropped &+= 1
        _ = queue.popFirst()
      case .dropNewest:
        dropped &+= 1
        return
      }
    }
    queue.append(Waiting(element: element, due: now.advanced(byMilliseconds: milliseconds)))
  }

  /// When the first that waits is due.
  @inlinable public var deadline: Timestamp { queue.first?.due ?? .never }

  /// Lets go of what is due; ``resume(at:room:_:)`` gives it out.
  @inlinable
  public mutating func fire(at now: Timestamp, _ emit: (Element) -> Void) {
    reached = now
  }

  /// Lets go of everything; ``resume(at:room:_:)`` gives it out.
  @inlinable
  public mutating func finish(at now: Timestamp, _ emit: (Element) -> Void) {
    isFinishing = true
  }

  /// Whether something is due that was not given out yet.
  @inlinable public var isPending: Bool {
    guard let first = queue.first else { return false }
    return isFinishing || first.due <= reached
  }

  /// Gives out what is due, in order.
  @inlinable
  public mutating func resume(at now: Timestamp, room: Int, _ emit: (Element) -> Void) {
    var left = room
    while left > 0, isPending, let first = queue.popFirst() {
      emit(first.element)
      left -= 1
    }
  }

  /// The stage `delay`: elements `released` before their time, `dropped`, and `waiting` now.
  public var stages: [StageStatistics] {
    [
      StageStatistics(
        "delay",
        ["released": released, "dropped": dropped, "waiting": UInt64(queue.count)]
      )
    ]
  }
}

extension Delay {
  /// Writes what waits, and what of it is due.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("delay") { encoder throws(StateError) in
      try reached.encode(into: &encoder)
      try isFinishing.encode(into: &encoder)
      try queue.encode(into: &encoder) { waiting, encoder throws(StateError) in
        try waiting.due.encode(into: &encoder)
        try encoder.encode(waiting.element)
      }
    }
  }

  /// Reads what waits, and what of it is due.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("delay") { decoder, _ throws(StateError) in
      reached = try Timestamp(from: &decoder)
      isFinishing = try Bool(from: &decoder)
      queue = try WaitingQueue(from: &decoder) { decoder throws(StateError) in
        let due = try Timestamp(from: &decoder)
        return Waiting(element: try decoder.decode(Element.self), due: due)
      }
    }
  }
}

extension Flow {
  /// Every element `delay` after it came, in order.
  ///
  /// ```swift
  /// let late = prices.delay(by: .seconds(15))
  /// ```
  ///
  /// What waits is given out at once when the flow ends. State: the elements that wait. Cost: O(1).
  ///
  /// - Parameters:
  ///   - delay: How long an element waits; not negative.
  ///   - limit: How many wait at once. Default 16,384, as many as a topic keeps; beyond that the
  ///     oldest leaves before its time, so that nothing is lost.
  /// - Returns: The flow.
  public func delay(
    by delay: Duration,
    queue limit: QueueLimit = QueueLimit(16_384, overflow: .release)
  ) -> Flow<Fused<Chain, Delay<Chain.Output>>> {
    apply(Delay(by: delay, queue: limit))
  }
}
