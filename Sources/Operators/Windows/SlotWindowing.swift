// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Windows on a grid, each with an aggregate of its own for every key.
///
/// An element touches each window that it is in; what is open fires by the watermark, by triggers
/// and when it closes.
@usableFromInline
struct SlotWindowing<Element: Sendable, Key: Hashable & Sendable, Value: Aggregate>: Sendable
where Value.Input == Element {
  @usableFromInline typealias Output = WindowResult<Key, Value.Result>

  /// A window that holds something.
  @usableFromInline
  struct Window: Sendable {
    @usableFromInline let start: Int64
    @usableFromInline let end: Int64
    @usableFromInline var slots = KeyTable<Key, WindowSlot<Value>>()
    /// Whether it has fired at its end, or was first heard of after that.
    @usableFromInline var isPast = false
    /// Whether it has fired for the last time.
    @usableFromInline var isClosed = false

    @inlinable
    init(start: Int64, end: Int64) {
      (self.start, self.end) = (start, end)
    }

    /// Adds the element of a key that is here; answers the key's place.
    @inlinable @inline(__always)
    mutating func add(_ element: Element, _ key: Key) -> Int? {
      guard let place = slots.find(key) else { return nil }
      slots.entries[place].value.add(element)
      slots.noteChange(at: place)
      return place
    }
  }

  /// A window that is being given out, key by key.
  @usableFromInline
  struct Sweep: Sendable {
    @usableFromInline
    enum Kind: UInt8, Sendable { case onTime, closing, early }
    @usableFromInline let kind: Kind
    @usableFromInline let end: Int64
    @usableFromInline var place = 0

    @usableFromInline
    init(_ kind: Kind, end: Int64) {
      (self.kind, self.end) = (kind, end)
    }
  }

  /// A window and key that fires by what its last element did.
  @usableFromInline
  struct Asked: Sendable {
    @usableFromInline let end: Int64
    @usableFromInline let place: Int

    @inlinable
    init(end: Int64, place: Int) {
      (self.end, self.place) = (end, place)
    }
  }

  @usableFromInline let grid: AlignedWindows
  @usableFromInline let options: WindowOptions
  @usableFromInline let empty: Value
  /// Whether windows end by the clock of `appended` and not by a watermark.
  @usableFromInline let isClocked: Bool
  @usableFromInline let judgesOpen: Bool
  @usableFromInline var ledger: WindowLedger<Element>

  /// By end, ascending; those that are past come first.
  @usableFromInline var windows: [Window] = []
  /// The window that took the last element: times that follow each other share one.
  @usableFromInline var recent = 0
  /// The aggregates of all windows.
  @usableFromInline var entryCount = 0
  @usableFromInline var watermark = Int64.min
  /// The end of the first window that is not past; `.max` if there is none.
  @usableFromInline var nextEnd = Int64.max
  @usableFromInline var nextWatermark = Timestamp.distantPast
  /// When windows next fire early by the clock.
  @usableFromInline var tick = Timestamp.never
  @usableFromInline var isTicking = false
  @usableFromInline var asked: [Asked] = []
  @usableFromInline var leaving: [LeavingWindow<Key, Value>] = []
  @usableFromInline var sweep: Sweep?
  @usableFromInline var isPending = false
  /// All elements of windows that have fired, by key.
  @usableFromInline var totals: KeyTable<Key, Value>?
  /// For windows that fire empty: each key with the end of its first window.
  @usableFromInline var known: KeyTable<Key, Int64>?
  /// For windows that fire empty: the end of the newest that has fired.
  @usableFromInline var filledThrough = Int64.min

  @usableFromInline
  init(
    _ grid: AlignedWindows,
    _ options: WindowOptions,
    isClocked: Bool,
    late: SideOutput<Element>?,
    aggregate: Value
  ) {
    self.grid = grid
    var options = options
    if isClocked { options.lateness = 0 }
    self.options = options
    self.isClocked = isClocked
    empty = aggregate
    judgesOpen = options.earlyCount != nil || options.earlyEvery != nil
    ledger = WindowLedger(late)
    totals = options.keepsTotal ? KeyTable() : nil
    known = options.firesEmpty ? KeyTable() : nil
    if isClocked || grid.isGlobal { nextWatermark = .never }
  }

  /// Adds the element to each of its windows that is not closed.
  @inlinable
  mutating func receive(_ element: Element, key: Key, time: Int64, at now: Timestamp) {
    if recent < windows.count, windows[recent].start <= time, time < windows[recent].end,
      !grid.overlap
    {
      add(element, key, toWindow: recent, at: now)
    } else if grid.isGlobal {
      offer(element, key, toEnd: .max, at: now)
    } else {
      spread(element, key, time, at: now)
      // A window that was opened may be what those without elements before it wait for.
      if options.firesEmpty { settle() }
    }
  }

  @inlinable
  mutating func spread(_ element: Element, _ key: Key, _ time: Int64, at now: Timestamp) {
    let lastEnd = grid.lastEnd(holding: time)
    guard grid.hold(time), !isClosed(lastEnd) else {
      ledger.noteLate(element)
      return
    }
    var end = grid.firstEnd(after: time)
    while end <= lastEnd {
      if !isClosed(end) { offer(element, key, toEnd: end, at: now) }
      end = end.addingClamped(grid.every)
    }
  }

  /// Whether a window with that end takes no more elements.
  @inlinable
  func isClosed(_ end: Int64) -> Bool {
    watermark != .min && watermark >= end.addingClamped(options.lateness)
  }

  /// Adds the element to the window with that end, which is opened if need be.
  @inlinable
  mutating func offer(_ element: Element, _ key: Key, toEnd end: Int64, at now: Timestamp) {
    guard let at = position(of: end) ?? open(end) else {
      ledger.rejected += 1
      return
    }
    recent = at
    add(element, key, toWindow: at, at: now)
  }

  @inlinable
  func position(of end: Int64) -> Int? {
    let at = place(of: end)
    return at < windows.count && windows[at].end == end ? at : nil
  }

  /// The index of the first window that ends at `end` or later: they are in the order of their ends.
  @inlinable
  func place(of end: Int64) -> Int {
    if let last = windows.last, last.end < end { return windows.count }
    var (low, high) = (0, windows.count)
    while low < high {
      let middle = (low + high) / 2
      if windows[middle].end >= end { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Opens a window; `nil` if there is no room for anything in it.
  @inlinable
  mutating func open(_ end: Int64) -> Int? {
    if entryCount >= options.limit, options.overflow == .rejectNewest { return nil }
    let start = grid.isGlobal ? Int64.min : end.subtractingClamped(grid.size)
    var window = Window(start: start, end: end)
    window.isPast = watermark != .min && end <= watermark
    if !window.isPast { nextEnd = min(nextEnd, end) }
    let at = place(of: end)
    // As many keys as in the one before it, most likely; but a window that comes late has few.
    if at > 0, at == windows.count {
      let most = min(windows[at - 1].slots.count, options.limit - entryCount)
      window.slots.reserve(min(most, 4_096))
    }
    windows.insert(window, at: at)
    return at
  }

  @inlinable
  mutating func add(_ element: Element, _ key: Key, toWindow at: Int, at now: Timestamp) {
    var at = at
    guard let place = windows[at].add(element, key) ?? insert(key, element, &at) else {
      ledger.rejected += 1
      return
    }
    if windows[at].isPast {
      judgePast(element, key, place, at)
    } else if judgesOpen {
      judge(place, at, at: now)
    }
  }

  /// Makes an aggregate of a key's first element in a window, if need be in place of the oldest.
  @inlinable
  mutating func insert(_ key: Key, _ element: Element, _ at: inout Int) -> Int? {
    if entryCount >= options.limit {
      if options.overflow == .rejectNewest { return nil }
      at -= evictOldest(keeping: at)
    }
    entryCount += 1
    note(key, windows[at].end)
    var slot = WindowSlot(empty)
    slot.add(element)
    return windows[at].slots.insert(key, slot)
  }

  /// Tells whether an open window fires early by its newest element.
  @inlinable
  mutating func judge(_ place: Int, _ at: Int, at now: Timestamp) {
    if let count = options.earlyCount, windows[at].slots.entries[place].value.news >= count {
      asked.append(Asked(end: windows[at].end, place: place))
      isPending = true
    }
    if tick == .never { tick = options.tick(after: now) }
  }

  /// Tells whether a window that is past fires again by its newest element.
  @inlinable
  mutating func judgePast(_ element: Element, _ key: Key, _ place: Int, _ at: Int) {
    if totals != nil { addTotal(element, key) }
    if windows[at].slots.entries[place].value.news >= options.lateCount {
      asked.append(Asked(end: windows[at].end, place: place))
      isPending = true
    }
  }

  /// Takes the watermark; what it ends is given out by ``resume(room:_:)``.
  @inlinable
  mutating func advance(to instant: Timestamp) {
    if isClocked || grid.isGlobal {
      // The end of the flow ends what the clock or nothing else would end.
      guard instant == .never else { return }
      watermark = max(watermark, windows.last?.end ?? watermark)
    } else {
      watermark = max(watermark, instant.milliseconds)
      planNextWatermark()
    }
    settle()
  }

  /// The next watermark that fires a window or changes what is late: an end, or an end and lateness.
  @inlinable
  mutating func planNextWatermark() {
    let end = grid.firstEnd(after: watermark)
    let close = grid.firstEnd(after: watermark.subtractingClamped(options.lateness))
    nextWatermark = Timestamp(milliseconds: min(end, close.addingClamped(options.lateness)))
  }

  /// When windows fire by the clock: behind the last instant that is in them.
  @inlinable var deadline: Timestamp {
    guard isClocked, !grid.isGlobal, nextEnd != .max else { return tick }
    return min(tick, Timestamp(milliseconds: nextEnd.subtractingClamped(1)))
  }

  /// Hears that the clock has come to `now`, and that nothing more comes with that instant.
  @inlinable
  mutating func fire(at now: Timestamp) {
    if isClocked, !grid.isGlobal {
      watermark = max(watermark, now.advanced(byMilliseconds: 1).milliseconds)
    }
    if tick <= now {
      tick = .never
      isTicking = true
    }
    settle()
  }

  /// The greatest end of a window that waits for the watermark.
  @inlinable var latestEnd: Timestamp {
    guard !isClocked, !grid.isGlobal, let last = windows.last, !last.isPast else {
      return .distantPast
    }
    return Timestamp(milliseconds: last.end)
  }
}
