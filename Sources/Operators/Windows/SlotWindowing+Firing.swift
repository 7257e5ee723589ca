// SPDX-License-Identifier: Apache-2.0
public import Streams

// How windows with aggregates of their own are given out, and forgotten.
extension SlotWindowing {
  /// Forgets what is closed; finds out what is to be given out next.
  @inlinable
  mutating func settle() {
    if sweep == nil, asked.isEmpty, leaving.isEmpty {
      forget()
      sweep = nextSweep()
    }
    isPending = sweep != nil || !asked.isEmpty || !leaving.isEmpty
  }

  /// The window that fires next: those that have ended, in the order of their ends, then those that
  /// close, then those that fire early by the clock.
  @inlinable
  mutating func nextSweep() -> Sweep? {
    fillGap()
    let first = windows.firstIndex { !$0.isPast } ?? windows.count
    nextEnd = first < windows.count ? windows[first].end : .max
    if first < windows.count, watermark != .min, nextEnd <= watermark {
      fillUp(first)
      return Sweep(.onTime, end: nextEnd)
    }
    if tellsClosing {
      let closing = windows[..<first].first { !$0.isClosed && isClosed($0.end) }
      if let closing { return Sweep(.closing, end: closing.end) }
    }
    guard isTicking, first < windows.count else {
      isTicking = false
      return nil
    }
    return Sweep(.early, end: nextEnd)
  }

  /// Gives out at most `room` firings.
  @inlinable
  mutating func resume(room: Int, _ emit: (Output) -> Void) {
    var left = room
    while left > 0, isPending {
      if !leaving.isEmpty {
        ledger.fired += 1
        left -= 1
        emit(leaving.removeFirst().result)
      } else if !asked.isEmpty {
        let next = asked.removeFirst()
        if let at = position(of: next.end), windows[at].slots.entries[next.place].isLive {
          left -= 1
          emit(firing(at, next.place))
        }
      } else if let sweep {
        give(sweep, &left, emit)
      }
      if sweep == nil { settle() }
    }
  }

  /// Goes on with the window that is given out.
  @inlinable
  mutating func give(_ current: Sweep, _ left: inout Int, _ emit: (Output) -> Void) {
    guard let at = position(of: current.end) else {
      sweep = nil
      return
    }
    var place = current.place
    let count = windows[at].slots.entries.count
    while place < count, left > 0 {
      if windows[at].slots.entries[place].isLive, fires(current.kind, at, place) {
        if totals != nil, current.kind == .onTime { mergeTotal(at, place) }
        left -= 1
        emit(firing(at, place))
      }
      place += 1
    }
    if place < count { sweep?.place = place } else { endSweep(current, at) }
  }

  /// Whether a key of a window that is given out has something to tell.
  @inlinable
  func fires(_ kind: Sweep.Kind, _ at: Int, _ place: Int) -> Bool {
    let slot = windows[at].slots.entries[place].value
    switch kind {
    case .onTime:
      if slot.news > 0 || slot.firings == 0 || !options.isDiscarding { return true }
      return options.closing == .always && isClosed(windows[at].end)
    case .closing: return slot.news > 0 || options.closing == .always
    case .early: return slot.news > 0
    }
  }

  @inlinable
  mutating func endSweep(_ current: Sweep, _ at: Int) {
    sweep = nil
    switch current.kind {
    case .onTime:
      windows[at].isPast = true
      windows[at].isClosed = isClosed(current.end)
      filledThrough = max(filledThrough, current.end)
    case .closing: windows[at].isClosed = true
    case .early:
      if at + 1 < windows.count {
        sweep = Sweep(.early, end: windows[at + 1].end)
      } else {
        isTicking = false
      }
    }
  }

  @inlinable
  mutating func firing(_ at: Int, _ place: Int) -> Output {
    let (start, end) = (windows[at].start, windows[at].end)
    let told = windows[at].slots.entries[place].value
      .fire(discarding: options.isDiscarding ? empty : nil)
    windows[at].slots.noteChange(at: place)
    let key = windows[at].slots.entries[place].key
    ledger.fired += 1
    return WindowResult(
      start: Timestamp(milliseconds: start),
      end: Timestamp(milliseconds: end),
      key: key,
      value: told.result,
      total: total(of: key),
      revision: told.revision,
      isFinal: isClosed(end)
    )
  }

  /// Whether a window that has fired may have something to tell when it closes.
  @inlinable var tellsClosing: Bool { options.closing == .always || options.lateCount != 1 }

  /// Forgets windows that no element can reach any more, and that have told all.
  @inlinable
  mutating func forget() {
    let gone = windows.prefix {
      isClosed($0.end) && ($0.isClosed || $0.isPast && !tellsClosing)
    }
    if gone.isEmpty { return }
    for window in gone { entryCount -= window.slots.count }
    windows.removeFirst(gone.count)
    recent = 0
  }

  /// Lets the oldest aggregate leave; answers how many windows before that at `kept` went with it.
  @usableFromInline
  mutating func evictOldest(keeping kept: Int) -> Int {
    guard let at = windows.firstIndex(where: { $0.slots.count > 0 }),
      let place = windows[at].slots.findOldest()
    else { return 0 }
    let entry = windows[at].slots.entries[place]
    if entry.value.news > 0 {
      leaving.append(
        LeavingWindow(
          start: windows[at].start,
          end: windows[at].end,
          key: entry.key,
          slot: entry.value
        )
      )
      isPending = true
    }
    windows[at].slots.remove(at: place)
    ledger.evicted += 1
    entryCount -= 1
    if asked.isEmpty { windows[at].slots.compactIfDue() }
    guard windows[at].slots.count == 0, at < kept else { return 0 }
    windows.remove(at: at)
    return 1
  }

  /// Adds an element of a window that is past to its key's total.
  @usableFromInline
  mutating func addTotal(_ element: Element, _ key: Key) {
    guard let place = placeOfTotal(key) else { return }
    totals?.entries[place].value.add(element)
    totals?.noteChange(at: place)
  }

  /// Adds what a window that fires for the first time holds to the key's total.
  @inlinable
  mutating func mergeTotal(_ at: Int, _ place: Int) {
    let entry = windows[at].slots.entries[place]
    if let place = placeOfTotal(entry.key) {
      totals?.entries[place].value.merge(entry.value.value)
      totals?.noteChange(at: place)
    }
  }

  @inlinable
  mutating func total(of key: Key) -> Value.Result? {
    guard totals != nil, let place = totals?.find(key) else { return nil }
    return totals?.entries[place].value.result
  }

  @inlinable
  mutating func placeOfTotal(_ key: Key) -> Int? {
    if let place = totals?.find(key) { return place }
    if let count = totals?.count, count < options.limit {
      let empty = empty
      return totals?.insert(key, empty)
    }
    ledger.rejected += 1
    return nil
  }
}
