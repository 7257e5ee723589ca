// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// The tables that follow their topics, and what the open transaction changes of their rows.
struct FollowedTables {
  /// Whom to ask what a table keeps, once it has taken note of everything.
  private(set) var followers: [TopicID: TableFollower] = [:]
  /// Those of them that follow since the open transaction.
  private var joined: [TopicID] = []
  /// What the open transaction changes.
  private(set) var changes: [TopicID: TableChanges] = [:]

  /// What the open transaction changes of a topic's rows; `nil` if its table does not follow, or the
  /// topic is gone.
  mutating func changes(of topic: TopicID) -> TableChanges? {
    if let known = changes[topic] { return known }
    guard let follower = followers[topic] else { return nil }
    guard let made = changes(of: topic, by: follower) else {
      followers[topic] = nil
      return nil
    }
    return made
  }

  /// The same for a table that does not follow yet.
  mutating func changes(of topic: TopicID, by follower: TableFollower) -> TableChanges? {
    if let known = changes[topic] { return known }
    guard let draft = follower.makeDraft() else { return nil }
    let made = TableChanges(draft)
    changes[topic] = made
    return made
  }

  /// Lets a table follow, unless the transaction fails.
  mutating func join(_ topic: TopicID, _ follower: TableFollower) {
    followers[topic] = follower
    joined.append(topic)
  }

  /// Lets a table follow no more.
  mutating func forget(_ topic: TopicID) {
    followers[topic] = nil
    changes[topic] = nil
  }

  /// Tells the tables that the transaction is committed.
  mutating func commit() {
    guard !changes.isEmpty || !joined.isEmpty else { return }
    for change in changes.values { change.draft.commit() }
    (changes, joined) = ([:], [])
  }

  /// Puts everything back as it was: the transaction has failed.
  mutating func putBack() {
    for topic in joined { followers[topic] = nil }
    (changes, joined) = ([:], [])
  }
}

/// What a transaction changes of the rows of one table; several changes of a key are one.
final class TableChanges {
  /// A row that is to be written, unless it goes before.
  private struct Row {
    let offset: Offset
    let appended: Timestamp
    var payload: [UInt8]?
  }

  let draft: TableDraft
  private var rows: [Row] = []
  private var gone: [Offset] = []
  /// The newest offset of the transaction, up to which the rows take everything into account.
  private(set) var through: Offset = 0
  /// The newest offset by which rows go since there were too many; 0 if none do.
  private(set) var evictedAt: Offset = 0

  init(_ draft: TableDraft) {
    self.draft = draft
  }

  /// Takes note of an entry.
  ///
  /// - Parameters:
  ///   - payload: What it holds; `nil` if it can't be read.
  ///   - offset: Its offset.
  ///   - appended: Its instant.
  ///   - isStored: Whether it was stored before this transaction.
  ///   - isInRows: Whether the rows on disk take it into account already.
  func note(
    _ payload: [UInt8]?,
    _ offset: Offset,
    _ appended: Timestamp,
    isStored: Bool,
    isInRows: Bool = false
  ) {
    let effect = draft.note(payload, offset, appended, isStored)
    guard !isInRows else { return }
    through = offset
    if effect.isExcess { noteEvicted(at: offset) }
    if effect.isKept { rows.append(Row(offset: offset, appended: appended, payload: payload)) }
    for old in effect.gone { remove(old) }
  }

  /// Says that by this offset rows go, or have gone, that no change says so of.
  func noteEvicted(at offset: Offset) { evictedAt = max(evictedAt, offset) }

  /// Lets a row go.
  func remove(_ offset: Offset) {
    guard let first = rows.first, offset >= first.offset else { return gone.append(offset) }
    var (low, high) = (0, rows.count)
    while low < high {
      let middle = low + (high - low) / 2
      if rows[middle].offset < offset { low = middle + 1 } else { high = middle }
    }
    if low < rows.count, rows[low].offset == offset { rows[low].payload = nil }
  }

  /// Writes what has changed; answers the rows that were deleted.
  func flush(
    _ table: inout StoredTable,
    of topic: TopicID,
    _ database: Database
  ) throws(StorageError) -> Int {
    for offset in gone {
      let delete = try database.statement(.deleteTableRow)
      defer { delete.reset() }
      delete.bind(RowNumber.make(topic, offset), at: 1)
      // One that is not there was lost: the sum of the checksums goes on saying so.
      while try delete.step() {
        table.remove(checksum: delete.int64(0), payload: Int(delete.int64(1)))
      }
    }
    for row in rows {
      guard let payload = row.payload else { continue }
      let id = RowNumber.make(topic, row.offset)
      let checksum = try Self.insert(id, row.appended, payload, database)
      table.add(checksum: checksum, payload: payload.count)
    }
    table.through = max(table.through, through)
    table.evictedAt = max(table.evictedAt, evictedAt)
    return gone.count
  }

  private static func insert(
    _ id: Int64,
    _ appended: Timestamp,
    _ payload: [UInt8],
    _ database: Database
  ) throws(StorageError) -> Int64 {
    let insert = try database.statement(.insertTableRow)
    let result = payload.withUnsafeBytes { bytes -> Result<Int64, StorageError> in
      Result { () throws(StorageError) in
        let checksum = Checksum.ofTableRow(
          id: id,
          appended: appended.milliseconds,
          format: EntryFormat.verbatim,
          payload: bytes
        )
        insert.bind(id, at: 1)
        insert.bind(appended.milliseconds, at: 2)
        insert.bind(checksum, at: 3)
        insert.bind(borrowing: bytes, at: 4)
        try insert.runAgain()
        return checksum
      }
    }
    return try result.get()
  }
}
