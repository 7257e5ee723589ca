// SPDX-License-Identifier: Apache-2.0
public import Streams

// How windows that share panes are given out, and panes forgotten.
extension SharedWindowing {
  /// Finds out what is to be given out next; forgets what is over if there is nothing.
  @inlinable
  mutating func settle() {
    if sweep == nil, asked.isEmpty, leaving.isEmpty, nextEnd != .max, watermark != .min,
      nextEnd <= watermark
    {
      sweep = Sweep(end: nextEnd, former: firedThrough)
      firedThrough = nextEnd
    }
    isPending = sweep != nil || !asked.isEmpty || !leaving.isEmpty
    if !isPending { forget() }
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
        if let again = revision(next) {
          ledger.fired += 1
          left -= 1
          emit(again)
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
    let (start, end) = (current.end.subtractingClamped(grid.size), current.end)
    let isFinal = watermark >= end.addingClamped(options.lateness)
    var place = current.place
    while place < records.entries.count, left > 0 {
      if records.entries[place].isLive, let value = take(place, start, current) {
        let key = records.entries[place].key
        ledger.fired += 1
        left -= 1
        emit(
          WindowResult(
            start: Timestamp(milliseconds: start),
            end: Timestamp(milliseconds: end),
            key: key,
            value: value.result,
            total: total(of: key),
            isFinal: isFinal
          )
        )
      }
      place += 1
    }
    if place < records.entries.count { sweep?.place = place } else { endSweep() }
  }

  /// What a key has in the window that is given out; forgets panes that are over.
  @inlinable
  mutating func take(_ place: Int, _ start: Int64, _ current: Sweep) -> Value? {
    if totals != nil { mergeTotal(place, current) }
    let value = records.entries[place].value.stack.value(from: start, to: current.end)
    records.noteChange(at: place)
    entryCount -= records.entries[place].value.stack.prune(before: min(start, keptFrom))
    return value
  }

  @inlinable
  mutating func endSweep() {
    sweep = nil
    let end = grid.firstEnd(after: firedThrough)
    let from = end.subtractingClamped(grid.size)
    if let start = starts.first(where: { $0 >= from }) {
      nextEnd = start < end ? end : grid.firstEnd(after: start)
    } else {
      nextEnd = .max
    }
    if options.lateness == 0 { keptFrom = max(keptFrom, from) }
    dropRecords()
  }

  /// Forgets the keys whose panes are all over.
  @inlinable
  mutating func dropRecords() {
    for place in records.entries.indices where records.entries[place].isLive {
      if let last = records.entries[place].value.stack.lastStart, last >= keptFrom { continue }
      remove(place)
    }
    records.compactIfDue()
  }

  /// Forgets panes that no window can need any more.
  @inlinable
  mutating func forget() {
    guard watermark != .min, !starts.isEmpty else { return }
    let open = grid.firstEnd(after: watermark.subtractingClamped(options.lateness))
    keptFrom = max(keptFrom, open.subtractingClamped(grid.size))
    guard let first = starts.first, first < keptFrom else { return }
    let keptFrom = keptFrom
    starts.removeFirst(starts.prefix { $0 < keptFrom }.count)
    if starts.isEmpty {
      records = KeyTable()
      entryCount = 0
    }
  }

  @inlinable
  mutating func revision(_ next: Asked) -> Output? {
    guard records.entries[next.place].isLive else { return nil }
    let start = next.end.subtractingClamped(grid.size)
    let entry = records.entries[next.place]
    guard let value = entry.value.stack.passed(from: start, to: next.end) else { return nil }
    return WindowResult(
      start: Timestamp(milliseconds: start),
      end: Timestamp(milliseconds: next.end),
      key: entry.key,
      value: value.result,
      total: total(of: entry.key),
      revision: next.revision,
      isFinal: watermark >= next.end.addingClamped(options.lateness)
    )
  }

  /// Lets the key leave that has been known longest, if there is another than that at `kept`; its
  /// next window fires early.
  @usableFromInline
  mutating func evictOldest(keeping kept: Int) -> Bool {
    guard let place = records.findOldest(butFor: kept) else { return false }
    let entry = records.entries[place]
    let (end, start) = (nextEnd, nextEnd.subtractingClamped(grid.size))
    if end != .max, let value = entry.value.stack.passed(from: start, to: end) {
      leaving.append(LeavingWindow(start: start, end: end, key: entry.key, slot: WindowSlot(value)))
      isPending = true
    }
    ledger.evicted += UInt64(entry.value.stack.count)
    remove(place)
    return true
  }

  /// Adds an element behind the newest window that has fired to its key's total.
  @usableFromInline
  mutating func addTotal(_ element: Element, _ key: Key) {
    guard let place = placeOfTotal(key) else { return }
    totals?.entries[place].value.add(element)
    totals?.noteChange(at: place)
  }

  /// Adds the panes that fire for the first time to the key's total.
  @inlinable
  mutating func mergeTotal(_ place: Int, _ current: Sweep) {
    guard let last = records.entries[place].value.stack.lastStart, last >= current.former,
      let total = placeOfTotal(records.entries[place].key),
      var sum = totals?.entries[total].value
    else { return }
    records.entries[place].value.stack
      .merge(into: &sum, from: current.former, to: current.end)
    totals?.entries[total].value = sum
    totals?.noteChange(at: total)
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
