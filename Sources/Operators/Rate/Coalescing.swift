// SPDX-License-Identifier: Apache-2.0
public import Streams

/// When an element that is held comes out, and what becomes of it when another one comes first.
public protocol CoalescingRule<Element>: Sendable {
  /// What is held.
  associatedtype Element: Sendable

  /// The stage's name, as it is called on a flow.
  var stage: String { get }

  /// When what a key holds comes out; never earlier than it was before the newest came.
  ///
  /// - Parameters:
  ///   - first: When the first element came of those that are held as one.
  ///   - now: When the newest came.
  /// - Returns: The instant.
  func deadline(since first: Timestamp, at now: Timestamp) -> Timestamp

  /// Makes one of what is held and an element that came later.
  func combine(_ held: inout Element, with element: Element)
}

/// Holds one element per key and gives it out when a rule says so: what `debounce`, `audit`,
/// `sample` and `conflate` are made of.
///
/// What is due at one instant comes out in the order of the deadlines, then in that in which the
/// deadlines were set. What is held is given out when the flow ends: the last element is never lost.
/// State: one element per key that holds one, at most as many keys as the limit says. Cost: O(1) per
/// element, O(log n) per output in the number of keys.
public struct Coalescing<Rule: CoalescingRule, Key: Hashable & Sendable>: Operator {
  /// What goes in.
  public typealias Input = Rule.Element
  /// What comes out.
  public typealias Output = Rule.Element

  @usableFromInline
  struct Held: Sendable {
    @usableFromInline var element: Rule.Element
    /// When the first came of what is held as one.
    @usableFromInline let first: Timestamp

    @usableFromInline
    init(element: Rule.Element, first: Timestamp) {
      self.element = element
      self.first = first
    }

    @inlinable
    mutating func take(_ other: Rule.Element, by rule: Rule) {
      rule.combine(&element, with: other)
    }
  }

  @usableFromInline let rule: Rule
  @usableFromInline let key: @Sendable (Rule.Element) -> Key
  @usableFromInline var keys: TimedKeys<Key, Held>
  @usableFromInline var conflated: UInt64 = 0

  /// Makes the operator.
  public init(
    _ rule: Rule,
    by key: @escaping @Sendable (Rule.Element) -> Key,
    keys limit: KeyLimit
  ) {
    self.rule = rule
    self.key = key
    keys = TimedKeys(limit: limit)
  }

  /// True: several keys may give out an element at one instant.
  @inlinable public static var expands: Bool { true }

  /// Holds the element, made one with what its key holds.
  @inlinable
  public mutating func receive(
    _ element: Rule.Element,
    at now: Timestamp,
    _ emit: (Rule.Element) -> Void
  ) {
    let key = key(element)
    guard let slot = keys.slot(of: key) else { return hold(element, key, now, emit) }
    conflated &+= 1
    let rule = rule
    keys.slots[slot]?.value.take(element, by: rule)
    keys.noteChange(at: slot)
    // Asked for one by one: a copy of the slot would cost the element a retain.
    if let first = keys.slots[slot]?.value.first, let planned = keys.slots[slot]?.deadline {
      let deadline = rule.deadline(since: first, at: now)
      if deadline > planned { keys.move(slot, to: deadline) }
    }
  }

  @inlinable
  mutating func hold(
    _ element: Rule.Element,
    _ key: Key,
    _ now: Timestamp,
    _ emit: (Rule.Element) -> Void
  ) {
    switch keys.makeRoom() {
    case .none: return
    case .free: break
    case .freed(let slot): emit(slot.value.element)
    }
    let held = Held(element: element, first: now)
    keys.insert(key, held, until: rule.deadline(since: now, at: now))
  }

  /// The earliest instant at which something may come out.
  @inlinable public var deadline: Timestamp { keys.deadline }

  /// Lets go of what is due; ``resume(at:room:_:)`` gives it out.
  @inlinable
  public mutating func fire(at now: Timestamp, _ emit: (Rule.Element) -> Void) {
    keys.reach(now)
  }

  /// Lets go of everything; ``resume(at:room:_:)`` gives it out.
  @inlinable
  public mutating func finish(at now: Timestamp, _ emit: (Rule.Element) -> Void) {
    keys.close()
  }

  /// Whether something is due that was not given out yet.
  @inlinable public var isPending: Bool { keys.isDue }

  /// Gives out what is due.
  @inlinable
  public mutating func resume(at now: Timestamp, room: Int, _ emit: (Rule.Element) -> Void) {
    var left = room
    while left > 0, keys.isDue, let slot = keys.removeFirst() {
      emit(slot.value.element)
      left -= 1
    }
  }

  /// The rule's stage: elements `conflated` into others and `refused`; keys `released` before their
  /// time; `keys` that hold an element now.
  public var stages: [StageStatistics] {
    [
      StageStatistics(
        rule.stage,
        [
          "conflated": conflated, "refused": keys.refused, "released": keys.released,
          "keys": UInt64(keys.count),
        ]
      )
    ]
  }
}

extension Coalescing {
  /// Writes what is held, and what of it is due.
  public mutating func encode(into encoder: inout StateEncoder) throws(StateError) {
    try StateEncoder.check(Rule.Element.self)
    try encoder.section(rule.stage) { encoder throws(StateError) in
      try keys.encode(into: &encoder) { held, encoder throws(StateError) in
        try held.first.encode(into: &encoder)
        try encoder.encode(held.element)
      }
    }
  }

  /// Reads what is held, and what of it is due.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section(rule.stage) { decoder, _ throws(StateError) in
      try keys.restore(from: &decoder) { decoder throws(StateError) in
        let first = try Timestamp(from: &decoder)
        return Held(element: try decoder.decode(Rule.Element.self), first: first)
      }
    }
  }
}
