// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Aggregates elements in windows on a grid, by event time.
///
/// A window fires when the watermark reaches its end, and again for each element that comes after
/// that but before the watermark has passed the end by `lateness`. An element none of whose
/// windows can fire any more is late: it is counted and dropped; so is one whose time is so far from
/// the epoch that a window around it can't be told in milliseconds. Each element touches one
/// aggregate, however many windows it is in. Windows fire in the order of their ends, the keys of a
/// window in the order in which they came.
public struct AlignedWindowing<Element: Sendable, Key: Hashable & Sendable, Value: Aggregate>:
  Operator
where Value.Input == Element {
  /// What comes out.
  public typealias Output = WindowResult<Key, Value.Result>

  /// A window whose keys are being given out.
  @usableFromInline
  struct Firing: Sendable {
    let end: Int64
    let entries: [(key: Key, value: Value)]
    var index = 0
  }

  @usableFromInline let windows: AlignedWindows
  @usableFromInline let key: @Sendable (Element) -> Key
  @usableFromInline let time: @Sendable (Element) -> Timestamp
  @usableFromInline let lateness: Int64
  @usableFromInline let empty: Value
  @usableFromInline var store = PaneStore<Key, Value>()
  /// The watermark as told.
  @usableFromInline var watermark = Int64.min
  /// All windows that end at or before this have fired.
  @usableFromInline var firedThrough = Int64.min
  /// The end of the first window with elements that has not fired; `.max` if there is none.
  @usableFromInline var nextEnd = Int64.max
  @usableFromInline var late: UInt64 = 0
  @usableFromInline var fired: UInt64 = 0
  /// Whether a window is being given out, or one must fire again.
  @usableFromInline var isFiring = false
  private var firing: Firing?
  private var revisions: RevisionTable<Key>
  private var total: KeyTable<Key, Value>?
  /// The next watermark that fires a window or makes elements late.
  public private(set) var nextWatermark = Timestamp.distantPast

  /// Makes the operator; see ``Streams/Flow/window(_:by:at:lateness:)``.
  public init(
    _ windows: AlignedWindows,
    by key: @escaping @Sendable (Element) -> Key,
    at time: @escaping @Sendable (Element) -> Timestamp,
    lateness: Duration,
    keepsTotal: Bool,
    aggregate: Value
  ) {
    precondition(lateness >= .zero, "lateness is not negative")
    self.windows = windows
    self.key = key
    self.time = time
    self.lateness = lateness.wholeMilliseconds
    empty = aggregate
    revisions = RevisionTable()
    total = keepsTotal ? KeyTable() : nil
  }

  /// True: a window gives out one result per key.
  @inlinable public static var expands: Bool { true }

  /// Adds the element to its pane; asks for revisions of windows that have fired.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Output) -> Void) {
    let time = time(element).milliseconds
    let lastEnd = windows.lastEnd(holding: time)
    if watermark != .min && watermark >= lastEnd.addingClamped(lateness) || !windows.hold(time) {
      late += 1
      return
    }
    let key = key(element)
    let pane = store.index(of: windows.paneStart(time))
    store.add(element, to: key, inPane: pane, empty: empty)
    let firstEnd = windows.firstEnd(after: time)
    if firstEnd <= firedThrough {
      store.panes[pane].isTotalled = true
      refire(key, element, firstEnd, lastEnd)
    }
    if firstEnd < nextEnd { open(firstEnd, lastEnd) }
  }

  /// Notes the first window of an element that can still fire and has not.
  @inlinable
  mutating func open(_ firstEnd: Int64, _ lastEnd: Int64) {
    let done = max(firedThrough, watermark.subtractingClamped(lateness))
    let end = max(firstEnd, windows.firstEnd(after: done))
    if end <= lastEnd, end < nextEnd { nextEnd = end }
  }

  /// Asks again for the windows of a late element that have fired and may fire again.
  @usableFromInline
  mutating func refire(_ key: Key, _ element: Element, _ firstEnd: Int64, _ lastEnd: Int64) {
    if var sum = total.take() {
      let place = sum.index(of: key, empty: empty)
      sum.values[place].add(element)
      total = sum
    }
    var end = firstEnd
    while end <= min(lastEnd, firedThrough) {
      if watermark < end.addingClamped(lateness) { revisions.ask(end: end, key: key) }
      end = end.addingClamped(windows.every)
    }
    isFiring = firing != nil || revisions.isAsked
  }

  /// Takes the watermark; the windows that it ends are given out by ``resume(at:room:_:)``.
  public mutating func advance(
    to watermark: Timestamp,
    at now: Timestamp,
    _ emit: (Output) -> Void
  ) {
    self.watermark = watermark.milliseconds
    planNextWatermark()
    if !isPending { close() }
  }

  /// The next watermark that fires a window or changes what is late: an end, or an end and lateness.
  private mutating func planNextWatermark() {
    let end = windows.firstEnd(after: watermark)
    let close = windows.firstEnd(after: watermark.subtractingClamped(lateness))
    nextWatermark = Timestamp(milliseconds: min(end, close.addingClamped(lateness)))
  }

  /// The greatest end of a window that holds an element and has not fired.
  @inlinable public var latestEnd: Timestamp {
    guard nextEnd != .max, let last = store.panes.last else { return .distantPast }
    return Timestamp(milliseconds: windows.lastEnd(holding: last.start))
  }

  /// Whether a window that has ended, or a revision, was not given out yet.
  @inlinable public var isPending: Bool {
    isFiring || (nextEnd <= watermark && nextEnd != .max)
  }

  /// Gives out revisions, then the results of the windows that have ended.
  public mutating func resume(at now: Timestamp, room: Int, _ emit: (Output) -> Void) {
    var left = room
    while left > 0, isPending {
      if let asked = revisions.takeAsked() {
        emit(revision(of: asked.end, asked.key))
      } else {
        emit(nextKey())
      }
      left -= 1
      fired += 1
      isFiring = firing != nil || revisions.isAsked
    }
    if !isPending { close() }
  }

  /// The next result of the window that fires, which is the next one if none does.
  private mutating func nextKey() -> Output {
    if firing == nil { startFiring() }
    guard let current = firing else { preconditionFailure("a window that fires has a key") }
    firing?.index += 1
    if current.index + 1 >= current.entries.count { firing = nil }
    let (key, value) = current.entries[current.index]
    if lateness > 0 { revisions.note(end: current.end, key: key) }
    return result(current.end, key, value, revision: 0)
  }

  private mutating func startFiring() {
    let end = nextEnd
    if total != nil { total = store.addingTotals(to: total.take(), before: end, empty: empty) }
    let range = end.subtractingClamped(windows.size)..<end
    firing = Firing(end: end, entries: store.merged(range, empty: empty))
    firedThrough = end
    planNextEnd()
  }

  /// Finds the first window after those that have fired that holds a pane.
  private mutating func planNextEnd() {
    let end = windows.firstEnd(after: firedThrough)
    guard let start = store.firstStart(from: end.subtractingClamped(windows.size)) else {
      nextEnd = .max
      return
    }
    nextEnd = start < end ? end : windows.firstEnd(after: start)
  }

  private func revision(of end: Int64, _ key: Key) -> Output {
    let range = end.subtractingClamped(windows.size)..<end
    let value = store.merged(range, key: key, empty: empty)
    return result(end, key, value, revision: revisions.number(end: end, key: key))
  }

  private func result(_ end: Int64, _ key: Key, _ value: Value, revision: Int) -> Output {
    WindowResult(
      start: Timestamp(milliseconds: end.subtractingClamped(windows.size)),
      end: Timestamp(milliseconds: end),
      key: key,
      value: value.result,
      total: total?.value(of: key)?.result,
      revision: revision,
      isFinal: watermark >= end.addingClamped(lateness)
    )
  }

  /// Forgets what no window can need any more.
  private mutating func close() {
    let closed = watermark.subtractingClamped(lateness)
    guard watermark != .min, !store.isEmpty else { return }
    let firstOpenEnd = windows.firstEnd(after: closed)
    store.drop(before: firstOpenEnd.subtractingClamped(windows.size))
    revisions.drop(through: closed)
  }

  /// The stage `window`: `late` elements, results `fired`, `panes` kept now.
  public var stages: [StageStatistics] {
    [
      StageStatistics(
        "window",
        ["late": late, "fired": fired, "panes": UInt64(store.panes.count)]
      )
    ]
  }
}
