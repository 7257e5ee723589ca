// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// Why a table can't be opened as it is.
enum TableObstacle: Error, Hashable, Sendable {
  case damaged
  case otherDefinition(stored: String)
  case missed(Gap)
  /// The topic has events, which are no changes of a program's own types.
  case otherForm
}

extension LogWriter {
  /// What became of taking up a table.
  enum TableTakeUp: Sendable {
    case table(StoredTable)
    /// Rows of the one before it are still being deleted.
    case more
    case obstacle(TableObstacle)
  }

  /// The table of a topic as it is on disk, made if there is none; nobody follows it from now on.
  ///
  /// - Parameters:
  ///   - id: The topic.
  ///   - follower: What it shall be.
  ///   - anew: Whether one that can't be used is made anew.
  ///   - database: The connection that writes.
  /// - Returns: The table, or why it can't be used, or that the caller has to ask again: of one that
  ///   is made anew a step's worth of rows was deleted.
  /// - Throws: ``StorageError``; nothing was changed.
  func takeUpTable(
    of id: TopicID,
    _ follower: TableFollower,
    anew: Bool,
    _ database: Database
  ) throws(StorageError) -> TableTakeUp {
    guard let cell = topics.cell(id) else { throw refusal(.unknown(what: "topic"), "open table") }
    let limit = StorageLimits.definitionBytes
    guard follower.definition.utf8.count <= limit else {
      throw refusal(.tooLarge(limit: limit, unit: "bytes of a definition"), "open table")
    }
    if let table = cell.topic.table, !table.isDiscarded {
      guard let obstacle = obstacle(table, cell.topic, follower) else {
        tables.forget(id)
        return .table(table)
      }
      guard anew else { return .obstacle(obstacle) }
      try discardTable(of: cell, database)
    }
    guard try deleteTableRows(of: cell, database) else { return .more }
    guard follower.form == .events || cell.topic.table != nil || cell.topic.nextOffset == 1 else {
      return .obstacle(.otherForm)
    }
    tables.forget(id)
    if cell.topic.table != nil { try database.run(.deleteTable, id.rawValue) }
    // It has missed nothing that is kept.
    var made = StoredTable(
      follower.form,
      follower.definition,
      through: cell.topic.firstOffset - 1
    )
    // Who has rows of the one before has perhaps some that this one never sees.
    if cell.topic.table != nil { made.evictedAt = cell.topic.nextOffset - 1 }
    try TableRow.insert(made, of: id, database)
    topics.change(cell) { $0.table = made }
    return .table(made)
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
      try database.run(.deleteTableRow, RowNumber.make(id, offset))
    }
    var table = table
    table.evictedAt = cell.topic.nextOffset - 1
    try TableRow.update(table, of: id, database)
    topics.change(cell) { $0.table = table }
  }

  /// How far a table has come that takes note of what it has missed.
  enum TableStep: Sendable {
    /// There is more.
    case more
    /// It follows, and its topic ends there; by this offset rows have gone that no change says so of.
    case follows(end: Position, evictedAt: Offset)
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
    guard let cell = topics.cell(id), let table = cell.topic.table,
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
      if let damage {
        guard passing else {
          tables.forget(id)
          return .damaged(damage)
        }
        changes.noteEvicted(at: topic.nextOffset - 1)
      }
      if changes.draft.through() + 1 < topic.nextOffset { return .more }
    }
    tables.join(id, follower)
    return .follows(
      end: Position(next: topic.nextOffset, nextMark: topic.nextMark),
      evictedAt: max(table.evictedAt, changes.evictedAt)
    )
  }
}
