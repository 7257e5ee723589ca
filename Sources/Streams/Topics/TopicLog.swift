// SPDX-License-Identifier: Apache-2.0

/// The newest entries and marks of one topic: a value without locks, tasks or clocks.
struct TopicLog<Element: Sendable> {
  let retention: Retention
  let weigher: Weigher<Element>
  private var chunks: [LogChunk<Element>] = []
  private var marks: MarkList
  /// The offset of the oldest entry that is kept; `next` when there is none.
  private(set) var first: Offset = 1
  /// The offset that the next entry gets.
  private(set) var next: Offset = 1
  /// The greatest watermark that was set.
  private(set) var watermark = Timestamp.distantPast
  /// What the kept entries weigh.
  private(set) var bytes = 0

  init(retention: Retention, weigher: Weigher<Element>) {
    self.retention = retention
    self.weigher = weigher
    marks = MarkList(limit: retention.maximumCount + 1)
  }

  var count: Int { Int(next - first) }
  var end: Position { Position(next: next, nextMark: marks.next) }

  /// Makes room for `newCount` entries of `newBytes`, without dropping any from `held` on.
  ///
  /// Answers whether the room is there; if it can't be made, nothing is dropped.
  mutating func makeRoom(
    forCount newCount: Int,
    bytes newBytes: Int,
    keepingFrom held: Offset
  ) -> Bool {
    if fits(newCount, newBytes) { return true }
    let kept = next - min(max(held, first), next)
    guard Int(kept) + newCount <= retention.maximumCount else { return false }
    guard weight(ofLast: Int(kept)) + newBytes <= retention.maximumBytes else { return false }
    drop(max(0, count + newCount - retention.maximumCount))
    while !fits(newCount, newBytes) { drop(1) }
    return true
  }

  /// What the newest `number` entries weigh.
  private func weight(ofLast number: Int) -> Int {
    var left = number
    var sum = 0
    for chunk in chunks.reversed() where left > 0 {
      let taken = min(left, chunk.count)
      sum += chunk.weight(of: chunk.count - taken..<chunk.count, weigher)
      left -= taken
    }
    return sum
  }

  private func fits(_ newCount: Int, _ newBytes: Int) -> Bool {
    count + newCount <= retention.maximumCount && bytes + newBytes <= retention.maximumBytes
  }

  /// Appends all elements at one instant, for which the caller made room; answers the first offset.
  mutating func append(_ elements: [Element], appended: Timestamp) -> Offset {
    let start = next
    var rest = elements[...]
    while !rest.isEmpty {
      let chunk = openChunk()
      let part = rest.prefix(chunk.capacity - chunk.count)
      let added = weigher.total(part)
      let taken = chunk.fill(with: part, weight: added, appended: appended)
      rest = rest.dropFirst(taken)
      next += Offset(taken)
      bytes += added
    }
    return start
  }

  /// The chunk that takes the next entry: small ones first, so that a quiet topic stays small.
  private mutating func openChunk() -> LogChunk<Element> {
    if let last = chunks.last, !last.isFull, last.weight < LogChunkLimits.weight { return last }
    let capacity = min(max(count, LogChunkLimits.smallest), LogChunkLimits.largest)
    let chunk = LogChunk<Element>(firstOffset: next, capacity: capacity)
    chunks.append(chunk)
    return chunk
  }

  /// Forgets the oldest `number` entries; a chunk goes when its last entry does.
  private mutating func drop(_ number: Int) {
    guard number > 0 else { return }
    var left = number
    while left > 0 {
      let chunk = chunks[0]
      let start = Int(first - chunk.firstOffset)
      let taken = min(left, chunk.count - start)
      bytes -= chunk.weight(of: start..<start + taken, weigher)
      first += Offset(taken)
      left -= taken
      if first == chunk.endOffset { chunks.removeFirst() }
    }
    marks.drop(before: first)
  }

  /// Sets a mark behind the newest entry; answers `false` for a watermark that says nothing new.
  mutating func append(_ mark: Mark, appended: Timestamp) -> Bool {
    if case .watermark(let instant) = mark {
      guard instant > watermark else { return false }
      watermark = instant
    }
    marks.append(mark, after: next - 1, appended: appended)
    return true
  }

  /// The position before the oldest entry that is kept.
  var earliest: Position { position(after: first - 1) }

  /// The position behind `offset`, at most the newest entry's, and before the marks that follow it.
  func position(after offset: Offset) -> Position {
    let known = min(offset, next - 1)
    return Position(next: known + 1, nextMark: marks.number(behind: known))
  }

  /// Reads at most `limit` entries, with the marks among them, and moves `position` behind them.
  mutating func read(from position: inout Position, limit: Int) -> Batch<Element> {
    var batch = Batch<Element>()
    if position.next < first {
      batch.items.append(.gap(Gap(from: position.next, to: first - 1)))
      position.next = first
    }
    var left = limit
    var markIndex = marks.index(from: position.nextMark)
    var chunkIndex = chunk(holding: position.next)
    while true {
      while markIndex < marks.endIndex, marks[markIndex].after < position.next {
        let placed = marks.take(markIndex)
        batch.items.append(.mark(placed.mark, appended: placed.appended))
        position.nextMark = placed.number + 1
        markIndex += 1
      }
      guard left > 0, position.next < next, chunkIndex < chunks.count else { return batch }
      let source = chunks[chunkIndex]
      let border = markIndex < marks.endIndex ? marks[markIndex].after + 1 : next
      let wanted = min(left, Int(border - position.next))
      for run in source.readRuns(from: Int(position.next - source.firstOffset), limit: wanted) {
        batch.items.append(.run(run))
        left -= run.count
        position.next += Offset(run.count)
      }
      if position.next >= source.endOffset { chunkIndex += 1 }
    }
  }

  private func chunk(holding offset: Offset) -> Int {
    chunks.partitioningIndex { $0.endOffset > offset }
  }
}

/// The size of a log's chunks: large enough to amortise, small enough to give memory back.
enum LogChunkLimits {
  /// Entries of the first chunk of a topic.
  static let smallest = 8
  /// Entries of a chunk under load.
  static let largest = 256
  /// A chunk that weighs this much takes no further publish.
  static let weight = 64 << 10
}
