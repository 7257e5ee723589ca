// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Windows that overlap and fire by the watermark alone: an element touches one pane of its key,
/// however many windows it is in.
@usableFromInline
struct SharedWindowing<Element: Sendable, Key: Hashable & Sendable, Value: Aggregate>: Sendable
where Value.Input == Element {
  @usableFromInline typealias Output = WindowResult<Key, Value.Result>

  /// What is kept of a key.
  @usableFromInline
  struct Record: Sendable {
    @usableFromInline var stack: PaneStack<Value>
    /// The windows that fired again, with the number of their newest revision.
    @usableFromInline var revisions: [(end: Int64, number: Int)] = []

    @inlinable
    init(_ stack: PaneStack<Value>) {
      self.stack = stack
    }
  }

  /// A window and key that fires again.
  @usableFromInline
  struct Asked: Sendable {
    @usableFromInline let end: Int64
    @usableFromInline let place: Int
    @usableFromInline let revision: Int

    @inlinable
    init(end: Int64, place: Int, revision: Int) {
      (self.end, self.place, self.revision) = (end, place, revision)
    }
  }

  /// A window that is being given out, key by key.
  @usableFromInline
  struct Sweep: Sendable {
    @usableFromInline let end: Int64
    /// The end of the window that fired before it.
    @usableFromInline let former: Int64
    @usableFromInline var place = 0

    @inlinable
    init(end: Int64, former: Int64) {
      (self.end, self.former) = (end, former)
    }
  }

  @usableFromInline let grid: AlignedWindows
  @usableFromInline let options: WindowOptions
  @usableFromInline let empty: Value
  @usableFromInline let isClocked: Bool
  @usableFromInline var ledger: WindowLedger<Element>

  /// The keys in the order in which they became known; one without panes is forgotten.
  @usableFromInline var records = KeyTable<Key, Record>()
  /// The starts of all panes, ascending.
  @usableFromInline var starts: [Int64] = []
  /// The panes of all keys.
  @usableFromInline var entryCount = 0
  /// The pane of the last element: its start and end, and the ends of its first and last window.
  @usableFromInline var recent = Recent()
  @usableFromInline var watermark = Int64.min
  /// Panes that start before this are of no window that takes elements.
  @usableFromInline var keptFrom = Int64.min
  /// All windows that end at or before this have fired.
  @usableFromInline var firedThrough = Int64.min
  /// The end of the first window with elements that has not fired; `.max` if there is none.
  @usableFromInline var nextEnd = Int64.max
  @usableFromInline var nextWatermark = Timestamp.distantPast
  @usableFromInline var asked: [Asked] = []
  @usableFromInline var leaving: [LeavingWindow<Key, Value>] = []
  @usableFromInline var sweep: Sweep?
  @usableFromInline var isPending = false
  /// All elements of windows that have fired, by key.
  @usableFromInline var totals: KeyTable<Key, Value>?

  @usableFromInline
  struct Recent: Sendable {
    @usableFromInline var start = Int64.max
    @usableFromInline var end = Int64.min
    @usableFromInline var firstEnd = Int64.min
    @usableFromInline var lastEnd = Int64.min

    @usableFromInline init() {}
  }

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
    ledger = WindowLedger(late)
    totals = options.keepsTotal ? KeyTable() : nil
    if isClocked { nextWatermark = .never }
  }

  /// Adds the element to its pane; asks for windows that have fired to fire again.
  @inlinable
  mutating func receive(_ element: Element, key: Key, time: Int64) {
    if time < recent.start || time >= recent.end {
      guard grid.hold(time) else {
        ledger.noteLate(element)
        return
      }
      find(time)
    }
    if watermark != .min, watermark >= recent.lastEnd.addingClamped(options.lateness) {
      ledger.noteLate(element)
      return
    }
    guard let place = place(of: key) else {
      ledger.rejected += 1
      return
    }
    // What the windows held before decides whether they have fired.
    if recent.firstEnd <= firedThrough { ask(place) }
    guard put(element, in: place) else {
      asked.removeAll(keepingCapacity: true)
      ledger.rejected += 1
      return
    }
    if recent.firstEnd <= firedThrough, totals != nil { addTotal(element, key) }
    if recent.lastEnd > firedThrough, recent.firstEnd < nextEnd { wait() }
    if recent.firstEnd <= firedThrough || !leaving.isEmpty { settle() }
  }

  /// Finds the pane of a time.
  @usableFromInline
  mutating func find(_ time: Int64) {
    recent.start = grid.paneStart(time)
    recent.end = recent.start + grid.pane
    recent.firstEnd = grid.firstEnd(after: time)
    recent.lastEnd = grid.lastEnd(holding: time)
  }

  /// The place of a key; one whose panes are all over comes anew, behind the others.
  @inlinable
  mutating func place(of key: Key) -> Int? {
    if let place = records.find(key) {
      if let last = records.entries[place].value.stack.lastStart, last >= keptFrom { return place }
      remove(place)
      _ = records.find(key)
    }
    if entryCount >= options.limit, options.overflow == .rejectNewest { return nil }
    return records.insert(key, Record(PaneStack(empty)))
  }

  @inlinable
  mutating func remove(_ place: Int) {
    entryCount -= records.entries[place].value.stack.count
    records.entries[place].value = Record(PaneStack(empty))
    records.remove(at: place)
  }

  /// Adds the element to its pane; answers whether there is room for it.
  @inlinable
  mutating func put(_ element: Element, in place: Int) -> Bool {
    records.noteChange(at: place)
    if records.entries[place].value.stack.add(element, inPane: recent.start) { return true }
    if entryCount >= options.limit {
      guard options.overflow == .evictOldest, evictOldest(keeping: place) else { return false }
    }
    entryCount += 1
    var value = empty
    value.add(element)
    records.entries[place].value.stack.open(recent.start, value)
    noteStart()
    return true
  }

  @inlinable
  mutating func noteStart() {
    if let last = starts.last, last == recent.start { return }
    let at = starts.lastIndex { $0 <= recent.start }
    if let at, starts[at] == recent.start { return }
    starts.insert(recent.start, at: at.map { $0 + 1 } ?? 0)
  }

  /// Notes the first window of the last element that can still fire and has not.
  @inlinable
  mutating func wait() {
    let done = max(firedThrough, watermark.subtractingClamped(options.lateness))
    let end = max(recent.firstEnd, grid.firstEnd(after: done))
    if end <= recent.lastEnd, end < nextEnd {
      nextEnd = end
      if watermark != .min, end <= watermark { settle() }
    }
  }

  /// Asks for the windows of the last element that have fired and may fire again.
  @inlinable
  mutating func ask(_ place: Int) {
    var end = recent.firstEnd
    while end <= min(recent.lastEnd, firedThrough) {
      if watermark < end.addingClamped(options.lateness) {
        let held =
          records.entries[place].value.stack
          .passed(from: end.subtractingClamped(grid.size), to: end) != nil
        asked.append(Asked(end: end, place: place, revision: held ? revise(place, end) : 0))
      }
      end = end.addingClamped(grid.every)
    }
  }

  /// The number of a window's next revision.
  @inlinable
  mutating func revise(_ place: Int, _ end: Int64) -> Int {
    records.noteChange(at: place)
    let closed = watermark.subtractingClamped(options.lateness)
    records.entries[place].value.revisions.removeAll { $0.end <= closed }
    if let at = records.entries[place].value.revisions.firstIndex(where: { $0.end == end }) {
      records.entries[place].value.revisions[at].number += 1
      return records.entries[place].value.revisions[at].number
    }
    records.entries[place].value.revisions.append((end, 1))
    return 1
  }

  /// Takes the watermark; the windows that it ends are given out by ``resume(room:_:)``.
  @inlinable
  mutating func advance(to instant: Timestamp) {
    if isClocked {
      guard instant == .never else { return }
      if let last = starts.last { watermark = max(watermark, grid.lastEnd(holding: last)) }
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
    isClocked && nextEnd != .max ? Timestamp(milliseconds: nextEnd.subtractingClamped(1)) : .never
  }

  /// Hears that the clock has come to `now`, and that nothing more comes with that instant.
  @inlinable
  mutating func fire(at now: Timestamp) {
    guard isClocked else { return }
    watermark = max(watermark, now.advanced(byMilliseconds: 1).milliseconds)
    settle()
  }

  /// The greatest end of a window that waits for the watermark.
  @inlinable var latestEnd: Timestamp {
    guard !isClocked, nextEnd != .max, let last = starts.last else { return .distantPast }
    return Timestamp(milliseconds: grid.lastEnd(holding: last))
  }
}
