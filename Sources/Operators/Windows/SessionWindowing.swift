// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Aggregates elements in sessions: windows that grow as long as elements follow each other.
///
/// A session fires when the watermark reaches its end, and again for each element that comes after
/// that but before the watermark has passed the end by the lateness; other triggers may be asked for.
/// Where an element joins sessions that have fired, the next firing of the joined one says which it
/// replaces, and goes on with the highest revision. An element that would open a session which has
/// ended by more than the lateness is late: it is counted, and dropped or written elsewhere; it joins
/// none that was forgotten. Without event time the instant counts at which the entry was appended.
///
/// It holds one aggregate for each open session; the number is bounded, a million by default. Sessions
/// fire in the order of their ends, or when they close, those of one instant in the order in which they
/// opened. O(1) for each element, O(log n) for each firing.
public struct SessionWindowing<Element: Sendable, Key: Hashable & Sendable, Value: Aggregate>:
  Operator
where Value.Input == Element {
  /// What comes out.
  public typealias Output = WindowResult<Key, Value.Result>

  /// A session that fires by what its last element did, or by the clock.
  @usableFromInline
  struct Asked: Sendable {
    @usableFromInline let place: Int
    @usableFromInline let number: UInt64

    @inlinable
    init(place: Int, number: UInt64) {
      (self.place, self.number) = (place, number)
    }
  }

  @usableFromInline let windows: SessionWindows
  @usableFromInline let key: @Sendable (Element) -> Key
  @usableFromInline let time: (@Sendable (Element) -> Timestamp)?
  @usableFromInline let options: WindowOptions
  @usableFromInline let empty: Value
  @usableFromInline let judgesOpen: Bool
  @usableFromInline var ledger: WindowLedger<Element>
  @usableFromInline var store = SessionStore<Key, Value>()
  @usableFromInline var timers = LeastHeap<SessionTimer>()
  @usableFromInline var watermark = Int64.min
  /// When sessions next fire early by the clock.
  @usableFromInline var tick = Timestamp.never
  @usableFromInline var asked: [Asked] = []
  /// How many of those asked for were given out.
  @usableFromInline var answered = 0
  @usableFromInline var leaving: [LeavingWindow<Key, Value>] = []
  /// Whether something that fires was not given out yet.
  @usableFromInline var isWaiting = false

  @usableFromInline
  init(
    _ windows: SessionWindows,
    by key: @escaping @Sendable (Element) -> Key,
    at time: (@Sendable (Element) -> Timestamp)?,
    options: WindowOptions,
    late: SideOutput<Element>?,
    aggregate: Value
  ) {
    self.windows = windows
    self.key = key
    self.time = time
    var options = options
    if time == nil { options.lateness = 0 }
    self.options = options
    empty = aggregate
    judgesOpen = options.earlyCount != nil || options.earlyEvery != nil
    ledger = WindowLedger(late)
  }

  /// True: several sessions may end at once.
  @inlinable public static var expands: Bool { true }

  @inlinable var isClocked: Bool { time == nil }

  /// Adds the element to its session, which it may open, prolong or join with others.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Output) -> Void) {
    let instant = if let time { time(element) } else { now }
    let (start, end) = (instant.milliseconds, instant.milliseconds.addingClamped(windows.gap))
    guard end < .max else {
      ledger.noteLate(element)
      return
    }
    let key = key(element)
    let hash = windowHash(key, seed: store.seed)
    let newest = store.newest(of: key, hash)
    guard let place = session(start, end, from: newest) ?? open(element, key, hash, end, newest)
    else { return }
    store.sessions[place].slot.add(element)
    store.noteChange(at: place)
    judge(place, at: now)
  }

  /// The session of a key to which a window belongs, grown by it.
  @inlinable
  mutating func session(_ start: Int64, _ end: Int64, from newest: Int) -> Int? {
    var place = newest
    while place >= 0 {
      let (otherStart, otherEnd) = (store.sessions[place].start, store.sessions[place].end)
      if windows.merges(start, end, with: otherStart, otherEnd) {
        if start >= otherStart, end <= otherEnd { return place }
        if store.sessions[newest].next >= 0 { return join(start, end, from: newest) }
        store.sessions[place].grow(from: start, to: end)
        schedule(place)
        return place
      }
      place = store.sessions[place].next
    }
    return nil
  }

  /// Joins all sessions of a key that a window reaches to the oldest of them.
  @usableFromInline
  mutating func join(_ start: Int64, _ end: Int64, from newest: Int) -> Int {
    var reached: [Int] = []
    var place = newest
    while place >= 0 {
      let session = store.sessions[place]
      if windows.merges(start, end, with: session.start, session.end) { reached.append(place) }
      place = session.next
    }
    let oldest = reached.removeLast()
    for other in reached { swallow(other, into: oldest) }
    store.sessions[oldest].grow(from: start, to: end)
    schedule(oldest)
    return oldest
  }

  private mutating func swallow(_ place: Int, into oldest: Int) {
    let other = store.sessions[place]
    store.sessions[oldest].grow(from: other.start, to: other.end)
    if other.hasTold { store.sessions[oldest].replace([other.start..<other.end]) }
    store.sessions[oldest].replace(other.replaced)
    let slot = store.sessions[oldest].slot
    store.sessions[oldest].slot.value.merge(other.slot.value)
    store.sessions[oldest].slot.firings = max(slot.firings, other.slot.firings)
    let (news, overflows) = slot.news.addingReportingOverflow(other.slot.news)
    store.sessions[oldest].slot.news = overflows ? .max : news
    store.remove(at: place, empty: empty)
  }

  /// Opens a session for an element that belongs to none; `nil` if it is late or there is no room.
  @inlinable
  mutating func open(
    _ element: Element,
    _ key: Key,
    _ hash: UInt32,
    _ end: Int64,
    _ newest: Int
  ) -> Int? {
    var newest = newest
    if isClosed(end) {
      ledger.noteLate(element)
      return nil
    }
    if store.count >= options.limit {
      guard options.overflow == .evictOldest, evictFirst() else {
        ledger.rejected += 1
        return nil
      }
      newest = store.newest(of: key, hash)
    }
    let place = store.open(key, hash, end - windows.gap, end, empty, before: newest)
    schedule(place)
    return place
  }

  /// Whether a session with that end takes no more elements.
  @inlinable
  func isClosed(_ end: Int64) -> Bool {
    watermark != .min && watermark >= end.addingClamped(options.lateness)
  }

  /// Sees to it that a session whose end has changed is heard of in time.
  @inlinable
  mutating func schedule(_ place: Int) {
    let end = store.sessions[place].end
    store.sessions[place].isPast = watermark != .min && end <= watermark
    let due = store.sessions[place].isPast ? end.addingClamped(options.lateness) : end
    if due < store.sessions[place].timer { setTimer(place, due) }
  }

  @inlinable
  mutating func setTimer(_ place: Int, _ due: Int64) {
    store.sessions[place].timer = due
    store.noteChange(at: place)
    timers.insert(
      SessionTimer(time: due, number: store.sessions[place].number, place: place)
    )
    if timers.count > 64, timers.count > 2 * store.count { dropVoidTimers() }
  }

  @usableFromInline
  mutating func dropVoidTimers() {
    let sessions = store.sessions
    timers.filter { timer in
      let session = sessions[timer.place]
      return session.isLive && session.number == timer.number && session.timer == timer.time
    }
  }

  /// Tells whether a session fires by its newest element.
  @inlinable
  mutating func judge(_ place: Int, at now: Timestamp) {
    if store.sessions[place].isPast {
      if store.sessions[place].slot.news >= options.lateCount { ask(place) }
    } else if judgesOpen {
      if let count = options.earlyCount, store.sessions[place].slot.news >= count { ask(place) }
      if tick == .never { tick = options.tick(after: now) }
    }
  }

  @inlinable
  mutating func ask(_ place: Int) {
    asked.append(Asked(place: place, number: store.sessions[place].number))
    isWaiting = true
  }

  /// Whether something that fires was not given out yet.
  @inlinable public var isPending: Bool { isWaiting }

  /// Where sessions next end, or are forgotten.
  @inlinable public var nextWatermark: Timestamp {
    isClocked ? .never : Timestamp(milliseconds: timers.first?.time ?? .max)
  }

  /// When the next session ends by the clock, or sessions next fire early by it.
  @inlinable public var deadline: Timestamp {
    guard isClocked, let first = timers.first else { return tick }
    return min(tick, Timestamp(milliseconds: first.time.subtractingClamped(1)))
  }

  /// Hears where the watermark stands: what is late is judged by it.
  @inlinable
  public mutating func hear(_ watermark: Timestamp) {
    if !isClocked { self.watermark = max(self.watermark, watermark.milliseconds) }
  }

  /// Takes the watermark; the sessions that it ends are given out by ``resume(at:room:_:)``.
  @inlinable
  public mutating func advance(
    to watermark: Timestamp,
    at now: Timestamp,
    _ emit: (Output) -> Void
  ) {
    if isClocked {
      guard watermark == .never else { return }
      self.watermark = max(self.watermark, greatestEnd ?? self.watermark)
    } else {
      self.watermark = max(self.watermark, watermark.milliseconds)
    }
    settle()
  }

  /// The greatest end of a session that waits for the watermark.
  public var latestEnd: Timestamp {
    guard !isClocked, let greatestEnd else { return .distantPast }
    return Timestamp(milliseconds: greatestEnd)
  }

  @usableFromInline var greatestEnd: Int64? {
    store.sessions.lazy.filter { $0.isLive && !$0.isPast }.map(\.end).max()
  }

  /// Whether late elements wait to be written.
  @inlinable public var hasSideWrites: Bool { ledger.hasSideWrites }

  /// Hands over the late elements.
  @inlinable
  public mutating func takeSideWrites(_ take: (SideWrite) -> Void) {
    ledger.sides?.takeWrites(take)
  }

  /// The stage `session window`: elements that were `late` or `rejected`, sessions `evicted`, results
  /// `fired`, sessions `open` now, and of those the ones `waiting` for the watermark.
  public var stages: [StageStatistics] {
    let waiting = store.sessions.reduce(0) { $0 + ($1.isLive && !$1.isPast ? 1 : 0) }
    return ledger.stage("session window", open: store.count, waiting: waiting, panes: store.count)
  }
}
