// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The panes of one key, and what those of a window that moves on come to.
///
/// Two stacks make one queue: panes at the front hold what they come to together with those up to
/// where the front ends, those behind it are merged as they come. So each pane is merged about twice,
/// however many a window has.
@usableFromInline
struct PaneStack<Value: Aggregate>: Sendable {
  @usableFromInline
  struct Pane: Sendable {
    @usableFromInline let start: Int64
    @usableFromInline var value: Value
    /// What this pane and those up to ``front`` come to; only before that.
    @usableFromInline var onward: Value

    @inlinable
    init(start: Int64, value: Value) {
      (self.start, self.value, onward) = (start, value, value)
    }
  }

  /// By start, ascending.
  @usableFromInline var panes: [Pane] = []
  /// The first pane that may still be needed.
  @usableFromInline var first = 0
  /// The first pane of the window that was asked for last.
  @usableFromInline var head = 0
  /// Where the front ends.
  @usableFromInline var front = 0
  /// Where those end that ``back`` holds.
  @usableFromInline var taken = 0
  /// What the panes from ``front`` to ``taken`` come to.
  @usableFromInline var back: Value

  @inlinable
  init(_ empty: Value) {
    back = empty
  }

  /// The only pane of windows that don't overlap, which needs no array: there nothing else is used.
  @inlinable var lone: Value {
    _read { yield back }
    _modify { yield &back }
  }

  /// The number of panes that are kept.
  @inlinable var count: Int { panes.count - first }

  /// The start of the newest pane.
  @inlinable var lastStart: Int64? { first < panes.count ? panes[panes.count - 1].start : nil }

  /// Adds an element; answers `false`, and does nothing, where there is no such pane.
  @inlinable
  mutating func add(_ element: Value.Input, inPane start: Int64) -> Bool {
    var at = panes.count - 1
    while at >= first, panes[at].start > start { at -= 1 }
    guard at >= first, panes[at].start == start else { return false }
    panes[at].value.add(element)
    if at < taken { unmerge() }
    return true
  }

  /// Opens a pane that is not there.
  @inlinable
  mutating func open(_ start: Int64, _ value: Value) {
    var at = panes.count
    while at > first, panes[at - 1].start > start { at -= 1 }
    panes.insert(Pane(start: start, value: value), at: at)
    if at < taken {
      if at < head { head += 1 }
      unmerge()
    }
  }

  /// Forgets what was merged: a pane has changed.
  @inlinable
  mutating func unmerge() {
    front = head
    taken = head
  }

  /// What the panes from `start` to before `end` come to; `nil` if there are none.
  ///
  /// Both only grow from one call to the next.
  @inlinable
  mutating func value(from start: Int64, to end: Int64) -> Value? {
    while taken < panes.count, panes[taken].start < end {
      if taken == front { back = panes[taken].value } else { back.merge(panes[taken].value) }
      taken += 1
    }
    while head < taken, panes[head].start < start {
      if head >= front { turn() }
      head += 1
    }
    if head >= front { return taken > front ? back : nil }
    guard taken > front else { return panes[head].onward }
    var value = panes[head].onward
    value.merge(back)
    return value
  }

  /// Makes what was behind the front a front of its own.
  @inlinable
  mutating func turn() {
    var at = taken - 1
    panes[at].onward = panes[at].value
    while at > front {
      at -= 1
      panes[at].onward = panes[at].value
      panes[at].onward.merge(panes[at + 1].onward)
    }
    front = taken
  }

  /// The same for a window that has been passed; merges anew.
  @inlinable
  func passed(from start: Int64, to end: Int64) -> Value? {
    var value: Value?
    for pane in panes[first...] where pane.start >= start && pane.start < end {
      if value == nil { value = pane.value } else { value?.merge(pane.value) }
    }
    return value
  }

  /// Merges into `total` the panes from `start` to before `end`.
  @inlinable
  func merge(into total: inout Value, from start: Int64, to end: Int64) {
    for pane in panes[first...] where pane.start >= start && pane.start < end {
      total.merge(pane.value)
    }
  }

  /// Forgets panes before `start`, which no window needs; answers how many.
  @inlinable
  mutating func prune(before start: Int64) -> Int {
    let before = first
    while first < head, panes[first].start < start { first += 1 }
    let gone = first - before
    if first > 8, first * 2 > panes.count { giveBack() }
    return gone
  }

  @usableFromInline
  mutating func giveBack() {
    panes.removeFirst(first)
    head -= first
    front = max(0, front - first)
    taken -= first
    first = 0
  }
}

extension PaneStack {
  @usableFromInline
  func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(UInt64(count))
    for pane in panes[first...] {
      encoder.write(pane.start)
      try pane.value.encode(into: &encoder)
    }
    for mark in [head, front, taken] { encoder.write(UInt64(mark - first)) }
  }

  /// Reads the panes; what they come to is merged again as it was.
  @usableFromInline
  init(_ empty: Value, from decoder: inout StateDecoder) throws(StateError) {
    back = empty
    for _ in 0..<(try decoder.readCount()) {
      let place = decoder.index
      let start = try decoder.readInt64()
      var value = empty
      try value.restore(from: &decoder)
      guard panes.last.map({ $0.start < start }) ?? true else {
        throw .malformed(at: place, expected: "a later pane")
      }
      panes.append(Pane(start: start, value: value))
    }
    let place = decoder.index
    head = try decoder.readPlace()
    let middle = try decoder.readPlace()
    let end = try decoder.readPlace()
    guard 0 <= head, head <= middle, middle <= end, end <= panes.count else {
      throw .malformed(at: place, expected: "places of panes")
    }
    (front, taken) = (head, middle)
    if middle > head { turn() }
    while taken < end {
      if taken == front { back = panes[taken].value } else { back.merge(panes[taken].value) }
      taken += 1
    }
  }
}
