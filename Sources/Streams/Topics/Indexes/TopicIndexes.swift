// SPDX-License-Identifier: Apache-2.0

/// The indexes of one topic: that of its table, and one for each conflation while a cursor uses it.
struct TopicIndexes<Element: Sendable> {
  /// An index with those who read it.
  struct Shared {
    let conflation: Conflation<Element>
    let index: any TopicIndex<Element>
    /// What each of its cursors reads next.
    var readers: [UInt64: Offset]
  }

  /// The index of the topic's table, if it is one.
  private(set) var table: (any TopicIndex<Element>)?
  private var shared: [Shared] = []

  var isEmpty: Bool { shared.isEmpty && table == nil }
  /// Whether the topic's table has an entry, or a cursor conflates.
  var holdSomething: Bool { !shared.isEmpty || (table?.slots.count ?? 0) > 0 }

  /// Takes note of entries that were appended to `log`.
  func note(
    _ elements: [Element],
    first: Offset,
    appended: Timestamp,
    in log: borrowing TopicLog<Element>
  ) {
    // One that has missed what the disk has is told by the journal, and of this too.
    if let table, table.through + 1 == first {
      table.note(elements, first: first, appended: appended)
    }
    for entry in shared {
      entry.index.note(elements, first: first, appended: appended)
      guard entry.index.wantsPruning else { continue }
      entry.index.prune(before: min(log.first, entry.readers.values.min() ?? log.first))
    }
  }

  /// Makes the index of the topic's table, unless it has one; answers it.
  mutating func keepTable(
    of log: borrowing TopicLog<Element>,
    _ makeIndex: @Sendable () -> any TopicIndex<Element>
  ) -> any TopicIndex<Element> {
    if let table { return table }
    let index = makeIndex()
    log.fill(index)
    table = index
    return index
  }

  /// Makes an index the topic's table, which it is from now on.
  mutating func show(_ index: any TopicIndex<Element>) {
    table = index
  }

  /// Registers a cursor that conflates; the index is made for the first one.
  mutating func join(
    _ conflation: Conflation<Element>,
    cursor: UInt64,
    at offset: Offset,
    of log: borrowing TopicLog<Element>
  ) {
    if let place = place(of: conflation) {
      shared[place].readers[cursor] = offset
    } else {
      let index = conflation.makeIndex(log.weigher)
      log.fill(index)
      shared.append(Shared(conflation: conflation, index: index, readers: [cursor: offset]))
    }
  }

  /// Ends a cursor that conflates; the index goes with the last one.
  mutating func leave(_ conflation: Conflation<Element>, cursor: UInt64) {
    guard let place = place(of: conflation) else { return }
    shared[place].readers[cursor] = nil
    if shared[place].readers.isEmpty { shared.remove(at: place) }
  }

  /// The index of a conflation.
  func index(of conflation: Conflation<Element>) -> (any TopicIndex<Element>)? {
    place(of: conflation).map { shared[$0].index }
  }

  /// Takes note of what a cursor reads next.
  mutating func move(_ conflation: Conflation<Element>, cursor: UInt64, to offset: Offset) {
    if let place = place(of: conflation) { shared[place].readers[cursor] = offset }
  }

  private func place(of conflation: Conflation<Element>) -> Int? {
    shared.firstIndex { $0.conflation === conflation }
  }
}

extension TopicLog {
  /// Tells an index of everything that is kept.
  func fill(_ index: any TopicIndex<Element>) {
    index.start(at: first)
    var offset = first
    while let run = run(at: offset) {
      index.note(Array(run), first: run.firstOffset, appended: run.appended)
      offset = run.lastOffset + 1
    }
  }
}
