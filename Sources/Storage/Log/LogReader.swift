// SPDX-License-Identifier: Apache-2.0
public import Streams

/// A mark as it is stored.
public struct StoredMark: Hashable, Sendable {
  /// Its number.
  public let number: UInt64
  /// The offset of the entry that it stands behind.
  public let after: Offset
  /// The mark.
  public let mark: Mark
  /// When it was set.
  public let appended: Timestamp
}

/// Entries that follow each other, with the marks among and behind them.
public struct StoredBatch: Hashable, Sendable {
  /// The entries, without a hole among them.
  public var entries = StoredEntries()
  /// The marks behind an entry of the batch, or behind the one before it, in order.
  public var marks: [StoredMark] = []
  /// Entries that retention has deleted, between where the reader stood and the first entry.
  public var gap: Gap?
  /// The number of the first mark that was not given.
  public var nextMark: UInt64 = 1
}

/// Where a read begins and how much it gives.
public struct ReadRequest: Hashable, Sendable {
  /// The topic, as it was at some moment; its newest offset is as far as is read.
  public var topic: StoredTopic
  /// The offset behind which it begins; 0 for the start.
  public var after: Offset
  /// The number of the first mark that is wanted; `nil`: all behind that offset.
  public var firstMark: UInt64?
  /// The most entries, and the most marks; default 1,000.
  public var limit: Int
  /// The most bytes of payloads, but for one entry; default 1 MiB.
  public var bytes: Int

  /// Makes a request; the bounds keep each read a short one.
  public init(
    _ topic: StoredTopic,
    after: Offset,
    firstMark: UInt64? = nil,
    limit: Int = 1_000,
    bytes: Int = 1 << 20
  ) {
    precondition(limit > 0 && bytes > 0, "a read gives something")
    self.topic = topic
    self.after = after
    self.firstMark = firstMark
    self.limit = min(limit, 10_000)
    self.bytes = min(bytes, 16 << 20)
  }
}

/// Reads a log by one connection; each call is a transaction of its own, and a short one.
struct LogReader {
  let database: Database

  init(_ database: Database) {
    self.database = database
  }

  /// Reads entries and marks as a request says.
  ///
  /// - Throws: ``StorageError``; with reason `damaged`, names what is wrong or missing directly
  ///   behind where the request begins, of which nothing is given. What is in order before damage is
  ///   given without it.
  func read(_ request: ReadRequest) throws(StorageError) -> StoredBatch {
    let transaction = try Transaction(reading: database)
    var batch = StoredBatch()
    var expected = request.after + 1
    let through = request.topic.nextOffset - 1
    var left = request.bytes
    if expected <= through {
      let first = try firstOffset(request.topic)
      if expected < first {
        batch.gap = Gap(from: expected, to: min(first, request.topic.nextOffset) - 1)
        expected = first
      }
    }
    if expected <= through {
      let count = min(UInt64(request.limit), through - expected + 1)
      batch.entries.begin(at: expected, reserving: Int(count), bytes: request.bytes)
      do {
        try scan(request.topic, from: expected, through: through, limit: request.limit) { row in
          guard row.isIntact, row.offset == expected + UInt64(batch.entries.count) else {
            return false
          }
          guard batch.entries.isEmpty || row.payload.count <= left else { return false }
          left -= row.payload.count
          batch.entries.append(row)
          return true
        }
      } catch  where error.reason == .corrupt {
        // A page that can't be read: what stands before it is given.
      }
      if batch.entries.isEmpty {
        throw damaged(try firstDamage(request.topic, from: expected, through: through))
      }
    }
    try readMarks(request, &batch)
    transaction.end()
    return batch
  }

  /// Calls `body` with the rows of a range of offsets until it answers `false`.
  ///
  /// The statement has no upper bound: SQLite would look at it for each row, and take longer for it.
  func scan(
    _ topic: StoredTopic,
    from first: Offset,
    through last: Offset,
    limit: Int,
    _ body: (borrowing EntryRow) -> Bool
  ) throws(StorageError) {
    let statement = try database.statement(.readEntries)
    defer { statement.reset() }
    statement.bind(RowNumber.make(topic.id, first), at: 1)
    let end = RowNumber.make(topic.id, last)
    try database.scan(statement, through: end, limit: limit, body)
  }

  /// The first offset that is kept, as this connection's transaction sees it.
  private func firstOffset(_ topic: StoredTopic) throws(StorageError) -> Offset {
    let rows = try TopicRow.read(after: topic.id.rawValue - 1, limit: 1, database)
    guard let row = rows.first, row.id == topic.id else {
      throw StorageError(.unknown(what: "topic"), operation: "read", path: database.path)
    }
    return row.firstOffset
  }

  private func readMarks(
    _ request: ReadRequest,
    _ batch: inout StoredBatch
  ) throws(StorageError) {
    let last = batch.entries.last?.offset ?? max(request.after, request.topic.nextOffset - 1)
    var first = request.firstMark ?? 0
    if request.firstMark == nil { first = try firstMark(request.topic, behind: request.after) }
    first = max(first, request.topic.firstMark)
    batch.nextMark = first
    let statement = try database.statement(.readMarks)
    defer { statement.reset() }
    statement.bind(RowNumber.make(request.topic.id, first), at: 1)
    statement.bind(RowNumber.make(request.topic.id, request.topic.nextMark - 1), at: 2)
    statement.bind(Int64(request.limit) + 1, at: 3)
    while try statement.step() {
      guard let row = MarkRow(statement) else {
        return try endBefore(RowNumber.offset(statement.int64(0)), request, &batch)
      }
      guard row.after <= last else { return }
      guard batch.marks.count < request.limit else {
        // What follows comes with the next read, and the entries that stand behind it too.
        batch.entries.removeAll(behind: row.after)
        return
      }
      batch.marks.append(
        StoredMark(
          number: RowNumber.offset(row.id),
          after: row.after,
          mark: row.mark,
          appended: row.appended
        )
      )
      batch.nextMark = RowNumber.offset(row.id) + 1
    }
  }

  /// The number of the first mark that stands behind `offset` or a later entry.
  private func firstMark(
    _ topic: StoredTopic,
    behind offset: Offset
  ) throws(StorageError) -> UInt64 {
    let statement = try database.statement(.readMarks)
    var low = topic.firstMark
    var high = topic.nextMark
    while low < high {
      let middle = low + (high - low) / 2
      defer { statement.reset() }
      statement.bind(RowNumber.make(topic.id, middle), at: 1)
      statement.bind(RowNumber.make(topic.id, high), at: 2)
      statement.bind(1, at: 3)
      let isBefore = try statement.step() && Offset(bitPattern: statement.int64(1)) < offset
      if isBefore { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Ends a batch before a mark that is damaged, behind the last mark that is in order: where it stands
  /// is not known.
  private func endBefore(
    _ number: UInt64,
    _ request: ReadRequest,
    _ batch: inout StoredBatch
  ) throws(StorageError) {
    guard let last = batch.marks.last else {
      throw StorageError(
        .damagedMark(topic: request.topic.name, number: number),
        operation: "read",
        path: database.path
      )
    }
    batch.entries.removeAll(behind: last.after)
  }

  private func damaged(_ damage: Damage) -> StorageError {
    StorageError(
      .damaged(topic: damage.topic, from: damage.from, through: damage.through),
      operation: "read",
      path: database.path
    )
  }
}
