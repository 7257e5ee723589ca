// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// Tables of topics: the newest entry of each key is kept beside the log, and changes in the
/// transaction of the entries.
extension LogWriter {
  /// Lets the table of a topic take note of entries that were just appended.
  ///
  /// One that nobody has opened stays behind, and reads them from the log when it is.
  func followTable(
    _ payloads: [[UInt8]],
    _ receipt: AppendReceipt,
    _ cell: TopicTable.Cell,
    _ database: Database
  ) throws(StorageError) {
    guard !payloads.isEmpty, let changes = tables.changes(of: cell.topic.id) else { return }
    if changes.draft.through() + 1 < receipt.firstOffset {
      try catchUp(changes, cell.topic, before: receipt.firstOffset, limit: .max >> 12, database)
    }
    var offset = receipt.firstOffset
    for payload in payloads {
      changes.note(payload, offset, receipt.appended, isStored: false)
      offset += 1
    }
  }

  /// Lets a table take note of entries that are in the log: of those it has missed, because it was
  /// not open, or because the disk has them though it had said no.
  ///
  /// - Returns: Entries that are damaged or gone, which it passes over.
  @discardableResult
  func catchUp(
    _ changes: TableChanges,
    _ topic: StoredTopic,
    before end: Offset,
    limit: Int,
    _ database: Database
  ) throws(StorageError) -> Gap? {
    try buffer.flush(database)
    let first = changes.draft.through() + 1
    var last = min(end - 1, first &+ Offset(limit) - 1)
    let known = topic.table?.through ?? 0
    var (next, damage): (Offset, Gap?) = (first, nil)
    var left = limit * Self.stepBytesPerEntry
    func pass(before offset: Offset) {
      guard next < offset else { return }
      damage = Gap(from: damage?.from ?? next, to: offset - 1)
      changes.note(nil, offset - 1, topic.appended, isStored: true, isInRows: offset - 1 <= known)
      next = offset
    }
    try LogReader(database).scan(topic, from: first, through: last, limit: .max) { row in
      guard left > 0 else {
        last = row.offset - 1
        return false
      }
      left -= row.payload.count
      guard row.isIntact else { return true }
      pass(before: row.offset)
      let isKnown = row.offset <= known
      changes.note(
        Array(row.payload),
        row.offset,
        row.appended,
        isStored: true,
        isInRows: isKnown
      )
      next = row.offset + 1
      return true
    }
    pass(before: last + 1)
    return damage
  }

  /// A step reads so many bytes for each entry that it may read, but for one entry.
  private static let stepBytesPerEntry = 1 << 10

  /// Writes what the open transaction has changed of tables.
  func flushTables(_ database: Database) throws(StorageError) {
    for (id, changes) in tables.changes {
      guard let cell = topics.cell(id), var table = cell.topic.table else { continue }
      let former = table
      vacuum.deletedRows += try changes.flush(&table, of: id, database)
      guard table != former else { continue }
      try TableRow.update(table, of: id, database)
      topics.change(cell) { $0.table = table }
    }
  }

  /// Deletes a topic's table with its rows.
  func deleteTable(of id: TopicID, _ database: Database) throws(StorageError) {
    tables.forget(id)
    guard let table = topics[id]?.table else { return }
    try deleteRows(of: id, database)
    try database.run(.deleteTable, id.rawValue)
    vacuum.deletedRows += Int(clamping: table.count)
  }

  private func deleteRows(of id: TopicID, _ database: Database) throws(StorageError) {
    try database.run(
      .deleteTableRows,
      RowNumber.make(id, 0),
      RowNumber.make(id, RowNumber.maximumOffset)
    )
  }
}

// MARK: Opening

/// Why a table can't be opened as it is.
enum TableObstacle: Error, Hashable, Sendable {
  case damaged
  case otherDefinition(stored: String)
  case missed(Gap)
  /// The topic has events, which are no changes of a program's own types.
  case otherForm
}

