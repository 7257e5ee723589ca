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

    @inlinable
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
    @usableFromInline var hash: UInt32
    @usableFromInline var rows: [Row]
    /// Rows at the front that are gone.
    @usableFromInline var gone = 0

    @inlinable
    init(key: Key, hash: UInt32, rows: [Row]) {
      self.key = key
      self.hash = hash
      self.rows = rows
    }
  }

  @usableFromInline var buckets: [Bucket] = []
  @usableFromInline var free: [Int] = []
  @usableFromInline var index = HashIndex()
  @usableFromInline let seed = hashSeed
  @usableFromInline var heap = LeastHeap<RowExpiry>()
  /// The greatest end of any row that ever was; the row that has it goes last.
  @usableFromInline var greatestEnd = Timestamp.distantPast

  @usableFromInline init() {}

  /// The number of rows.
  @inlinable var count: Int { heap.count }

  @inlinable
  func bucket(of key: Key) -> Int? {
    bucket(of: key, windowHash(key, seed: seed))
  }

  @inlinable
  func bucket(of key: Key, _ hash: UInt32) -> Int? {
    index.find(hash) { buckets[$0].key == key }
  }

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
    let hash = windowHash(key, seed: seed)
    let place = bucket(of: key, hash) ?? open(key, hash)
    let row = Row(element: element, time: time, turn: turn, isMatched: isMatched)
    if let last = buckets[place].rows.last, last.time > time {
      buckets[place].rows.insert(row, at: self.place(in: place) { $0 > time })
    } else {
      buckets[place].rows.append(row)
    }
    heap.insert(RowExpiry(end: end, turn: turn, bucket: place))
    if end > greatestEnd { greatestEnd = end }
  }

  @inlinable
  mutating func open(_ key: Key, _ hash: UInt32) -> Int {
    let place: Int
    if let known = free.popLast() {
      place = known
      buckets[place].key = key
      buckets[place].hash = hash
    } else {
      place = buckets.count
      buckets.append(Bucket(key: key, hash: hash, rows: []))
    }
    index.insert(hash, at: place)
    return place
  }

  /// Lets the row go that goes first, if there is one.
  @inlinable
  mutating func removeFirst() -> Row? {
    guard let place = heap.first?.bucket else { return nil }
    heap.removeFirst()
    let gone = buckets[place].gone
    let row = buckets[place].rows[gone]
    buckets[place].gone = gone + 1
    trim(place)
    return row
  }

  /// Gives the memory of rows that are gone back, now and then.
  @inlinable
  mutating func trim(_ place: Int) {
    let (gone, count) = (buckets[place].gone, buckets[place].rows.count)
    if gone == count {
      buckets[place].rows.removeAll(keepingCapacity: count <= 8)
      buckets[place].gone = 0
      index.remove(buckets[place].hash, at: place)
      free.append(place)
    } else if gone >= 16, gone * 2 >= count {
      buckets[place].rows.removeFirst(gone)
      buckets[place].gone = 0
    }
  }

  /// All rows, in the order in which they came.
  @usableFromInline var ordered: [Row] {
    buckets.flatMap { $0.rows[$0.gone...] }.sorted { $0.turn < $1.turn }
  }
}
