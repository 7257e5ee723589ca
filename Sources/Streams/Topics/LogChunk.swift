// SPDX-License-Identifier: Apache-2.0

/// A stretch of a log: slots that are filled once, in order, and never change after that.
///
/// Readers keep the chunk and a range of filled slots, so a batch is handed out without copying an
/// element, and later appends don't disturb it.
@safe @usableFromInline
final class LogChunk<Element: Sendable>: @unchecked Sendable {
  // Proof: `count`, the runs and new slots are touched only under the topic's lock, or by
  // the one task that builds the chunk before anybody reads it; a slot below a
  // count that a reader got under that lock is never written again before `deinit`. So no two
  // accesses of a property overlap, and the runtime need not be asked each time whether they do.
  @usableFromInline let slots: UnsafeMutablePointer<Element>
  @usableFromInline let firstOffset: Offset
  @usableFromInline let capacity: Int
  @safe @exclusivity(unchecked) @usableFromInline var count = 0
  /// When the first run of equal `appended` was appended; many chunks have no other.
  @safe @exclusivity(unchecked) @usableFromInline var firstAppended = Timestamp.distantPast
  /// Where each run after the first starts, in order.
  @safe @exclusivity(unchecked) @usableFromInline
  var laterRuns: [(start: Int, appended: Timestamp)] = []
  /// What the elements weigh together.
  @safe @exclusivity(unchecked) @usableFromInline var weight = 0

  @inlinable
  init(firstOffset: Offset, capacity: Int) {
    self.firstOffset = firstOffset
    self.capacity = capacity
    unsafe slots = .allocate(capacity: capacity)
  }

  @inlinable
  deinit {
    unsafe slots.deinitialize(count: count)
    unsafe slots.deallocate()
  }

  @inlinable var endOffset: Offset { firstOffset + Offset(count) }
  @inlinable var isFull: Bool { count == capacity }

  /// Fills slots from the front of `elements`; answers how many fitted.
  @inlinable
  func fill(
    with elements: ArraySlice<Element>,
    weight added: Int,
    appended: Timestamp
  ) -> Int {
    let fitting = min(capacity - count, elements.count)
    if count == 0 {
      firstAppended = appended
    } else if self.appended(laterRuns.count) != appended {
      laterRuns.append((count, appended))
    }
    unsafe elements.prefix(fitting).withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      unsafe (slots + count).initialize(from: base, count: fitting)
    }
    count += fitting
    weight += added
    return fitting
  }

  /// Fills slots with elements that have no instant or weight here; there is room for them.
  func fill(with elements: [Element]) {
    unsafe elements.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      precondition(count + source.count <= capacity, "a chunk has room for what it is given")
      unsafe (slots + count).initialize(from: base, count: source.count)
      count += source.count
    }
  }

  /// Fills the next slot of a chunk that belongs to no log.
  func add(_ element: Element) {
    precondition(!isFull, "the chunk has a free slot")
    unsafe (slots + count).initialize(to: element)
    count += 1
  }

  /// When the run of that number was appended; the first has the number 0.
  @inlinable
  func appended(_ run: Int) -> Timestamp {
    run == 0 ? firstAppended : laterRuns[run - 1].appended
  }

  /// Where the run of that number ends.
  @inlinable
  func end(_ run: Int) -> Int {
    run < laterRuns.count ? laterRuns[run].start : count
  }

  /// What the elements in `range` weigh.
  @inlinable
  func weight(of range: Range<Int>, _ weigher: Weigher<Element>) -> Int {
    if range.count == count { return weight }
    return unsafe weigher.total(
      UnsafeBufferPointer(start: slots + range.lowerBound, count: range.count)
    )
  }

  /// Appends the filled runs from `start` on, at most `limit` elements of them; answers how many.
  @inlinable
  func readRuns(from start: Int, limit: Int, into items: inout [Batch<Element>.Item]) -> Int {
    var left = limit
    var place = start
    var run = (laterRuns.lastIndex { $0.start <= start } ?? -1) + 1
    while left > 0, place < count {
      let taken = min(end(run) - place, left)
      let range = place..<place + taken
      items.append(.run(Run(chunk: self, range: range, appended: appended(run))))
      place += taken
      left -= taken
      run += 1
    }
    return limit - left
  }
}

/// Consecutive entries of one topic that were appended at the same instant.
public struct Run<Element: Sendable>: Sendable, RandomAccessCollection {
  @usableFromInline let chunk: LogChunk<Element>
  @usableFromInline let range: Range<Int>
  /// The offset of the first entry.
  public let firstOffset: Offset
  /// The instant at which all of these entries were appended.
  public let appended: Timestamp

  @inlinable
  init(chunk: LogChunk<Element>, range: Range<Int>, appended: Timestamp) {
    self.init(
      chunk: chunk,
      range: range,
      firstOffset: chunk.firstOffset + Offset(range.lowerBound),
      appended: appended
    )
  }

  @inlinable
  init(chunk: LogChunk<Element>, range: Range<Int>, firstOffset: Offset, appended: Timestamp) {
    self.chunk = chunk
    self.range = range
    self.firstOffset = firstOffset
    self.appended = appended
  }

  /// The offset of the last entry.
  public var lastOffset: Offset { firstOffset + Offset(range.count) - 1 }

  /// Always zero.
  @inlinable public var startIndex: Int { 0 }
  /// The number of entries.
  @inlinable public var endIndex: Int { range.count }

  /// Takes off the first `count` entries, of which there are more.
  mutating func split(at count: Int) -> Run {
    let place = range.lowerBound + count
    let first = Run(
      chunk: chunk,
      range: range.lowerBound..<place,
      firstOffset: firstOffset,
      appended: appended
    )
    self = Run(
      chunk: chunk,
      range: place..<range.upperBound,
      firstOffset: firstOffset + Offset(count),
      appended: appended
    )
    return first
  }

  /// The same entries at another instant.
  func moved(to instant: Timestamp) -> Run {
    Run(chunk: chunk, range: range, firstOffset: firstOffset, appended: instant)
  }

  /// The element of the entry at `index`; its offset is `firstOffset + index`.
  @inlinable
  public subscript(index: Int) -> Element {
    precondition(index >= 0 && index < range.count, "the index is in the run")
    return unsafe chunk.slots[range.lowerBound + index]
  }

  /// The first element in memory; valid as long as the run is kept.
  @unsafe @inlinable var base: UnsafePointer<Element> {
    unsafe UnsafePointer(chunk.slots + range.lowerBound)
  }

  /// The elements as one stretch of memory, valid while `body` runs.
  @inlinable
  public func withElements<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let start = unsafe UnsafePointer(chunk.slots + range.lowerBound)
    return try unsafe body(UnsafeBufferPointer(start: start, count: range.count))
  }
}
