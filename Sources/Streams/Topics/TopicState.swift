// SPDX-License-Identifier: Apache-2.0

/// Everything a topic decides, without locks, tasks or clocks; ``Topic`` acts on it.
///
/// There are as many as there are topics, most of them idle: what few need is in ``extras``.
@usableFromInline
struct TopicState<Element: Sendable>: ~Copyable {
  /// Somebody who wants to be told once when there is something behind a position.
  struct Waiter {
    let id: UInt64
    let wake: @Sendable () -> Void
  }

  let epoch: Epoch
  @usableFromInline var log: TopicLog<Element>
  /// Appends that the journal was handed and that are not stored yet.
  var unstored = 0
  /// When it was closed.
  @usableFromInline var closed: Timestamp?
  /// No later entry or mark may be appended before this instant.
  var floor = Timestamp.distantPast
  @usableFromInline var held: [HeldPublish<Element>] = []
  private var waiters: [Waiter] = []
  /// What was never asked of most topics, if it was of this one.
  private(set) var extras: TopicExtras<Element>?
  /// What each lossless cursor reads next; nothing from there on is dropped.
  @usableFromInline var holds = CursorHolds()
  private var nextID: UInt64 = 1

  init(_ origin: TopicOrigin, settings: TopicSettings<Element>) {
    epoch = origin.epoch
    floor = origin.floor
    log = TopicLog(settings: settings)
    log.goOn(at: origin.end)
    if !origin.formerLives.isEmpty { makeExtras().formerLives = origin.formerLives }
  }

  /// Where a reader of some life of the log goes on in this one; `nil` if this has nothing of that.
  func carryOver(_ place: Position, from life: Epoch) -> Position? {
    if life == epoch { return place }
    let former = extras?.formerLives ?? []
    guard let first = former.firstIndex(where: { $0.epoch == life }) else { return nil }
    var place = place
    for life in former[first...] {
      place.next = min(place.next, life.end.next)
      place.nextMark = min(place.nextMark, life.end.nextMark)
    }
    return place
  }

  /// What few topics need, for this one too from now on.
  mutating func makeExtras() -> TopicExtras<Element> {
    if let extras { return extras }
    let made = TopicExtras<Element>(keys: log.settings.idempotency)
    extras = made
    return made
  }

  mutating func makeID() -> UInt64 {
    defer { nextID += 1 }
    return nextID
  }

  /// Tells whether anything keeps the topic in use.
  func isInUse(now: Timestamp) -> Bool {
    !holds.isEmpty || !waiters.isEmpty || !held.isEmpty || log.count > 0 || unstored > 0
      || extras?.isInUse(now: max(floor, now)) == true
  }

  /// What the topic counts and keeps.
  var statistics: TopicStatistics {
    var statistics = TopicStatistics()
    statistics.published = log.next - 1
    statistics.waitingPublishes = heldCallers
    statistics.heldLag = heldLag
    statistics.firstOffset = log.first
    statistics.lastOffset = log.next - 1
    statistics.bytes = log.bytes
    statistics.watermark = log.marks.watermark
    guard let extras else { return statistics }
    statistics.heldPublishes = extras.heldPublishes
    statistics.oversized = extras.oversized
    statistics.repeatedPublishes = extras.repeatedPublishes
    statistics.rememberedKeys = extras.keys.count
    statistics.displacedKeys = extras.keys.displaced
    return statistics
  }

  // MARK: Appending

  /// Why a publish can never be stored, or `nil`.
  func refusal(count: Int, bytes: Int) -> PublishError? {
    if closed != nil { return .closed }
    let limits = log.settings.retention
    if count > limits.maximumPublishCount || bytes > limits.maximumPublishBytes {
      return .tooLarge(
        maximumCount: limits.maximumPublishCount,
        maximumBytes: limits.maximumPublishBytes
      )
    }
    let isFull = heldCallers >= TopicLimits.heldPublishes
    if isFull || (!held.isEmpty && heldBytes + bytes > TopicLimits.heldBytes) {
      return .tooManyHeld(limit: heldCallers)
    }
    return nil
  }

