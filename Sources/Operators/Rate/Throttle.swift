// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Which element of an interval a throttle lets through.
public enum ThrottleKeeping: Hashable, Sendable {
  /// The first, at once; what follows within the interval is dropped.
  case first
  /// The newest, when the interval ends.
  case latest
  /// The first at once and the newest when the interval ends, if it is another.
  case both
}

/// Emits at most one element per key and interval.
///
/// An interval begins with an element that finds none running; with `.latest` and `.both` an element
/// that is given out at its end begins the next. What is held is given out when the flow ends.
/// Intervals end in the order of their deadlines, then in that in which they began. State: an
/// interval and at most one element per key with a running one, at most as many keys as the limit
/// says. Cost: O(1) per element, O(log n) per interval in the number of keys.
public struct Throttle<Element: Sendable, Key: Hashable & Sendable>: Operator {
  @usableFromInline let milliseconds: Int64
  @usableFromInline let key: @Sendable (Element) -> Key
  @usableFromInline let keeping: ThrottleKeeping
  /// The running intervals, and the element that each holds.
  @usableFromInline var intervals: TimedKeys<Key, Element?>
  /// A first element that comes behind one which had to go for it.
  @usableFromInline var behind: Element?
  @usableFromInline var conflated: UInt64 = 0

  /// Makes the operator; `interval` is at least a millisecond.
  public init(
    for interval: Duration,
    by key: @escaping @Sendable (Element) -> Key,
    keeping: ThrottleKeeping,
    keys limit: KeyLimit = .standard
  ) {
    precondition(interval.wholeMilliseconds >= 1, "a throttle's interval is at least 1 ms")
    milliseconds = interval.wholeMilliseconds
    self.key = key
    self.keeping = keeping
    intervals = TimedKeys(limit: limit)
  }

  /// True: several keys may give out an element at one instant.
  @inlinable public static var expands: Bool { true }

  /// Begins an interval, or holds or drops the element within one.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Element) -> Void) {
    let key = key(element)
    if let slot = intervals.slot(of: key) {
      hold(element, in: slot)
    } else {
      begin(key, element, at: now, emit)
    }
  }

  @inlinable
  mutating func hold(_ element: Element, in slot: Int) {
    if keeping == .first || intervals.slots[slot]?.value != nil { conflated &+= 1 }
    if keeping != .first {
      intervals.slots[slot]?.value = element
      intervals.noteChange(at: slot)
    }
  }

  @inlinable
  mutating func begin(
    _ key: Key,
    _ element: Element,
    at now: Timestamp,
    _ emit: (Element) -> Void
  ) {
    var released: Element?
    switch intervals.makeRoom() {
    case .none: return
    case .free: break
    case .freed(let slot): released = slot.value
    }
    if let released { emit(released) }
    let end = now.advanced(byMilliseconds: milliseconds)
    intervals.insert(key, keeping == .latest ? element : nil, until: end)
    if keeping == .latest { return }
    if released == nil { emit(element) } else { behind = element }
  }

  /// The end of the interval that ends first.
  @inlinable public var deadline: Timestamp { intervals.deadline }

  /// Ends the intervals that are over; ``resume(at:room:_:)`` gives out what they hold.
  @inlinable
  public mutating func fire(at now: Timestamp, _ emit: (Element) -> Void) {
    intervals.reach(now)
  }

  /// Ends all intervals; ``resume(at:room:_:)`` gives out what they hold.
  @inlinable
  public mutating func finish(at now: Timestamp, _ emit: (Element) -> Void) {
    intervals.close()
  }

  /// Whether an interval that is over was not given out yet.
  @inlinable public var isPending: Bool {
    if case .some = behind { true } else { intervals.isDue }
  }

  /// Gives out what ended intervals hold, in the order of their ends.
  @inlinable
  public mutating func resume(at now: Timestamp, room: Int, _ emit: (Element) -> Void) {
    var left = room
    if left > 0, let element = behind.take() {
      emit(element)
      left -= 1
    }
    while left > 0, let slot = intervals.due {
      guard let element = end(slot) else { continue }
      emit(element)
      left -= 1
    }
  }

  /// Ends the interval that is due first; answers what it holds, which begins the next.
  @inlinable
  mutating func end(_ slot: Int) -> Element? {
    guard !intervals.isClosing, let end = intervals.slots[slot]?.deadline,
      let element = intervals.slots[slot]?.value.take()
    else { return intervals.removeFirst()?.value }
    intervals.move(slot, to: end.advanced(byMilliseconds: milliseconds))
    intervals.settle()
    return element
  }

  /// The stage `throttle`: elements `conflated` and `refused`; keys `released` before their time;
  /// `keys` with a running interval.
  public var stages: [StageStatistics] {
    [
      StageStatistics(
        "throttle",
        [
          "conflated": conflated, "refused": intervals.refused, "released": intervals.released,
          "keys": UInt64(intervals.count),
        ]
      )
    ]
  }
}

extension Throttle {
  /// Writes the running intervals with what they hold.
  public mutating func encode(into encoder: inout StateEncoder) throws(StateError) {
    if keeping != .first { try StateEncoder.check(Element.self) }
    try encoder.section("throttle") { encoder throws(StateError) in
      try encoder.encode(behind)
      try intervals.encode(into: &encoder) { held, encoder throws(StateError) in
        try encoder.encode(held)
      }
    }
  }

  /// Reads the running intervals with what they hold.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("throttle") { decoder, _ throws(StateError) in
      behind = try decoder.decode(Element?.self)
      try intervals.restore(from: &decoder) { decoder throws(StateError) in
        try decoder.decode(Element?.self)
      }
    }
  }
}
