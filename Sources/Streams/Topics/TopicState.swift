// SPDX-License-Identifier: Apache-2.0

/// Everything a topic decides, without locks, tasks or clocks; ``Topic`` acts on it.
@usableFromInline
struct TopicState<Element: Sendable> {
  /// A publish that waits until the slowest lossless cursor has room.
  @usableFromInline
  struct HeldPublish {
    let id: UInt64
    let elements: [Element]
    let bytes: Int
    let completion: @Sendable (Result<Receipt, PublishError>) -> Void
  }

  /// Somebody who wants to be told once when there is something behind a position.
  struct Waiter {
    let id: UInt64
    let wake: @Sendable () -> Void
  }

  let epoch: Epoch
  @usableFromInline var log: TopicLog<Element>
  /// When it was closed.
  private(set) var closed: Timestamp?
  /// No later entry or mark may be appended before this instant.
  var floor = Timestamp.distantPast
  var statistics = TopicStatistics()
  @usableFromInline private(set) var held: [HeldPublish] = []
  private var waiters: [Waiter] = []
  /// What each lossless cursor reads next; nothing from there on is dropped.
  @usableFromInline var holds: [UInt64: Offset] = [:]
  private var nextID: UInt64 = 1

  init(epoch: Epoch, log: TopicLog<Element>) {
    self.epoch = epoch
    self.log = log
  }

  mutating func makeID() -> UInt64 {
    defer { nextID += 1 }
    return nextID
  }

  /// Tells whether anything keeps the topic in use.
  var isInUse: Bool { !holds.isEmpty || !waiters.isEmpty || !held.isEmpty || log.next > 1 }

  // MARK: Appending

  /// Why a publish can never be stored, or `nil`.
  func refusal(count: Int, bytes: Int) -> PublishError? {
    if closed != nil { return .closed }
    let limits = log.retention
    if count > limits.maximumPublishCount || bytes > limits.maximumPublishBytes {
      return .tooLarge(
        maximumCount: limits.maximumPublishCount,
        maximumBytes: limits.maximumPublishBytes
      )
    }
    let isFull = held.count >= TopicLimits.heldPublishes
    if isFull || (!held.isEmpty && heldBytes + bytes > TopicLimits.heldBytes) {
      return .tooManyHeld(limit: held.count)
    }
    return nil
  }

  /// Stores all elements if they fit and nobody waits before them; else answers `nil`.
  mutating func store(_ elements: [Element], bytes: Int, now: Timestamp) -> Receipt? {
    guard held.isEmpty, fits(elements.count, bytes) else { return nil }
    return append(elements, now: now)
  }

  private mutating func fits(_ count: Int, _ bytes: Int) -> Bool {
    let slowest = holds.values.min() ?? .max
    return log.makeRoom(forCount: count, bytes: bytes, keepingFrom: slowest)
  }

  private mutating func append(_ elements: [Element], now: Timestamp) -> Receipt {
    floor = max(floor, now)
    let first = log.append(elements, appended: floor)
    statistics.published += UInt64(elements.count)
    return Receipt(
      epoch: epoch,
      firstOffset: first,
      lastOffset: log.next - 1,
      appended: floor
    )
  }

  /// What the publishes that wait weigh.
  private var heldBytes: Int { held.reduce(0) { $0 + $1.bytes } }

  mutating func hold(_ publish: HeldPublish) {
    held.append(publish)
    statistics.heldPublishes += 1
  }

  /// Takes back a publish that still waits; answers whether it did.
  mutating func withdraw(_ id: UInt64) -> HeldPublish? {
    guard let index = held.firstIndex(where: { $0.id == id }) else { return nil }
    return held.remove(at: index)
  }

  /// Stores what fits now, in the order in which it came; answers whom to tell what.
  mutating func storeHeld(now: Timestamp) -> [(HeldPublish, Receipt)] {
    var stored: [(HeldPublish, Receipt)] = []
    while let first = held.first, fits(first.elements.count, first.bytes) {
      held.removeFirst()
      stored.append((first, append(first.elements, now: now)))
    }
    return stored
  }

  mutating func mark(_ mark: Mark, now: Timestamp) -> Bool {
    guard closed == nil else { return false }
    floor = max(floor, now)
    return log.append(mark, appended: floor)
  }

  /// Ends the topic: readers drain it, held publishes are refused.
  mutating func close(now: Timestamp) -> [HeldPublish] {
    floor = max(floor, now)
    closed = closed ?? floor
    defer { held = [] }
    return held
  }

  // MARK: Reading

  @inlinable
  mutating func holdBack(cursor: UInt64, from offset: Offset) {
    holds[cursor] = offset
  }

  mutating func release(cursor: UInt64) {
    holds[cursor] = nil
  }

  /// How far the slowest lossless cursor is behind, in entries.
  var heldLag: UInt64 { log.next - (holds.values.min() ?? log.next) }

  /// Promises that nothing will be appended at or before `instant`, if nothing is unread there.
  mutating func promise(through instant: Timestamp, to position: Position) -> Bool {
    guard position == log.end else { return false }
    floor = max(floor, instant.advanced(byMilliseconds: 1))
    return true
  }

  /// Registers `waiter` unless there is something to read at `position` already.
  mutating func await(_ waiter: Waiter, at position: Position, marksToo: Bool) -> Bool {
    if closed != nil || position.next < log.next { return false }
    if marksToo, position.nextMark < log.end.nextMark { return false }
    waiters.append(waiter)
    return true
  }

  mutating func removeWaiter(_ id: UInt64) -> Waiter? {
    guard let index = waiters.firstIndex(where: { $0.id == id }) else { return nil }
    return waiters.remove(at: index)
  }

  /// Everybody who waits, once.
  mutating func takeWaiters() -> [Waiter] {
    guard !waiters.isEmpty else { return [] }
    defer { waiters = [] }
    return waiters
  }
}

/// Bounds of a topic that are not its retention.
public enum TopicLimits {
  /// The most publishes that may wait for a lossless cursor; a further one is refused.
  public static let heldPublishes = 1_024
  /// The most bytes of publishes that may wait, but for a single one.
  public static let heldBytes = 32 << 20
}