extension LogWriter {
  /// The table of a topic as it is on disk, made if there is none; nobody follows it from now on.
  ///
  /// - Parameters:
  ///   - id: The topic.
  ///   - follower: What it shall be.
  ///   - anew: Whether one that can't be used is made anew.
  ///   - database: The connection that writes.
  /// - Returns: The table, or why it can't be used.
  /// - Throws: ``StorageError``; nothing was changed.
  func takeUpTable(
    of id: TopicID,
    _ follower: TableFollower,
    anew: Bool,
    _ database: Database
  ) throws(StorageError) -> Result<StoredTable, TableObstacle> {
    guard let cell = topics.cell(id) else { throw refusal(.unknown(what: "topic"), "open table") }
    let limit = StorageLimits.definitionBytes
    guard follower.definition.utf8.count <= limit else {
      throw refusal(.tooLarge(limit: limit, unit: "bytes of a definition"), "open table")
    }
    if let table = cell.topic.table {
      guard let obstacle = obstacle(table, cell.topic, follower) else {
        tables.forget(id)
        return .success(table)
      }
      guard anew else { return .failure(obstacle) }
      try deleteTable(of: id, database)
    }
    guard follower.form == .events || cell.topic.table != nil || cell.topic.nextOffset == 1 else {
      return .failure(.otherForm)
    }
    tables.forget(id)
    // It has missed nothing that is kept.
    let made = StoredTable(
      follower.form,
      follower.definition,
      through: cell.topic.firstOffset - 1
    )
    try TableRow.insert(made, of: id, database)
    topics.change(cell) { $0.table = made }
    return .success(made)
  }

  private func obstacle(
    _ table: StoredTable,
    _ topic: StoredTopic,
    _ follower: TableFollower
  ) -> TableObstacle? {
    guard table.isIntact, table.through < topic.nextOffset else { return .damaged }
    guard table.definition == follower.definition, table.form == follower.form else {
      return .otherDefinition(stored: table.definition)
    }
    if table.through + 1 < topic.firstOffset {
      return .missed(Gap(from: table.through + 1, to: topic.firstOffset - 1))
    }
    return nil
  }

  /// Deletes rows that can't be used or that the table does not keep any more, and says what is left.
  func correctTable(
    of id: TopicID,
    _ table: StoredTable,
    deleting offsets: [Offset],
    _ database: Database
  ) throws(StorageError) {
    guard let cell = topics.cell(id), cell.topic.table != nil else {
      throw refusal(.unknown(what: "table"), "open table")
    }
    for offset in offsets {
      let delete = try database.statement(.deleteTableRow)
      delete.bind(RowNumber.make(id, offset), at: 1)
      try delete.run()
    }
    try TableRow.update(table, of: id, database)
    topics.change(cell) { $0.table = table }
  }

  /// How far a table has come that takes note of what it has missed.
  enum TableStep: Sendable {
    /// There is more.
    case more
    /// It follows, and its topic ends there.
    case follows(end: Position)
    /// It can't go on.
    case obstacle(TableObstacle)
    /// These entries of the log are damaged.
    case damaged(Gap)
  }

  /// Lets a table take note of a step of what it has missed; at the end it follows.
  func advanceTable(
    of id: TopicID,
    _ follower: TableFollower,
    passing: Bool,
    _ database: Database
  ) throws(StorageError) -> TableStep {
    guard let cell = topics.cell(id), cell.topic.table != nil,
      let changes = tables.changes(of: id, by: follower)
    else { throw refusal(.unknown(what: "table"), "open table") }
    let topic = cell.topic
    let next = changes.draft.through() + 1
    guard next >= topic.firstOffset else {
      tables.forget(id)
      return .obstacle(.missed(Gap(from: next, to: topic.firstOffset - 1)))
    }
    if next < topic.nextOffset {
      let damage = try catchUp(
        changes,
        topic,
        before: topic.nextOffset,
        limit: settings.retentionStep * 4,
        database
      )
      if let damage, !passing {
        tables.forget(id)
        return .damaged(damage)
      }
      if changes.draft.through() + 1 < topic.nextOffset { return .more }
    }
    tables.join(id, follower)
    return .follows(end: Position(next: topic.nextOffset, nextMark: topic.nextMark))
  }
}
