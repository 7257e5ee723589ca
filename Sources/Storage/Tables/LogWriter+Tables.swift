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

  /// Refuses an append that the table of its topic does not take.
  ///
  /// - Parameters:
  ///   - append: The append.
  ///   - earlier: Those of the same commit that come before it.
  ///   - cell: Its topic.
  ///   - database: The connection that writes.
  /// - Throws: ``StorageError`` with why; nothing was changed.
  func judgeRows(
    _ append: LogAppend,
    after earlier: ArraySlice<LogAppend>,
    _ cell: TopicTable.Cell,
    _ database: Database
  ) throws(StorageError) {
    let topic = cell.topic
    guard topic.table != nil, !append.payloads.isEmpty, let changes = tables.changes(of: topic.id)
    else {
      guard append.condition != nil else { return }
      throw refusal(.unknown(what: "table"), "append")
    }
    if changes.draft.through() + 1 < topic.nextOffset {
      try catchUp(changes, topic, before: topic.nextOffset, limit: .max >> 12, database)
    }
    let before = earlier.lazy.filter { $0.topic == topic.id }.flatMap(\.payloads)
    switch changes.draft.refusal(before + append.payloads, append.condition) {
    case nil: return
    case .notMatched(let newest)?: throw refusal(.notMatched(newest: newest), "append")
    case .some(let full): throw refusal(.tableFull(full), "append")
    }
  }

  /// Lets the table of a topic take note of what the disk has though it had said no: a publish that is
  /// repeated may be that, and is acknowledged now.
  func completeTable(of id: TopicID, _ database: Database) throws(StorageError) {
    guard let topic = topics[id], topic.table != nil, let changes = tables.changes(of: id),
      changes.draft.through() + 1 < topic.nextOffset
    else { return }
    try catchUp(changes, topic, before: topic.nextOffset, limit: .max >> 12, database)
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
}
