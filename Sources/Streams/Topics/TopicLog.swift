// SPDX-License-Identifier: Apache-2.0

/// The newest entries and marks of one topic: a value without locks, tasks or clocks.
@usableFromInline
struct TopicLog<Element: Sendable> {
  @usableFromInline
  struct PlacedMark {
    @usableFromInline let number: UInt64
    /// The offset of the entry it stands behind.
    @usableFromInline let after: Offset
    @usableFromInline let mark: Mark
    @usableFromInline let appended: Timestamp
  }

  @usableFromInline let retention: Retention
  @usableFromInline let weigher: Weigher<Element>
  @usableFromInline let work: TopicLogWork<Element>
  @usableFromInline var chunks: [LogChunk<Element>] = []
  @usableFromInline var marks: [PlacedMark] = []
  @usableFromInline var nextMark: UInt64 = 1
  /// The offset of the oldest entry that is kept; `next` when there is none.
  @usableFromInline var first: Offset = 1
  /// The offset that the next entry gets.
  @usableFromInline var next: Offset = 1
  /// The greatest watermark that was set.
  @usableFromInline var watermark = Timestamp.distantPast
  /// What the kept entries weigh.
  @usableFromInline var bytes = 0

  init(
    retention: Retention,
    weigher: Weigher<Element>,
    work: TopicLogWork<Element> = TopicLogWork()
  ) {
    self.retention = retention
    self.weigher = weigher
    self.work = work
  }

  @inlinable var count: Int { Int(next - first) }
  var end: Position { Position(next: next, nextMark: nextMark) }

  /// See ``makeRoom(forCount:bytes:keepingFrom:)``.
  @inlinable
  mutating func dropToFit(_ newCount: Int, bytes newBytes: Int, keepingFrom held: Offset) -> Bool {
    let droppable = Int(min(held, next) - min(first, held))
    drop(min(droppable, max(0, count + newCount - retention.maximumCount)))
    while first < min(held, next), !fits(newCount, newBytes) { drop(1) }
    return fits(newCount, newBytes)
  }

  @inlinable
  func fits(_ newCount: Int, _ newBytes: Int) -> Bool {
    count + newCount <= retention.maximumCount && bytes + newBytes <= retention.maximumBytes
  }

  /// See ``append(_:appended:)``.
  @inlinable
  mutating func fillChunks(with elements: [Element], appended: Timestamp) -> Offset {
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
  @inlinable
  mutating func openChunk() -> LogChunk<Element> {
    if let last = chunks.last, !last.isFull, last.weight < LogChunkLimits.weight { return last }
    let capacity = min(max(count, LogChunkLimits.smallest), LogChunkLimits.largest)
    let chunk = LogChunk<Element>(firstOffset: next, capacity: capacity)
    chunks.append(chunk)
    return chunk
  }

  /// Forgets the oldest `number` entries; a chunk goes when its last entry does.
  @inlinable
  mutating func drop(_ number: Int) {
    guard number > 0 else { return }
    var left = number
    while left > 0 {
      let chunk = chunks[0]
      let start = Int(first - chunk.firstOffset)
      let taken = min(left, chunk.count - start)
      bytes -=
        taken == chunk.count ? chunk.weight : chunk.weight(of: start..<start + taken, weigher)
      first += Offset(taken)
      left -= taken
      if first == chunk.endOffset { chunks.removeFirst() }
    }
    let gone = marks.prefix { $0.after + 1 < first }
    if !gone.isEmpty { marks.removeFirst(gone.count) }
  }

  /// Sets a mark behind the newest entry; answers `false` for a watermark that says nothing new.
  ///
  /// Of several watermarks at one place and instant the newest stays.
  mutating func append(_ mark: Mark, appended: Timestamp) -> Bool {
    if case .watermark(let instant) = mark {
      guard instant > watermark else { return false }
      watermark = instant
      if let last = marks.last, last.after + 1 == next, last.appended == appended,
        case .watermark = last.mark
      {
        marks.removeLast()
      }
    }
    marks.append(
      PlacedMark(number: nextMark, after: next - 1, mark: mark, appended: appended)
    )
    nextMark += 1
    if marks.count > retention.maximumCount { marks.removeFirst() }
    return true
  }

  /// The position before the oldest entry that is kept.
  var earliest: Position { position(after: first - 1) }

  /// The position behind `offset` and before the marks that stand behind it.
  func position(after offset: Offset) -> Position {
    let mark = marks.first { $0.after >= offset }
    return Position(next: offset + 1, nextMark: mark?.number ?? nextMark)
  }

  /// See ``read(from:limit:)``.
  @inlinable
  func gather(from position: inout Position, limit: Int) -> Batch<Element> {
    var batch = Batch<Element>()
    if position.next < first {
      batch.items.append(.gap(Gap(from: position.next, to: first - 1)))
      position.next = first
    }
    var left = limit
    var markIndex = firstMark(from: position.nextMark)
    var chunkIndex = chunk(holding: position.next)
    while true {
      while markIndex < marks.count, marks[markIndex].after < position.next {
        let placed = marks[markIndex]
        batch.items.append(.mark(placed.mark, appended: placed.appended))
        position.nextMark = placed.number + 1
        markIndex += 1
      }
      guard left > 0, position.next < next, chunkIndex < chunks.count else { return batch }
      let source = chunks[chunkIndex]
      let border = markIndex < marks.count ? marks[markIndex].after + 1 : next
      let wanted = min(left, Int(border - position.next))
      let start = Int(position.next - source.firstOffset)
      let taken = source.readRuns(from: start, limit: wanted, into: &batch.items)
      left -= taken
      position.next += Offset(taken)
      if position.next >= source.endOffset { chunkIndex += 1 }
    }
  }

  @inlinable
  func firstMark(from number: UInt64) -> Int {
    marks.partitioningIndex { $0.number >= number }
  }

  @inlinable
  func chunk(holding offset: Offset) -> Int {
    chunks.partitioningIndex { $0.endOffset > offset }
  }
}

/// The size of a log's chunks: large enough to amortise, small enough to give memory back.
@usableFromInline
enum LogChunkLimits {
  /// Entries of the first chunk of a topic.
  @usableFromInline static let smallest = 8
  /// Entries of a chunk under load.
  @usableFromInline static let largest = 256
  /// A chunk that weighs this much takes no further publish.
  @usableFromInline static let weight = 64 << 10
}

extension Array {
  /// The first index whose element satisfies `isIn`, in an array that is ordered by it.
  @inlinable
  func partitioningIndex(_ isIn: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if isIn(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
