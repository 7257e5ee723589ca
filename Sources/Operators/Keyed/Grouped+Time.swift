// SPDX-License-Identifier: Apache-2.0
public import Streams

// How groups hear of deadlines, watermarks and the end: one after the other, each only when the one
// before has given out what it had to say.
extension Grouped {
  /// When the first group wants to be fired or has been silent for long.
  @inlinable public var deadline: Timestamp { min(deadlines.least, idleDeadline) }

  @inlinable var idleDeadline: Timestamp {
    groups.first < 0 || limits.idleMilliseconds == .max
      ? .never : groups.oldest.advanced(byMilliseconds: limits.idleMilliseconds)
  }

  /// The least that a group, or one that is yet to come, waits for.
  @inlinable public var nextWatermark: Timestamp {
    min(wanted.least, future(inner.nextWatermark))
  }

  /// The latest of all groups; takes O(n) in the number of keys.
  public var latestEnd: Timestamp {
    groups.slots.reduce(.distantPast) { max($0, $1.value.chain.latestEnd) }
  }

  /// Notes the watermark; ``resume(at:room:_:)`` tells the groups that wait for it.
  @inlinable
  public mutating func advance(
    to watermark: Timestamp,
    at now: Timestamp,
    _ emit: (Output) -> Void
  ) {
    self.watermark = max(self.watermark, watermark)
    task = .watermark
    if inner.nextWatermark <= watermark { inner.advance(to: watermark, at: now) { _ in } }
  }

  /// Notes that an instant has come; ``resume(at:room:_:)`` tells the groups whose deadline has come.
  @inlinable
  public mutating func fire(at now: Timestamp, _ emit: (Output) -> Void) {
    task = .deadline
  }

  /// Notes the end; ``resume(at:room:_:)`` tells it to the groups, the oldest first.
  @inlinable
  public mutating func finish(at now: Timestamp, _ emit: (Output) -> Void) {
    task = .finish
  }

  /// Whether a group holds outputs or must be told something.
  @inlinable public var isPending: Bool {
    if current >= 0 { return true }
    if case .some = held { return true }
    return task != .none
  }

  /// Tells the groups what they must be told and gives out what they say, until one fails.
  @inlinable
  public mutating func resume(at now: Timestamp, room: Int, _ emit: (Output) -> Void) {
    var left = room
    while left > 0, isPending, sides.failed < 0 {
      step(at: now, room: left) {
        left -= 1
        emit($0)
      }
    }
  }

  /// Does the next thing that is to be done, in the order in which things have come.
  @inlinable
  mutating func step(at now: Timestamp, room: Int, _ emit: (Output) -> Void) {
    if current >= 0 {
      goOn(current, at: now, room: room, emit)
    } else if let element = held {
      held = nil
      receive(element, at: now, emit)
    } else {
      switch task {
      case .watermark: tellWatermark(at: now, emit)
      case .deadline: tellDeadline(at: now, emit)
      case .finish where groups.first >= 0: close(groups.first, leaves: true)
      case .finish, .none: task = .none
      }
    }
  }

  /// Tells the watermark to the next group that waits for it.
  @inlinable
  mutating func tellWatermark(at now: Timestamp, _ emit: (Output) -> Void) {
    guard let first = wanted.entries.first, first.instant <= watermark else {
      task = .none
      return
    }
    let (key, watermark) = (groups.slots[first.slot].key, watermark)
    groups.slots[first.slot].value.chain.advance(to: watermark, at: now) {
      emit(Keyed(key: key, value: $0))
    }
    settle(first.slot)
  }

  /// Fires the next group whose deadline has come, or closes the next that was silent for long.
  @inlinable
  mutating func tellDeadline(at now: Timestamp, _ emit: (Output) -> Void) {
    if let first = deadlines.entries.first, first.instant <= now {
      let key = groups.slots[first.slot].key
      groups.slots[first.slot].value.chain.fire(at: now) { emit(Keyed(key: key, value: $0)) }
      settle(first.slot)
    } else if idleDeadline <= now, groups.first >= 0 {
      counts.idle &+= 1
      close(groups.first, leaves: true)
    } else {
      task = .none
    }
  }

  /// Lets a group say what it holds, then tells it the next of what comes with its end.
  @inlinable
  mutating func goOn(
    _ slot: Int,
    at now: Timestamp,
    room: Int,
    _ emit: (Output) -> Void
  ) {
    let key = groups.slots[slot].key
    let emit = { (output: Inner.Output) in emit(Keyed(key: key, value: output)) }
    if Inner.holds, groups.slots[slot].value.chain.isPending {
      groups.slots[slot].value.chain.resume(at: now, room: room, emit)
      return settle(slot)
    }
    switch groups.slots[slot].value.closing {
    case .lastWatermark:
      groups.slots[slot].value.closing = .finish
      groups.slots[slot].value.chain.advance(to: .never, at: now, emit)
    case .finish:
      groups.slots[slot].value.closing = .told
      groups.slots[slot].value.chain.finish(at: now, emit)
    case .told, .closed:
      return end(slot)
    case .open:
      break
    }
    settle(slot)
  }
}
