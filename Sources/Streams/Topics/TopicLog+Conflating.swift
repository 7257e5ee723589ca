// SPDX-License-Identifier: Apache-2.0

extension TopicLog {
  /// Reads at most `limit` of the entries that an index keeps, with the marks among them, and moves
  /// `position` behind them.
  mutating func gatherLatest(
    of index: any TopicIndex<Element>,
    from position: inout Position,
    limit: Int
  ) -> CursorRead<Element> {
    var read = CursorRead<Element>()
    let (slots, lostThrough) = (index.slots, index.lostThrough)
    let runs = RunGatherer<Element>(capacity: min(limit, slots.count))
    var place = slots.place(from: position.next)
    var left = limit
    while left > 0, let slot = slots.next(&place), let element = slot.element {
      read.pass(&position, to: slot.offset, lostThrough: lostThrough)
      takeMarks(&position, into: &read.batch)
      runs.add(element, slot.offset, appended: slot.appended, to: &read.batch.items)
      position.next += 1
      left -= 1
    }
    if left > 0 { read.pass(&position, to: next, lostThrough: lostThrough) }
    takeMarks(&position, into: &read.batch)
    return read
  }

  /// Appends the marks that stand before the position's next entry and were not read.
  mutating func takeMarks(_ position: inout Position, into batch: inout Batch<Element>) {
    var index = marks.index(from: position.nextMark)
    while index < marks.endIndex, marks[index].after < position.next {
      let placed = marks.take(index)
      batch.items.append(.mark(placed.mark, appended: placed.appended))
      position.nextMark = placed.number + 1
      index += 1
    }
  }
}
