// SPDX-License-Identifier: Apache-2.0
public import Streams

/// What becomes of an element for which there is no token.
public enum RateExcess: Hashable, Sendable {
  /// It is dropped, and counted as `dropped`.
  case drop
  /// It waits for a token, behind others of its key; at most so many per key as the limit says.
  case hold(QueueLimit)
}

/// Lets elements through as long as there are tokens, which come at a steady rate: a token bucket
/// per key.
///
/// What waits is given out when the flow ends. State: a bucket per key that is not full again, with
/// what waits of the key: at most as many keys and elements as the limits say. Cost: O(1) per
/// element, O(log n) per output in the number of keys.
public struct RateLimit<Element: Sendable, Key: Hashable & Sendable>: Operator {
  @usableFromInline
  struct Lane: Sendable {
    @usableFromInline var bucket: TokenBucket
    @usableFromInline var queue = WaitingQueue<Element>()

    @usableFromInline
    init(bucket: TokenBucket) {
      self.bucket = bucket
    }

    /// Takes a token, unless there is none or others wait for it.
    @inlinable
    mutating func take(at now: Timestamp, by rate: TokenRate) -> Bool {
      bucket.refill(to: now, by: rate)
      return queue.isEmpty && bucket.take(by: rate)
    }

    /// When there is something to do: an element to give out, or else the bucket to forget.
    @inlinable
    func deadline(by rate: TokenRate) -> Timestamp {
      queue.isEmpty ? bucket.isFull(by: rate) : bucket.nextToken(by: rate)
    }
  }

  @usableFromInline let rate: TokenRate
  @usableFromInline let key: @Sendable (Element) -> Key
  @usableFromInline let excess: RateExcess
  /// The buckets that are not full.
  @usableFromInline var lanes: TimedKeys<Key, Lane>
  /// What leaves before its time.
  @usableFromInline var early = WaitingQueue<Element>()
  @usableFromInline var dropped: UInt64 = 0
  @usableFromInline var released: UInt64 = 0

  /// Makes the operator; see ``Streams/Flow/rateLimit(_:per:burst:by:excess:keys:)``.
  public init(
    _ count: Int,
    per period: Duration,
    burst: Int,
    by key: @escaping @Sendable (Element) -> Key,
    excess: RateExcess,
    keys limit: KeyLimit
  ) {
    rate = TokenRate(count, per: period, burst: burst)
    self.key = key
    self.excess = excess
    lanes = TimedKeys(limit: limit)
  }

  /// True: several elements may have waited for one instant.
  @inlinable public static var expands: Bool { true }

  /// Emits the element if there is a token; else drops it or lets it wait.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Element) -> Void) {
    if case .drop = excess { forgetFull(at: now) }
    let key = key(element)
    if let slot = lanes.slot(of: key) {
      pass(element, in: slot, at: now, emit)
    } else {
      open(key, element, at: now, emit)
    }
  }

  @inlinable
  mutating func pass(
    _ element: Element,
    in slot: Int,
    at now: Timestamp,
    _ emit: (Element) -> Void
  ) {
    lanes.noteChange(at: slot)
    if lanes.slots[slot]?.value.take(at: now, by: rate) == true {
      emit(element)
    } else if case .hold(let limit) = excess {
      hold(element, in: slot, limit, emit)
    } else {
      // The bucket will be full when it would have been.
      dropped &+= 1
      return
    }
    plan(slot)
  }

  @inlinable
  mutating func hold(
    _ element: Element,
    in slot: Int,
    _ limit: QueueLimit,
    _ emit: (Element) -> Void
  ) {
    if let count = lanes.slots[slot]?.value.queue.count, count >= limit.count {
      switch limit.overflow {
      case .release:
        released &+= 1
        if let first = lanes.slots[slot]?.value.queue.popFirst() { emit(first) }
      case .dropOldest:
        dropped &+= 1
        _ = lanes.slots[slot]?.value.queue.popFirst()
      case .dropNewest:
        dropped &+= 1
        return
      }
    }
    lanes.slots[slot]?.value.queue.append(element)
  }

  @inlinable
  mutating func open(
    _ key: Key,
    _ element: Element,
    at now: Timestamp,
    _ emit: (Element) -> Void
  ) {
    switch lanes.makeRoom() {
    case .none: return
    case .free: break
    case .freed(let slot): early = slot.value.queue
    }
    let lane = Lane(bucket: TokenBucket(level: rate.full - rate.token, at: now))
    lanes.insert(key, lane, until: lane.deadline(by: rate))
    // What had to go for this key came before it.
    if early.isEmpty { emit(element) } else { early.append(element) }
  }

  /// Sets the deadline of a key anew.
  @inlinable
  mutating func plan(_ slot: Int) {
    guard let deadline = lanes.slots[slot]?.value.deadline(by: rate),
      deadline != lanes.slots[slot]?.deadline
    else { return }
    lanes.move(slot, to: deadline)
  }

  /// Forgets at most two keys whose bucket is full again, so that no element pays for many.
  @inlinable
  mutating func forgetFull(at now: Timestamp) {
    guard lanes.mayBeDue(at: now) else { return }
    lanes.settle()
    for _ in 0..<2 where lanes.isDue { _ = lanes.removeFirst() }
  }

  /// When the first that waits gets its token or a bucket is full; never if nothing can wait.
  @inlinable public var deadline: Timestamp {
    if case .drop = excess { .never } else { lanes.deadline }
  }

  /// Lets go of what has a token by now; ``resume(at:room:_:)`` gives it out.
  @inlinable
  public mutating func fire(at now: Timestamp, _ emit: (Element) -> Void) {
    lanes.reach(now)
  }

  /// Lets go of everything; ``resume(at:room:_:)`` gives it out.
  @inlinable
  public mutating func finish(at now: Timestamp, _ emit: (Element) -> Void) {
    lanes.close()
  }

  /// Whether something has a token that was not given out yet.
  @inlinable public var isPending: Bool {
    if !early.isEmpty { return true }
    if case .drop = excess, !lanes.isClosing { return false }
    return lanes.isDue
  }

  /// Gives out what has a token, in the order in which the tokens came.
  @inlinable
  public mutating func resume(at now: Timestamp, room: Int, _ emit: (Element) -> Void) {
    var left = room
    while left > 0, let element = early.popFirst() {
      emit(element)
      left -= 1
    }
    while left > 0, early.isEmpty, let slot = lanes.due {
      guard let element = next(in: slot) else { continue }
      emit(element)
      left -= 1
    }
  }

  /// The element of a key that is due; forgets the key if there is none.
  @inlinable
  mutating func next(in slot: Int) -> Element? {
    guard let now = lanes.slots[slot]?.deadline,
      let element = lanes.slots[slot]?.value.queue.popFirst()
    else {
      _ = lanes.removeFirst()
      return nil
    }
    lanes.noteChange(at: slot)
    lanes.slots[slot]?.value.bucket.refill(to: now, by: rate)
    _ = lanes.slots[slot]?.value.bucket.take(by: rate)
    plan(slot)
    lanes.settle()
    return element
  }

  /// The stage `rateLimit`: elements `dropped`, `refused` and `released` before their time; `keys`
  /// with a bucket that is not full.
  public var stages: [StageStatistics] {
    [
      StageStatistics(
        "rateLimit",
        [
          "dropped": dropped, "refused": lanes.refused, "released": released,
          "releasedKeys": lanes.released, "keys": UInt64(lanes.count),
        ]
      )
    ]
  }
}