  /// Why the topic's table does not take a publish now, or `nil`.
  func rowRefusal(of elements: [Element], if condition: RowCondition?) -> PublishError? {
    guard let table = extras?.indexes.table else {
      // Nobody expects anything of the rows of what is no table.
      return condition == nil ? nil : .notStored(JournalError(RowRefusal.notMatched(newest: nil)))
    }
    return table.refusal(of: elements, if: condition).map { .notStored(JournalError($0)) }
  }

  /// Stores all elements if they fit and nobody waits before them; else answers `nil`.
  mutating func store(_ elements: [Element], bytes: Int, now: Timestamp) -> Receipt? {
    guard held.isEmpty else { return nil }
    if let age = log.settings.retention.maximumAge { expire(age, now: now) }
    guard fits(elements.count, bytes) else { return nil }
    return append(elements, now: now)
  }

  mutating func fits(_ count: Int, _ bytes: Int) -> Bool {
    let slowest = holds.slowest ?? .max
    return log.makeRoom(forCount: count, bytes: bytes, keepingFrom: slowest)
  }

  mutating func append(_ elements: [Element], now: Timestamp) -> Receipt {
    floor = max(floor, now)
    let first = log.append(elements, appended: floor)
    if let extras, !extras.indexes.isEmpty {
      extras.indexes.note(elements, first: first, appended: floor, in: log)
    }
    return Receipt(
      epoch: epoch,
      firstOffset: first,
      lastOffset: log.next - 1,
      appended: floor
    )
  }

  /// What the publishes that wait weigh.
  private var heldBytes: Int { held.reduce(0) { $0 + $1.bytes } }

  mutating func mark(_ mark: Mark, now: Timestamp) -> Bool {
    guard closed == nil else { return false }
    floor = max(floor, now)
    return log.append(mark, appended: floor)
  }

  // MARK: Reading

  @inlinable
  mutating func holdBack(cursor: UInt64, from offset: Offset) {
    holds.hold(cursor, from: offset)
  }

  mutating func release(cursor: UInt64) {
    holds.release(cursor)
  }

  /// How far the slowest lossless cursor is behind, in entries.
  var heldLag: UInt64 { log.next - (holds.slowest ?? log.next) }

  /// Promises that nothing will be appended at or before `instant`, if nothing is unread there.
  ///
  /// Not once the topic is closed: how far its silence reaches is then told by when that was.
  mutating func promise(through instant: Timestamp, to position: Position) -> Bool {
    // What the journal was handed already may be of an earlier instant.
    guard closed == nil, unstored == 0, position == log.end else { return false }
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

  /// Registers `waiter` for the topic's end unless it is there already.
  mutating func awaitEnd(_ waiter: Waiter) -> Bool {
    guard closed == nil else { return false }
    makeExtras().endWaiters.append(waiter)
    return true
  }

  mutating func removeWaiter(_ id: UInt64) -> Waiter? {
    if let index = waiters.firstIndex(where: { $0.id == id }) { return waiters.remove(at: index) }
    guard let extras, let index = extras.endWaiters.firstIndex(where: { $0.id == id }) else {
      return nil
    }
    return extras.endWaiters.remove(at: index)
  }

  /// Everybody who waits, once; at the end also those who wait for nothing else.
  mutating func takeWaiters() -> [Waiter] {
    if closed != nil {
      let all = waiters + (extras?.endWaiters ?? [])
      waiters = []
      extras?.endWaiters = []
      return all
    }
    guard !waiters.isEmpty else { return [] }
    defer { waiters = [] }
    return waiters
  }
}

/// Bounds of a topic that are not its retention.
public enum TopicLimits {
  /// The most callers that may wait for a lossless cursor; a further publish is refused.
  public static let heldPublishes = 1_024
  /// The milliseconds after which a sampling reader looks again whether what its interval waits for is
  /// stored.
  static let sampleRetry: Int64 = 20
  /// The most bytes of publishes that may wait, but for a single one.
  public static let heldBytes = 32 << 20
}
