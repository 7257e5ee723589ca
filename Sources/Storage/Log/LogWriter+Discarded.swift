// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// What nobody reads any more and what is not all deleted yet.
struct Discarded {
  /// Topics that were deleted.
  var topics: [TopicID] = []
  /// Topics whose table was discarded: another one begins when its rows are gone.
  var tables: [TopicID] = []

  var isEmpty: Bool { topics.isEmpty && tables.isEmpty }

  /// The numbers of topics that were deleted, some at a time.
  static func topics(
    after id: Int64,
    limit: Int64,
    _ database: Database
  ) throws(StorageError) -> [TopicID] {
    try database.rows(.readDiscarded, id, limit) { TopicID(rawValue: $0.int64(0)) }
  }

  /// The name of a topic that was deleted: longer than any that is taken, so its own is free.
  static func name(of topic: TopicID) -> String {
    "deleted/\(topic.rawValue)/" + String(repeating: "-", count: StorageLimits.nameBytes)
  }
}

/// Deleting what was discarded: bit by bit between publishes, and on after whatever interrupts it.
///
/// That something is discarded is one small change of a row, in the transaction of whoever wants it.
/// The steps are not synced: what a power loss brings back is deleted again.
extension LogWriter {
  /// How much a step may delete.
  private struct Budget {
    var rows: Int
    /// Bytes, but for the last row.
    var bytes = 1 << 20
    /// What it has deleted.
    var deleted = (rows: 0, bytes: 0)

    var isSpent: Bool { rows <= 0 || bytes <= 0 }

    mutating func take(_ size: Int) {
      rows -= 1
      bytes -= size
      deleted.rows += 1
      deleted.bytes += size
    }
  }

  /// What is discarded, read anew after a transaction has failed.
  func discarded(_ database: Database) throws(StorageError) -> Discarded {
    if let knownDiscarded { return knownDiscarded }
    var found = Discarded()
    while true {
      let last = found.topics.last?.rawValue ?? 0
      let some = try Discarded.topics(after: last, limit: 1_000, database)
      guard let end = some.last, end.rawValue > last else { break }
      found.topics += some
    }
    found.tables = topics.all.filter { $0.table?.isDiscarded ?? false }.map(\.id)
    knownDiscarded = found
    return found
  }

  /// Deletes a step's worth of rows; answers whether there may be more.
  func deleteDiscarded() throws(StorageError) -> Bool {
    let database = try connected()
    let discarded = try discarded(database)
    guard let id = discarded.tables.first ?? discarded.topics.first else { return false }
    try synchronize(false, database)
    let transaction = try Transaction(writing: database)
    var isDone = true
    if discarded.tables.isEmpty {
      isDone = try deleteRows(of: id, database)
    } else if let cell = topics.cell(id) {
      isDone = try deleteTableRows(of: cell, database)
    }
    try transaction.commit()
    topics.keep { _ in }
    guard isDone else { return true }
    if discarded.tables.isEmpty {
      knownDiscarded?.topics.removeFirst()
    } else {
      knownDiscarded?.tables.removeFirst()
    }
    return true
  }

  // MARK: Topics

  /// Takes a topic away, and with it what little there is of it.
  func discard(_ cell: TopicTable.Cell, _ database: Database) throws(StorageError) {
    let id = cell.topic.id
    _ = try discarded(database)
    let statement = try database.statement(.discardTopic)
    statement.bind(id.rawValue, at: 1)
    statement.bind(Discarded.name(of: id), at: 2)
    try statement.run()
    tables.forget(id)
    topics.remove(id)
    if try !deleteRows(of: id, database) { knownDiscarded?.topics.append(id) }
    knownDiscarded?.tables.removeAll { $0 == id }
  }

  /// Deletes rows of a topic that is not there any more; answers whether that was all.
  private func deleteRows(of id: TopicID, _ database: Database) throws(StorageError) -> Bool {
    var budget = Budget(rows: settings.retentionStep)
    defer { note(budget) }
    try delete(.measureTableRows, .deleteTableRows, of: id, &budget, database)
    guard !budget.isSpent else { return false }
    try database.run(.deleteTable, id.rawValue)
    try delete(.measureEntries, .deleteEntries, of: id, &budget, database)
    guard !budget.isSpent else { return false }
    try delete(.readMarks, .deleteMarks, of: id, &budget, database)
    guard !budget.isSpent else { return false }
    let keys = try database.rows(.deleteTopicKeys, id.rawValue, Int64(budget.rows)) { $0.int64(0) }
    guard keys.count < budget.rows else { return false }
    try database.run(.deleteTopic, id.rawValue)
    return true
  }

  // MARK: Tables

  /// Sees to it that nobody takes a topic's table for one any more.
  func discardTable(of cell: TopicTable.Cell, _ database: Database) throws(StorageError) {
    guard var table = cell.topic.table else { return }
    tables.forget(cell.topic.id)
    // What a damaged row says is not believed.
    if !table.isIntact { (table.count, table.bytes) = (0, 0) }
    (table.isDiscarded, table.isIntact) = (true, true)
    _ = try discarded(database)
    try TableRow.update(table, of: cell.topic.id, database)
    topics.change(cell) { $0.table = table }
    knownDiscarded?.tables.append(cell.topic.id)
  }

  /// Deletes rows of a table that was discarded; answers whether that was all, or there was none.
  func deleteTableRows(
    of cell: TopicTable.Cell,
    _ database: Database
  ) throws(StorageError) -> Bool {
    guard var table = cell.topic.table, table.isDiscarded else { return true }
    var budget = Budget(rows: settings.retentionStep)
    try delete(.measureTableRows, .deleteTableRows, of: cell.topic.id, &budget, database)
    note(budget)
    let (rows, bytes) = (Int64(budget.deleted.rows), Int64(budget.deleted.bytes))
    guard rows > 0 else { return true }
    table.count -= rows
    table.bytes = max(0, table.bytes - bytes - rows * EntryFormat.overheadBytes)
    if !budget.isSpent { (table.count, table.bytes) = (0, 0) }
    try TableRow.update(table, of: cell.topic.id, database)
    topics.change(cell) { $0.table = table }
    return !budget.isSpent
  }

  // MARK: Rows

  /// Deletes rows that belong to a topic, the first ones.
  private func delete(
    _ measure: SQL,
    _ delete: SQL,
    of topic: TopicID,
    _ budget: inout Budget,
    _ database: Database
  ) throws(StorageError) {
    let first = RowNumber.make(topic, 0)
    var last: Int64?
    do {
      let statement = try database.statement(measure)
      defer { statement.reset() }
      statement.bind(first, at: 1)
      statement.bind(RowNumber.make(topic, RowNumber.maximumOffset), at: 2)
      statement.bind(Int64(budget.rows), at: 3)
      while !budget.isSpent, try statement.step() {
        last = statement.int64(0)
        budget.take(measure == .readMarks ? 0 : Int(statement.int64(1)))
      }
    }
    if let last { try database.run(delete, first, last) }
  }

  /// Lets it be looked for free pages when enough was deleted.
  private func note(_ budget: Budget) {
    vacuum.deletedRows += max(budget.deleted.rows, budget.deleted.bytes / VacuumState.rowBytes)
  }
}
