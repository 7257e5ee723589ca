// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits pairs of elements of two inputs that have the same key and lie close in event time.
///
/// An element is kept until the watermark says that nothing can come any more which it would meet.
/// One that comes when that is so already is late: counted and dropped. Pairs come in the order in
/// which they are complete; of one element in the order of the other's times.
public struct IntervalJoin<
  Left: Sendable,
  Right: Sendable,
  Key: Hashable & Sendable,
  Output: Sendable
>: Operator {
  @usableFromInline let rule: IntervalRule<Left, Right, Key>
  @usableFromInline let pair: @Sendable (Left, Right) -> Output
  /// What becomes of a left element that has met none; `nil` where nothing does.
  @usableFromInline let single: (@Sendable (Left) -> Output)?
  @usableFromInline var table: JoinTable<Left, Right, Key>
  @usableFromInline var watermark = Timestamp.distantPast
  /// A left element that had to go before its time.
  @usableFromInline var evicted: Left?
  @usableFromInline var late: UInt64 = 0

  /// Makes the operator.
  @usableFromInline
  init(
    _ rule: IntervalRule<Left, Right, Key>,
    limit: JoinLimit,
    pair: @escaping @Sendable (Left, Right) -> Output,
    single: (@Sendable (Left) -> Output)? = nil
  ) {
    self.rule = rule
    self.pair = pair
    self.single = single
    table = JoinTable(limit: limit)
  }

  /// True: an element may meet many.
  @inlinable public static var expands: Bool { true }

  /// Lets the element meet what is kept of the other side, and keeps it.
  @inlinable
  public mutating func receive(
    _ element: Either<Left, Right>,
    at now: Timestamp,
    _ emit: (Output) -> Void
  ) {
    switch element {
    case .left(let element): receive(left: element, emit)
    case .right(let element): receive(right: element, emit)
    }
    if evicted == nil, let (left, right) = table.nextPair() { emit(pair(left, right)) }
  }

  @inlinable
  mutating func receive(left element: Left, _ emit: (Output) -> Void) {
    let (key, time, end) = rule.place(left: element)
    guard !isOver(end) else {
      late += 1
      return
    }
    let hasRoom = makeRoom()
    var isMatched = false
    if let bucket = table.right.bucket(of: key) {
      let last = time.advanced(byMilliseconds: rule.upper)
      let first = time.advanced(byMilliseconds: rule.lower)
      let rows = table.right.rows(of: bucket, from: first, through: last)
      isMatched = !rows.isEmpty
      if isMatched { table.probe = .init(.left(element), bucket: bucket, rows: rows) }
    }
    if hasRoom {
      table.left.insert(
        element,
        key: key,
        time: time,
        end: end,
        turn: table.nextTurn(),
        isMatched: isMatched
      )
    } else if !isMatched, let single {
      emit(single(element))
    }
  }

  @inlinable
  mutating func receive(right element: Right, _ emit: (Output) -> Void) {
    let (key, time, end) = rule.place(right: element)
    guard !isOver(end) else {
      late += 1
      return
    }
    let hasRoom = makeRoom()
    if let bucket = table.left.bucket(of: key) {
      let first = time.advanced(byMilliseconds: 0 &- rule.upper)
      let rows = table.left.rows(of: bucket, from: first, through: end)
      if !rows.isEmpty { table.probe = .init(.right(element), bucket: bucket, rows: rows) }
      if single != nil {
        for row in rows { table.left.buckets[bucket].rows[row].isMatched = true }
      }
    }
    guard hasRoom else { return }
    let turn = table.nextTurn()
    table.right.insert(element, key: key, time: time, end: end, turn: turn, isMatched: false)
  }

  @inlinable
  mutating func makeRoom() -> Bool {
    let (hasRoom, row) = table.makeRoom()
    if single != nil, let row, !row.isMatched { evicted = row.element }
    return hasRoom
  }

  /// Whether nothing can come any more that an element would meet which goes then.
  @inlinable
  func isOver(_ end: Timestamp) -> Bool { end < watermark || watermark == .never }

  /// Each: it decides what is late.
  @inlinable public var nextWatermark: Timestamp { watermark.advanced(byMilliseconds: 1) }

  /// Lets go what can meet nothing any more.
  @inlinable
  public mutating func advance(
    to watermark: Timestamp,
    at now: Timestamp,
    _ emit: (Output) -> Void
  ) {
    self.watermark = watermark
    while let first = table.right.heap.first, isOver(first.end) { _ = table.right.removeFirst() }
    guard single == nil else { return }
    while let first = table.left.heap.first, isOver(first.end) { _ = table.left.removeFirst() }
  }

  /// Behind the last left element that may be emitted alone.
  @inlinable public var latestEnd: Timestamp {
    guard single != nil, table.left.count > 0 else { return .distantPast }
    return table.left.greatestEnd.advanced(byMilliseconds: 1)
  }

  /// Whether pairs, or elements that have met none, were not given out yet.
  @inlinable public var isPending: Bool {
    if case .some = table.probe { return true }
    if case .some = evicted { return true }
    return isLeftOver
  }

  /// Whether a left element was kept until nothing could come any more for it.
  @inlinable var isLeftOver: Bool {
    guard let first = table.left.heap.first else { return false }
    return isOver(first.end)
  }

  /// Gives out pairs, then what has met none.
  @inlinable
  public mutating func resume(at now: Timestamp, room: Int, _ emit: (Output) -> Void) {
    var left = room
    while left > 0, isPending {
      if let output = nextOutput() {
        emit(output)
        left -= 1
      }
    }
  }

  @inlinable
  mutating func nextOutput() -> Output? {
    if let element = evicted.take() { return single?(element) }
    if let (left, right) = table.nextPair() { return pair(left, right) }
    guard let row = table.left.removeFirst(), !row.isMatched else { return nil }
    return single?(row.element)
  }

  /// The name of the stage.
  var name: String { single == nil ? "join" : "leftJoin" }

  /// The stage `join` or `leftJoin`: `late` elements, those `dropped` since there was no room, and
  /// those that are `held` now.
  public var stages: [StageStatistics] {
    [
      StageStatistics(
        name,
        ["late": late, "dropped": table.dropped, "held": UInt64(table.count)]
      )
    ]
  }
}
