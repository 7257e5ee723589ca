// SPDX-License-Identifier: Apache-2.0

/// The newest entries and marks of one topic: a value without locks, tasks or clocks.
@usableFromInline
struct TopicLog<Element: Sendable>: ~Copyable {
  @usableFromInline let settings: TopicSettings<Element>
  @usableFromInline var chunks: [LogChunk<Element>] = []
  /// Where a reader stands in ``chunks`` that has just read: most go on there.
  @usableFromInline var recent = 0
  @usableFromInline var marks = MarkList()
  /// The offset of the oldest entry that is kept; `next` when there is none.
  @usableFromInline var first: Offset = 1
  /// The offset that the next entry gets.
  @usableFromInline var next: Offset = 1
  /// What the kept entries weigh.
  @usableFromInline var bytes = 0

  init(settings: TopicSettings<Element>) {
    self.settings = settings
  }

  @inlinable var weigher: Weigher<Element> { settings.weigher }
  @inlinable var count: Int { Int(next - first) }
  @usableFromInline var end: Position { Position(next: next, nextMark: marks.next) }

  /// See ``makeRoom(forCount:bytes:keepingFrom:)``.
  @inlinable
  mutating func dropToFit(_ newCount: Int, bytes newBytes: Int, keepingFrom held: Offset) -> Bool {
    if fits(newCount, newBytes) { return true }
    let kept = next - min(max(held, first), next)
    let retention = settings.retention
    guard Int(kept) + newCount <= retention.maximumCount else { return false }
    // Where all that is there leaves room, so does a part; weighing it goes through every chunk.
    guard
      bytes + newBytes <= retention.maximumBytes
        || weight(ofLast: Int(kept)) + newBytes <= retention.maximumBytes
    else { return false }
    drop(max(0, count + newCount - retention.maximumCount))
    while !fits(newCount, newBytes) { drop(1) }
    return true
  }

  /// What the newest `number` entries weigh.
  @inlinable
  func weight(ofLast number: Int) -> Int {
    var left = number
    var sum = 0
    for chunk in chunks.reversed() where left > 0 {
      let taken = min(left, chunk.count)
      sum += chunk.weight(of: chunk.count - taken..<chunk.count, weigher)
      left -= taken
    }
    return sum
  }

  @inlinable
  func fits(_ newCount: Int, _ newBytes: Int) -> Bool {
    count + newCount <= settings.retention.maximumCount
      && bytes + newBytes <= settings.retention.maximumBytes
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
      bytes -= chunk.weight(of: start..<start + taken, weigher)
      first += Offset(taken)
      left -= taken
      if first == chunk.endOffset {
        chunks.removeFirst()
        recent = max(0, recent - 1)
      }
    }
    marks.drop(before: first)
  }

  /// Sets a mark behind the newest entry; answers `false` for a watermark that says nothing new.
  mutating func append(_ mark: Mark, appended: Timestamp) -> Bool {
    guard isNews(mark) else { return false }
    take(mark, appended: appended, replaces: true)
    return true
  }

  /// Whether a mark says something new.
  func isNews(_ mark: Mark) -> Bool {
    if case .watermark(let instant) = mark { return instant > marks.watermark }
    return true
  }

  /// Sets a mark behind the newest entry, whatever it says.
  ///
  /// One that a journal has does not take the place of another: that has both.
  mutating func take(_ mark: Mark, appended: Timestamp, replaces: Bool = false) {
    // Marks behind each entry that is kept, and before the first.
    let limit = settings.retention.maximumCount + 1
    marks.append(mark, after: next - 1, appended: appended, limit: limit, replaces: replaces)
  }

  /// Goes on behind what a journal has, forgetting what is kept if it does not end there.
  mutating func goOn(at position: Position) {
    guard position != end else { return }
    chunks = []
    (recent, bytes) = (0, 0)
    (first, next) = (position.next, position.next)
    marks.restart(at: position.nextMark)
  }

  /// The position before the oldest entry that is kept.
  var earliest: Position { position(after: first - 1) }

  /// The position behind `offset`, at most the newest entry's, and before the marks that follow it.
  func position(after offset: Offset) -> Position {
    let known = min(offset, next - 1)
    return Position(next: known + 1, nextMark: marks.number(behind: known))
  }

  /// See ``read(from:limit:)``.
  @inlinable
  mutating func gather(from position: inout Position, limit: Int) -> Batch<Element> {
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
      guard left > 0, position.next < next, chunkIndex < chunks.count else {
        recent = chunkIndex
        return batch
      }
      let source = chunks[chunkIndex]
      let border = markIndex < marks.endIndex ? marks[markIndex].after + 1 : next
      let wanted = min(left, Int(border - position.next))
      let start = Int(position.next - source.firstOffset)
      let taken = source.readRuns(from: start, limit: wanted, into: &batch.items)
      left -= taken
      position.next += Offset(taken)
      if position.next >= source.endOffset { chunkIndex += 1 }
    }
  }

  @inlinable
  func chunk(holding offset: Offset) -> Int {
    if recent < chunks.count {
      let chunk = chunks[recent]
      if chunk.firstOffset <= offset, offset < chunk.endOffset { return recent }
    }
    return chunks.partitioningIndex { $0.endOffset > offset }
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
