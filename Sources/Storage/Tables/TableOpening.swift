// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// Opens the table of a topic: takes up what is on disk, reads its rows, and lets it take note of what
/// it has missed, all in short steps beside publishing.
struct TableOpening {
  let log: EventLog
  let topic: StoredTopic
  let follower: TableFollower
  let recovery: TableRecovery

  /// Opens it; the topic has it then.
  nonisolated(nonsending) func run() async throws(TableError) {
    let table = try await takeUp()
    try await load(table)
    while try await !advance() {}
  }

  private var goesOn: Bool { recovery == .useWhatIsThere }

  // MARK: What is on disk

  private nonisolated(nonsending) func takeUp() async throws(TableError) -> StoredTable {
    let (id, follower, anew) = (topic.id, follower, goesOn)
    while true {
      let found = try await change { writer, database throws(StorageError) in
        try writer.takeUpTable(of: id, follower, anew: anew, database)
      }
      switch found {
      case .table(let table): return table
      case .more: continue
      case .obstacle(let obstacle): throw error(obstacle)
      }
    }
  }

  /// Reads all rows; compares them with what is known of them as a whole.
  private nonisolated(nonsending) func load(_ table: StoredTable) async throws(TableError) {
    var found = table.withoutRows
    var (damaged, gone): ([Offset], [Offset]) = ([], [])
    var after: Offset? = 0
    while let offset = after {
      let page = try await read(after: offset)
      damaged += page.damaged
      try take(page, &found, damaged: &damaged, gone: &gone)
      after = page.next
    }
    try passTo(table.through)
    guard !damaged.isEmpty || found != table else { return try await delete(gone) }
    guard goesOn else {
      throw .damaged(topic: topic.name, offsets: Array(damaged.prefix(StorageLimits.namedOffsets)))
    }
    let (id, correct, lost) = (topic.id, found, damaged)
    try await change { writer, database throws(StorageError) in
      try writer.correctTable(of: id, correct, deleting: lost, database)
    }
    try await delete(gone)
  }

  private func take(
    _ page: TablePage,
    _ found: inout StoredTable,
    damaged: inout [Offset],
    gone: inout [Offset]
  ) throws(TableError) {
    let draft = try makeDraft()
    for row in page.rows {
      let effect = draft.note(row.payload, row.offset, row.appended, true)
      gone += effect.gone
      if effect.isKept {
        found.add(checksum: row.checksum, payload: row.payload.count)
      } else {
        damaged.append(row.offset)
      }
    }
    draft.commit()
  }

  /// Goes on behind the entries that the rows take into account.
  private func passTo(_ offset: Offset) throws(TableError) {
    let draft = try makeDraft()
    if draft.through() < offset { _ = draft.note(nil, offset, topic.appended, true) }
    draft.commit()
  }

  private func makeDraft() throws(TableError) -> TableDraft {
    guard let draft = follower.makeDraft() else {
      throw .refused(topic: topic.name, reason: "the topic is gone; ask for it anew")
    }
    return draft
  }

  /// Deletes rows that the table does not keep any more: it has other bounds than it had.
  private nonisolated(nonsending) func delete(_ offsets: [Offset]) async throws(TableError) {
    guard !offsets.isEmpty else { return }
    let (id, follower) = (topic.id, follower)
    try await change { writer, database throws(StorageError) in
      guard let topic = writer.topics[id],
        let changes = writer.tables.changes(of: id, by: follower)
      else { return }
      for offset in offsets { changes.remove(offset) }
      changes.noteEvicted(at: topic.nextOffset - 1)
    }
  }

  // MARK: What it has missed

  /// Takes note of some of it; answers whether the table is the topic's now.
  private nonisolated(nonsending) func advance() async throws(TableError) -> Bool {
    let (id, follower, passing) = (topic.id, follower, goesOn)
    let step = try await change { writer, database throws(StorageError) in
      try writer.advanceTable(of: id, follower, passing: passing, database)
    } then: { step in
      // On the writing thread, before the topic is told of what was appended behind it.
      if case .follows(let end, let evictedAt) = step { follower.show(end, evictedAt) }
    }
    switch step {
    case .more: return false
    case .follows: return true
    case .obstacle(let obstacle): throw error(obstacle)
    case .damaged(let gap):
      throw .damagedLog(topic: topic.name, gap)
    }
  }

  private func error(_ obstacle: TableObstacle) -> TableError {
    switch obstacle {
    case .damaged: .damaged(topic: topic.name, offsets: [])
    case .otherDefinition(let stored):
      .otherDefinition(topic: topic.name, stored: stored, asked: follower.definition)
    case .missed(let gap): .missed(topic: topic.name, gap)
    case .otherForm:
      .refused(topic: topic.name, reason: "its entries are events; name another topic")
    }
  }

  // MARK: The log

  private nonisolated(nonsending) func read(
    after offset: Offset
  ) async throws(TableError) -> TablePage {
    let id = topic.id
    do throws(StorageError) {
      return try await log.answer { completion throws(StorageError) in
        try log.readers.submit { database in
          completion(
            database.flatMap { database in
              Result { () throws(StorageError) in
                try TableReader(database: database).read(id, after: offset)
              }
            }
          )
        }
      }
    } catch {
      throw .notOpened(JournalError(error))
    }
  }

  /// Makes a change in a transaction; calls `then` on the writing thread once it is committed.
  private nonisolated(nonsending) func change<Value: Sendable>(
    _ body: @escaping @Sendable (LogWriter, Database) throws(StorageError) -> Value,
    then: @escaping @Sendable (Value) -> Void = { _ in }
  ) async throws(TableError) -> Value {
    do throws(StorageError) {
      return try await log.change(isSynced: false, body, then: then)
    } catch {
      throw .notOpened(JournalError(error))
    }
  }
}
