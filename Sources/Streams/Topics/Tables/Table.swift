// SPDX-License-Identifier: Apache-2.0

/// The newest value per key of a topic of changes, kept however much the topic has dropped.
///
/// A table and its topic are two views of one log: what is published into the topic is in the table
/// at the same instant, all of a publish or none. Everything is safe to call from any thread.
///
/// ```swift
/// let prices = Table(Topic<TableChange<String, Int>>("prices"))
/// try await prices.set(7, for: "apple")
/// for try await change in prices.flow() { print(change) }  // set("apple", 7), then what comes
/// ```
public struct Table<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  /// An entry of its topic.
  public typealias Change = TableChange<Key, Value>

  /// The topic that its changes are published into.
  public let topic: Topic<Change>
  private let index: KeyIndex<Change, Key>

  /// Makes the table of a topic, from what the topic keeps; it is kept as long as the topic is.
  ///
  /// A topic has one table: of a topic that has one, this is it, with the bounds it was made with.
  /// That of a durable topic is on disk: it is opened first, by
  /// ``open(_:maximumKeys:maximumBytes:recovery:)``, and making it before is a mistake of the program.
  /// - Parameters:
  ///   - topic: The topic of changes.
  ///   - maximumKeys: The most keys. Beyond it those go whose values were set the longest ago, and
  ///     are counted. Default 100,000.
  ///   - maximumBytes: The most bytes, by the topic's weigher; beyond it the same happens, but never
  ///     to the newest entry. Default 64 MiB.
  @inlinable
  public init(
    _ topic: Topic<Change>,
    maximumKeys: Int = 100_000,
    maximumBytes: Int = 64 << 20
  ) {
    let rules = Self.rules(maximumKeys, maximumBytes)
    self.init(topic) { KeyIndex(rules, weigher: $0) }
  }

  /// How the table reads its changes.
  @inlinable
  static func rules(_ maximumKeys: Int, _ maximumBytes: Int) -> KeyRules<Change, Key> {
    KeyRules(
      key: { $0.key },
      kind: { if case .delete = $0 { .deletion } else { .ordinary } },
      maximumKeys: maximumKeys,
      maximumBytes: maximumBytes
    )
  }

  @usableFromInline
  init(
    _ topic: Topic<Change>,
    makeIndex: @escaping @Sendable (Weigher<Change>) -> KeyIndex<Change, Key>
  ) {
    self.topic = topic
    guard let index = topic.keepTable(makeIndex) as? KeyIndex<Change, Key> else {
      preconditionFailure("the table of a topic of changes has the changes' key")
    }
    self.index = index
  }

  // MARK: Reading

  /// The value of a key at this instant; `nil` if it has none.
  public subscript(key: Key) -> Value? {
    topic.state.withLock { _ in index.newestElement(of: key)?.value }
  }

  /// All keys and values at one instant; what is published later does not change it.
  ///
  /// It costs nothing to take; as long as it is held, changes copy the parts that they touch.
  public func snapshot() -> TableSnapshot<Key, Value> {
    topic.state.withLock { state in
      TableSnapshot(epoch: state.epoch, offset: index.through, slots: index.slots)
    }
  }

  /// What the table keeps and has let go.
  public var statistics: TableStatistics {
    topic.state.withLock { _ in
      TableStatistics(count: index.newest.count, bytes: index.slots.bytes, evicted: index.evicted)
    }
  }

  /// A cursor that hands out the snapshot at this instant, by offset, and then every change after it.
  ///
  /// - Parameter overrun: What happens when the changes get ahead. Default: publishers wait, also
  ///   while the snapshot is read.
  /// - Returns: The cursor; its place in the log is taken.
  public func makeCursor(overrun: OverrunPolicy<Change> = .holdBack) -> Cursor<Change> {
    Cursor(topic, from: .snapshot, overrun: overrun)
  }

  /// A flow of the snapshot at the instant when a reading starts, by offset, and then every change
  /// after it.
  ///
  /// - Parameters:
  ///   - overrun: What happens when the changes get ahead. Default: publishers wait, also while the
  ///     snapshot is read.
  ///   - watermarks: Where the watermark comes from. Default: the topic's marks.
  /// - Returns: The flow; nothing is read before somebody iterates over it.
  public func flow(
    overrun: OverrunPolicy<Change> = .holdBack,
    watermarks: WatermarkStrategy<Change> = .fromSource
  ) -> Flow<Identity<Change>> {
    topic.flow(from: .snapshot, overrun: overrun, watermarks: watermarks)
  }

  // MARK: Writing

  /// Gives a key a value; suspends while there is no room.
  ///
  /// - Throws: ``PublishError``; see ``Topic/publish(_:key:)``.
  @discardableResult
  public nonisolated(nonsending) func set(
    _ value: Value,
    for key: Key
  ) async throws(PublishError) -> Receipt {
    try await topic.publish([.set(key, value)])
  }

  /// Lets a key go, with its memory; suspends while there is no room.
  ///
  /// - Throws: ``PublishError``; see ``Topic/publish(_:key:)``.
  @discardableResult
  public nonisolated(nonsending) func delete(_ key: Key) async throws(PublishError) -> Receipt {
    try await topic.publish([.delete(key)])
  }
}

/// What a table keeps and has let go.
public struct TableStatistics: Hashable, Sendable {
  /// Keys that have a value.
  public let count: Int
  /// What their entries weigh, in bytes.
  public let bytes: Int
  /// Keys that went because of the table's bounds.
  public let evicted: UInt64
}
