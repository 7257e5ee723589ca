// SPDX-License-Identifier: Apache-2.0

/// The aggregates of a window operator, kept once per key and pane and shared by all windows.
@usableFromInline
struct PaneStore<Key: Hashable & Sendable, Value: Aggregate>: Sendable {
  @usableFromInline
  struct Pane: Sendable {
    @usableFromInline let start: Int64
    @usableFromInline var table = KeyTable<Key, Value>()
    /// For each key of the table, how many keys of panes came before it.
    @usableFromInline var arrivals: [UInt64] = []
    /// Whether it was merged into the total.
    @usableFromInline var isTotalled = false

    @usableFromInline
    init(start: Int64) {
      self.start = start
    }
  }

  /// By start, ascending; few, since a pane goes with its last window.
  @usableFromInline var panes: [Pane] = []
  /// The index that was asked for last: times that follow each other share a pane.
  @usableFromInline var recent = 0

  /// How many keys of panes there were.
  @usableFromInline var arrived: UInt64 = 0

  @usableFromInline init() {}

  @inlinable var isEmpty: Bool { panes.isEmpty }

  /// The index of the pane that starts at `start`, which is made if there is none.
  @inlinable
  mutating func index(of start: Int64) -> Int {
    if recent < panes.count, panes[recent].start == start { return recent }
    return find(start)
  }

  @usableFromInline
  mutating func find(_ start: Int64) -> Int {
    var index = panes.count
    while index > 0, panes[index - 1].start > start { index -= 1 }
    if index == 0 || panes[index - 1].start != start {
      panes.insert(Pane(start: start), at: index)
    } else {
      index -= 1
    }
    recent = index
    return index
  }

  /// Adds an element to the aggregate of a key in the pane at `index`.
  @inlinable
  mutating func add(_ element: Value.Input, to key: Key, inPane index: Int, empty: Value) {
    let place = panes[index].table.index(of: key, empty: empty)
    if place == panes[index].arrivals.count {
      panes[index].arrivals.append(arrived)
      arrived += 1
    }
    panes[index].table.values[place].add(element)
  }

  /// The start of the first pane at or after `start`.
  @inlinable
  func firstStart(from start: Int64) -> Int64? {
    panes.first { $0.start >= start }?.start
  }

  /// All keys of the panes in `range`, merged, in the order in which they came.
  @usableFromInline
  func merged(_ range: Range<Int64>, empty: Value) -> [(key: Key, value: Value)] {
    let inside = panes.filter { range.contains($0.start) }
    guard var table = inside.first?.table, var order = inside.first?.arrivals else { return [] }
    for pane in inside.dropFirst() {
      for (index, key) in pane.table.keys.enumerated() {
        let place = table.index(of: key, empty: empty)
        table.values[place].merge(pane.table.values[index])
        if place == order.count { order.append(.max) }
        order[place] = min(order[place], pane.arrivals[index])
      }
    }
    let places =
      inside.count == 1 ? Array(order.indices) : order.indices.sorted { order[$0] < order[$1] }
    return places.map { (table.keys[$0], table.values[$0]) }
  }

  /// One key of the panes in `range`, merged.
  @usableFromInline
  func merged(_ range: Range<Int64>, key: Key, empty: Value) -> Value {
    var value = empty
    for pane in panes where range.contains(pane.start) {
      if let part = pane.table.value(of: key) { value.merge(part) }
    }
    return value
  }

  /// Merges into `total` the panes that start before `end` and were not merged yet.
  @usableFromInline
  mutating func addingTotals(
    to total: consuming KeyTable<Key, Value>?,
    before end: Int64,
    empty: Value
  ) -> KeyTable<Key, Value> {
    var sum = total ?? KeyTable()
    for index in panes.indices where panes[index].start < end && !panes[index].isTotalled {
      panes[index].isTotalled = true
      sum.merge(panes[index].table, empty: empty)
    }
    return sum
  }

  /// Forgets the panes that start before `start`.
  @usableFromInline
  mutating func drop(before start: Int64) {
    let gone = panes.prefix { $0.start < start }.count
    guard gone > 0 else { return }
    panes.removeFirst(gone)
    recent = 0
  }
}
