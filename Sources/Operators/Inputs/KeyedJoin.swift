// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Which rows of a key a side of a join keeps.
public enum JoinRows: Hashable, Sendable {
  /// All: the input is a list of facts.
  case all
  /// The newest: the input is a list of changes, each of which takes the place of the one before.
  case newest
}

/// Emits pairs of elements of two inputs that have the same key, however far apart they come.
///
/// Each element meets, when it comes, what is kept of the other side, in the order in which that
/// came. What was emitted is never taken back.
public struct KeyedJoin<Left: Sendable, Right: Sendable, Key: Hashable & Sendable>: Operator {
  @usableFromInline let leftKey: @Sendable (Left) -> Key
  @usableFromInline let rightKey: @Sendable (Right) -> Key
  @usableFromInline let leftRows: JoinRows
  @usableFromInline let rightRows: JoinRows
  @usableFromInline var table: JoinTable<Left, Right, Key>

  /// Makes the operator; see ``Streams/Flow/join(_:on:equals:keeping:_:limit:)``.
  public init(
    on leftKey: @escaping @Sendable (Left) -> Key,
    equals rightKey: @escaping @Sendable (Right) -> Key,
    keeping leftRows: JoinRows,
    _ rightRows: JoinRows,
    limit: JoinLimit
  ) {
    self.leftKey = leftKey
    self.rightKey = rightKey
    self.leftRows = leftRows
    self.rightRows = rightRows
    table = JoinTable(limit: limit)
  }

  /// True: an element may meet many.
  @inlinable public static var expands: Bool { true }

  /// Lets the element meet what is kept of the other side, and keeps it.
  @inlinable
  public mutating func receive(
    _ element: Either<Left, Right>,
    at now: Timestamp,
    _ emit: (Joined<Left, Right>) -> Void
  ) {
    switch element {
    case .left(let left):
      let key = leftKey(left)
      if leftRows == .newest, table.left.replace(left, of: key) {
      } else if table.makeRoom().hasRoom {
        table.left.insert(left, key: key, turn: table.nextTurn())
      }
      if let bucket = table.right.bucket(of: key) {
        table.probe = .init(element, bucket: bucket, rows: table.right.rows(of: bucket))
      }
    case .right(let right):
      let key = rightKey(right)
      if rightRows == .newest, table.right.replace(right, of: key) {
      } else if table.makeRoom().hasRoom {
        table.right.insert(right, key: key, turn: table.nextTurn())
      }
      if let bucket = table.left.bucket(of: key) {
        table.probe = .init(element, bucket: bucket, rows: table.left.rows(of: bucket))
      }
    }
    if let (left, right) = table.nextPair() { emit(Joined(left: left, right: right)) }
  }

  /// Whether pairs were not given out yet.
  @inlinable public var isPending: Bool {
    if case .some = table.probe { true } else { false }
  }

  /// Gives out pairs.
  @inlinable
  public mutating func resume(
    at now: Timestamp,
    room: Int,
    _ emit: (Joined<Left, Right>) -> Void
  ) {
    var count = 0
    while count < room, let (left, right) = table.nextPair() {
      emit(Joined(left: left, right: right))
      count += 1
    }
  }

  /// Writes the rows, and what is being given out.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("join") { encoder throws(StateError) in try table.encode(into: &encoder) }
  }

  /// Reads the rows, and what was being given out.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    let (leftKey, rightKey) = (leftKey, rightKey)
    try decoder.section("join") { decoder, _ throws(StateError) in
      try table.restore(
        from: &decoder,
        left: { (leftKey($0), time: .distantPast, end: .never) },
        right: { (rightKey($0), time: .distantPast, end: .never) }
      )
    }
  }

  /// The stage `join`: elements `dropped` since there was no room, and those that are `held` now.
  public var stages: [StageStatistics] {
    [StageStatistics("join", ["dropped": table.dropped, "held": UInt64(table.count)])]
  }
}

extension JoinSide {
  /// Takes in a row that is kept for good, as long as there is room: those go first that came first.
  @inlinable
  mutating func insert(_ element: Element, key: Key, turn: UInt64) {
    insert(element, key: key, time: .distantPast, end: .never, turn: turn, isMatched: false)
  }

  /// Puts an element in the place of the key's only row; answers whether there was one.
  @inlinable
  mutating func replace(_ element: Element, of key: Key) -> Bool {
    guard let bucket = bucket(of: key) else { return false }
    // Told apart: asked in one, the bucket would be copied to be read while it changes.
    let place = buckets[bucket].gone
    buckets[bucket].rows[place].element = element
    return true
  }
}

extension Flow {
  /// Pairs of an element of this flow and one of another that have the same key, whenever they come.
  ///
  /// Each element meets, when it comes, what is kept of the other flow, and is kept itself. What was
  /// paired is never taken back. It ends when both have ended.
  ///
  /// ```swift
  /// let offers = auctions.join(people, on: \.seller, equals: \.id)
  /// ```
  ///
  /// - Parameters:
  ///   - other: The other flow.
  ///   - key: The key of an element of this flow.
  ///   - otherKey: The key of an element of the other.
  ///   - rows: Which elements of a key are kept of this flow. Default: all.
  ///   - otherRows: Which elements of a key are kept of the other. Default: all.
  ///   - limit: How many elements are kept; those go first that came first. Default
  ///     ``JoinLimit/standard``.
  /// - Returns: The flow of pairs.
  @inlinable
  public func join<Other: Operator, Key: Hashable & Sendable>(
    _ other: Flow<Other>,
    on key: @escaping @Sendable (Chain.Output) -> Key,
    equals otherKey: @escaping @Sendable (Other.Output) -> Key,
    keeping rows: JoinRows = .all,
    _ otherRows: JoinRows = .all,
    limit: JoinLimit = .standard
  ) -> Flow<
    Inputs<Chain.Output, Other.Output, KeyedJoin<Chain.Output, Other.Output, Key>>
  > {
    either(other).apply(
      KeyedJoin(on: key, equals: otherKey, keeping: rows, otherRows, limit: limit)
    )
  }
}
