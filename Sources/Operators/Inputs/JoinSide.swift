// SPDX-License-Identifier: Apache-2.0
public import Streams

/// What a join keeps of one side: rows by key, in the order of their times and of their coming.
///
/// A key costs one lookup, a time a binary search among the key's rows. A bucket whose last row has
/// gone is used again, with its memory, by the next key.
@usableFromInline
struct JoinSide<Element: Sendable, Key: Hashable & Sendable>: Sendable {
  @usableFromInline
  struct Row: Sendable {
    @usableFromInline var element: Element
    @usableFromInline let time: Timestamp
    @usableFromInline let turn: UInt64
    /// Whether it has met a row of the other side.
    @usableFromInline var isMatched: Bool

    @usableFromInline
    init(element: Element, time: Timestamp, turn: UInt64, isMatched: Bool) {
      self.element = element
      self.time = time
      self.turn = turn
      self.isMatched = isMatched
    }
  }

  @usableFromInline
  struct Bucket: Sendable {
    @usableFromInline var key: Key
    @usableFromInline var rows: [Row]
    /// Rows at the front that are gone.
    @usableFromInline var gone = 0

    @usableFromInline
    init(key: Key, rows: [Row]) {
      self.key = key
      self.rows = rows
    }
  }

  @usableFromInline var buckets: [Bucket] = []
  @usableFromInline var free: [Int] = []
  @usableFromInline var indices: [Key: Int] = [:]
  @usableFromInline var heap = LeastHeap<RowExpiry>()
  /// The greatest end of any row that ever was; the row that has it goes last.
  @usableFromInline var greatestEnd = Timestamp.distantPast

  @usableFromInline init() {}

  /// The number of rows.
  @inlinable var count: Int { heap.count }

  @inlinable
  func bucket(of key: Key) -> Int? { indices[key] }

  /// The rows of a bucket whose times are in the range.
  @inlinable
  func rows(of bucket: Int, from first: Timestamp, through last: Timestamp) -> Range<Int> {
    let low = place(in: bucket) { $0 >= first }
    return low..<max(low, place(in: bucket) { $0 > last })
  }

  /// All rows of a bucket.
  @inlinable
  func rows(of bucket: Int) -> Range<Int> {
    buckets[bucket].gone..<buckets[bucket].rows.count
  }

  @inlinable
  func place(in bucket: Int, _ isBeyond: (Timestamp) -> Bool) -> Int {
    var low = buckets[bucket].gone
    var high = buckets[bucket].rows.count
    while low < high {
      let middle = (low + high) / 2
      if isBeyond(buckets[bucket].rows[middle].time) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Takes in a row; of a key, `end` grows with `time`.
  @inlinable
  mutating func insert(
    _ element: Element,
    key: Key,
    time: Timestamp,
    end: Timestamp,
    turn: UInt64,
    isMatched: Bool
  ) {
    let index = indices[key] ?? open(key)
    let row = Row(element: element, time: time, turn: turn, isMatched: isMatched)
    if let last = buckets[index].rows.last, last.time > time {
      buckets[index].rows.insert(row, at: place(in: index) { $0 > time })
    } else {
      buckets[index].rows.append(row)
    }
    heap.insert(RowExpiry(end: end, turn: turn, bucket: index))
    if end > greatestEnd { greatestEnd = end }
  }

  @usableFromInline
  mutating func open(_ key: Key) -> Int {
    let index: Int
    if let place = free.popLast() {
      index = place
      buckets[index].key = key
    } else {
      index = buckets.count
      buckets.append(Bucket(key: key, rows: []))
    }
    indices[key] = index
    return index
  }

  /// Lets the row go that goes first, if there is one.
  @inlinable
  mutating func removeFirst() -> Row? {
    guard let index = heap.first?.bucket else { return nil }
    heap.removeFirst()
    let gone = buckets[index].gone
    let row = buckets[index].rows[gone]
    buckets[index].gone = gone + 1
    trim(index)
    return row
  }

  /// Gives the memory of rows that are gone back, now and then.
  @inlinable
  mutating func trim(_ index: Int) {
    let (gone, count) = (buckets[index].gone, buckets[index].rows.count)
    if gone == count {
      buckets[index].rows.removeAll(keepingCapacity: count <= 8)
      buckets[index].gone = 0
      indices[buckets[index].key] = nil
      free.append(index)
    } else if gone >= 16, gone * 2 >= count {
      buckets[index].rows.removeFirst(gone)
      buckets[index].gone = 0
    }
  }

  /// All rows, in the order in which they came.
  @usableFromInline var ordered: [Row] {
    buckets.flatMap { $0.rows[$0.gone...] }.sorted { $0.turn < $1.turn }
  }
}
