// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The rows of both sides of a join, bounded, and what is being given out.
@usableFromInline
struct JoinTable<Left: Sendable, Right: Sendable, Key: Hashable & Sendable>: Sendable {
  /// An element that meets rows of the other side, of which some were not given out yet.
  @usableFromInline
  struct Probe: Sendable {
    @usableFromInline let element: Either<Left, Right>
    /// The bucket of the other side.
    @usableFromInline let bucket: Int
    /// The rows that are left.
    @usableFromInline var rows: Range<Int>

    @inlinable
    init(_ element: Either<Left, Right>, bucket: Int, rows: Range<Int>) {
      self.element = element
      self.bucket = bucket
      self.rows = rows
    }
  }

  @usableFromInline let limit: JoinLimit
  @usableFromInline var left = JoinSide<Left, Key>()
  @usableFromInline var right = JoinSide<Right, Key>()
  @usableFromInline var probe: Probe?
  @usableFromInline var turn: UInt64 = 0
  @usableFromInline var dropped: UInt64 = 0

  @usableFromInline
  init(limit: JoinLimit) {
    self.limit = limit
  }

  /// The number of rows that are kept.
  @inlinable var count: Int { left.count + right.count }

  /// Makes room for a row, where the limit's policy lets another go for it.
  ///
  /// Answers whether there is room, and the left row that has gone.
  @inlinable
  mutating func makeRoom() -> (hasRoom: Bool, evicted: JoinSide<Left, Key>.Row?) {
    if count < limit.count { return (true, nil) }
    dropped += 1
    guard limit.overflow == .evict else { return (false, nil) }
    guard let first = left.heap.first else {
      _ = right.removeFirst()
      return (true, nil)
    }
    if let other = right.heap.first, other < first {
      _ = right.removeFirst()
      return (true, nil)
    }
    return (true, left.removeFirst())
  }

  @inlinable
  mutating func nextTurn() -> UInt64 {
    turn += 1
    return turn
  }

  /// Gives out one pair of the probe, which is there.
  @inlinable
  mutating func nextPair() -> (Left, Right)? {
    guard let probe else { return nil }
    let (row, bucket) = (probe.rows.lowerBound, probe.bucket)
    if row + 1 < probe.rows.upperBound {
      self.probe?.rows = row + 1..<probe.rows.upperBound
    } else {
      self.probe = nil
    }
    switch probe.element {
    case .left(let element): return (element, right.buckets[bucket].rows[row].element)
    case .right(let element): return (left.buckets[bucket].rows[row].element, element)
    }
  }
}

// MARK: State
extension JoinTable {
  /// Writes the rows of a side in the order in which they came.
  private func encode<Element>(
    _ rows: [JoinSide<Element, Key>.Row],
    into encoder: inout StateEncoder
  ) throws(StateError) {
    encoder.write(UInt64(rows.count))
    for row in rows {
      try encoder.encode(row.element)
      encoder.write(row.turn)
      try row.isMatched.encode(into: &encoder)
    }
  }

  /// Writes everything but the counters.
  func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(turn)
    try encode(left.ordered, into: &encoder)
    try encode(right.ordered, into: &encoder)
    try encoder.encode(probe?.element)
    guard let probe else { return }
    let gone =
      if case .left = probe.element {
        right.buckets[probe.bucket].gone
      } else {
        left.buckets[probe.bucket].gone
      }
    try (probe.rows.lowerBound - gone).encode(into: &encoder)
    try (probe.rows.upperBound - gone).encode(into: &encoder)
  }

  /// Reads it; the closures tell of an element its key, its time and when it goes.
  mutating func restore(
    from decoder: inout StateDecoder,
    left place: (Left) -> (Key, time: Timestamp, end: Timestamp),
    right otherPlace: (Right) -> (Key, time: Timestamp, end: Timestamp)
  ) throws(StateError) {
    turn = try decoder.readUInt64()
    for _ in 0..<(try decoder.readCount()) {
      let (element, turn, isMatched) = try row(Left.self, from: &decoder)
      let (key, time, end) = place(element)
      left.insert(element, key: key, time: time, end: end, turn: turn, isMatched: isMatched)
    }
    for _ in 0..<(try decoder.readCount()) {
      let (element, turn, isMatched) = try row(Right.self, from: &decoder)
      let (key, time, end) = otherPlace(element)
      right.insert(element, key: key, time: time, end: end, turn: turn, isMatched: isMatched)
    }
    guard let element = try decoder.decode(Either<Left, Right>?.self) else { return }
    let index = decoder.index
    let (low, high) = (try Int(from: &decoder), try Int(from: &decoder))
    let bucket =
      switch element {
      case .left(let element): right.bucket(of: place(element).0)
      case .right(let element): left.bucket(of: otherPlace(element).0)
      }
    guard let bucket, low < high, isThere(high, bucket, for: element), low >= 0 else {
      throw .malformed(at: index, expected: "rows that are left")
    }
    probe = Probe(element, bucket: bucket, rows: low..<high)
  }

  private func isThere(_ end: Int, _ bucket: Int, for element: Either<Left, Right>) -> Bool {
    switch element {
    case .left: end <= right.buckets[bucket].rows.count
    case .right: end <= left.buckets[bucket].rows.count
    }
  }

  private func row<Element>(
    _ type: Element.Type,
    from decoder: inout StateDecoder
  ) throws(StateError) -> (Element, turn: UInt64, isMatched: Bool) {
    (try decoder.decode(type), try decoder.readUInt64(), try Bool(from: &decoder))
  }
}
