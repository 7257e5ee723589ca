// SPDX-License-Identifier: Apache-2.0

/// Every statement that the engine runs again and again; a test looks at the plan of each.
enum SQL: Int, CaseIterable {
  case begin, beginReading, commit, rollback
  case readProperty, writeProperty
  case readTopics, insertTopic, updateTopic, updateEpoch, updateSettings, deleteTopic
  case discardTopic, readDiscarded
  case insertEntry, insertFewEntries, insertManyEntries, readEntries, firstEntry, lastEntry,
    probeEntry, measureEntries, deleteEntries
  case insertMark, readMarks, lastMark, deleteMarks
  case findKey, insertKey, deleteKey, firstKey, lastKey, probeKey, deleteKeys, deleteTopicKeys
  case findPipeline, readPipelines, insertPipeline, updatePipeline, namePipeline
  case putSegment, deleteSegment, readSegments, readAllSegments
  case insertBlock, readBlock, probeBlock, firstBlock, deleteBlocks
  case readCursors, findCursor, tooManyCursors, insertCursor, moveCursor, useCursor, carryCursors,
    deleteCursor
  case readTables, insertTable, updateTable, deleteTable
  case insertTableRow, readTableRows, firstTableRow, measureTableRows, deleteTableRow,
    deleteTableRows
  case findWebhook, readWebhooks, tooManyWebhooks, insertWebhook, updateWebhook, deleteWebhook
  case insertWebhookFailure, readWebhookFailures, trimWebhookFailures, deleteWebhookFailures

  /// The statement's text.
  var text: String {
    switch self {
    case .begin: "BEGIN IMMEDIATE"
    case .beginReading: "BEGIN"
    case .commit: "COMMIT"
    case .rollback: "ROLLBACK"
    case .readProperty: "SELECT value FROM properties WHERE name = ?1"
    case .writeProperty: "INSERT OR REPLACE INTO properties (name, value) VALUES (?1, ?2)"
    case .readTopics, .insertTopic, .updateTopic, .updateEpoch, .updateSettings, .deleteTopic,
      .discardTopic, .readDiscarded:
      topicText
    case .insertEntry, .insertFewEntries, .insertManyEntries, .readEntries, .firstEntry, .lastEntry,
      .probeEntry, .measureEntries, .deleteEntries:
      entryText
    case .insertMark, .readMarks, .lastMark, .deleteMarks: markText
    case .findKey, .insertKey, .deleteKey, .firstKey, .lastKey, .probeKey, .deleteKeys,
      .deleteTopicKeys:
      keyText
    case .findPipeline, .readPipelines, .insertPipeline, .updatePipeline, .namePipeline:
      pipelineText
    case .putSegment, .deleteSegment, .readSegments, .readAllSegments, .insertBlock, .readBlock,
      .probeBlock, .firstBlock, .deleteBlocks:
      stateText
    case .readCursors, .findCursor, .tooManyCursors, .insertCursor, .moveCursor, .useCursor,
      .carryCursors, .deleteCursor:
      cursorText
    case .readTables, .insertTable, .updateTable, .deleteTable, .insertTableRow, .readTableRows,
      .firstTableRow, .measureTableRows, .deleteTableRow, .deleteTableRows:
      tableText
    case .findWebhook, .readWebhooks, .tooManyWebhooks, .insertWebhook, .updateWebhook,
      .deleteWebhook, .insertWebhookFailure, .readWebhookFailures, .trimWebhookFailures,
      .deleteWebhookFailures:
      webhookText
    }
  }

  private var topicText: String {
    switch self {
    case .readTopics:
      """
      SELECT id, name, epoch, synchronous, first_offset, next_offset, next_mark, position, appended
      FROM topics WHERE id > ?1 AND synchronous > 0 ORDER BY id LIMIT ?2
      """
    case .insertTopic:
      """
      INSERT INTO topics (id, name, epoch, synchronous, first_offset, next_offset, next_mark, position,
        appended) VALUES (?1, ?2, ?3, ?4, 1, 1, 1, 0, ?5)
      """
    case .updateTopic:
      """
      UPDATE topics SET first_offset = ?2, next_offset = ?3, next_mark = ?4, position = ?5,
        appended = ?6 WHERE id = ?1
      """
    case .updateEpoch: "UPDATE topics SET epoch = ?2 WHERE id = ?1"
    case .updateSettings: "UPDATE topics SET synchronous = ?2 WHERE id = ?1"
    case .deleteTopic: "DELETE FROM topics WHERE id = ?1"
    case .discardTopic: "UPDATE topics SET synchronous = 0, name = ?2 WHERE id = ?1"
    case .readDiscarded:
      "SELECT id FROM topics WHERE id > ?1 AND synchronous = 0 ORDER BY id LIMIT ?2"
    default: preconditionFailure("a statement about topics")
    }
  }

  private var entryText: String {
    switch self {
    case .insertEntry:
      """
      INSERT INTO entries (id, appended, position, format, checksum, payload)
      VALUES (?1, ?2, ?3, \(EntryFormat.verbatim), ?4, ?5)
      """
    case .insertFewEntries: Self.insertEntries(EntryBuffer.fewRows)
    case .insertManyEntries: Self.insertEntries(EntryBuffer.rowCount)
    case .readEntries:
      """
      SELECT 1 FROM entries WHERE id >= ?1 AND \(EntryScan.function)(\(EntryScan.columns))
      ORDER BY id LIMIT 1
      """
    case .firstEntry:
      """
      SELECT id, appended, position FROM entries WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT 1
      """
    case .lastEntry:
      """
      SELECT id, appended, position, length(payload) FROM entries
      WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1
      """
    case .probeEntry: "SELECT appended, position FROM entries WHERE id = ?1"
    case .measureEntries:
      "SELECT id, length(payload) FROM entries WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3"
    case .deleteEntries: "DELETE FROM entries WHERE id BETWEEN ?1 AND ?2"
    default: preconditionFailure("a statement about entries")
    }
  }

  private static func insertEntries(_ count: Int) -> String {
    let rows = (0..<count).map { row in
      let first = 5 * row
      return "(?\(first + 1), ?\(first + 2), ?\(first + 3), \(EntryFormat.verbatim), "
        + "?\(first + 4), ?\(first + 5))"
    }
    return "INSERT INTO entries (id, appended, position, format, checksum, payload) VALUES "
      + rows.joined(separator: ", ")
  }

  private var markText: String {
    switch self {
    case .insertMark:
      """
      INSERT INTO marks (id, after, appended, kind, instant, checksum)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6)
      """
    case .readMarks:
      """
      SELECT id, after, appended, kind, instant, checksum FROM marks
      WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3
      """
    case .lastMark:
      """
      SELECT id, after, appended FROM marks WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1
      """
    case .deleteMarks: "DELETE FROM marks WHERE id BETWEEN ?1 AND ?2"
    default: preconditionFailure("a statement about marks")
    }
  }

  private var keyText: String {
    switch self {
    case .findKey:
      """
      SELECT id, first_offset, count, bytes, appended FROM keys WHERE topic = ?1 AND key = ?2
      """
    case .insertKey:
      """
      INSERT INTO keys (topic, key, first_offset, count, bytes, appended)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6)
      """
    case .deleteKey: "DELETE FROM keys WHERE id = ?1"
    case .firstKey: "SELECT id, appended FROM keys WHERE id > 0 ORDER BY id LIMIT 1"
    case .lastKey: "SELECT id FROM keys WHERE id > 0 ORDER BY id DESC LIMIT 1"
    case .probeKey: "SELECT id, appended FROM keys WHERE id >= ?1 ORDER BY id LIMIT 1"
    case .deleteKeys: "DELETE FROM keys WHERE id <= ?1"
    case .deleteTopicKeys:
      """
      DELETE FROM keys WHERE id IN (SELECT id FROM keys WHERE topic = ?1 LIMIT ?2) RETURNING id
      """
    default: preconditionFailure("a statement about keys")
    }
  }

  private var pipelineText: String {
    switch self {
    case .findPipeline: "SELECT id, definition FROM pipelines WHERE name = ?1"
    case .readPipelines: "SELECT id, name FROM pipelines WHERE id > ?1 ORDER BY id LIMIT ?2"
    case .insertPipeline: "INSERT INTO pipelines (name, definition) VALUES (?1, ?2) RETURNING id"
    case .updatePipeline: "UPDATE pipelines SET definition = ?2 WHERE id = ?1"
    case .namePipeline: "SELECT name FROM pipelines WHERE id = ?1"
    default: preconditionFailure("a statement about pipelines")
    }
  }

  private var stateText: String {
    switch self {
    case .putSegment:
      """
      INSERT OR REPLACE INTO state_segments (pipeline, id, oldest, newest, status, blocks, bytes,
        changes, checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
      """
    case .deleteSegment: "DELETE FROM state_segments WHERE pipeline = ?1 AND id = ?2"
    case .readSegments:
      """
      SELECT pipeline, id, oldest, newest, status, blocks, bytes, changes, checksum
      FROM state_segments WHERE pipeline = ?1
      """
    case .readAllSegments:
      """
      SELECT pipeline, id, oldest, newest, status, blocks, bytes, changes, checksum
      FROM state_segments WHERE pipeline > 0
      """
    case .insertBlock:
      """
      INSERT INTO state_blocks (id, format, key_checksum, checksum, last_key, changes)
      VALUES (?1, \(StateBlock.format), ?2, ?3, ?4, ?5)
      """
    case .readBlock:
      "SELECT format, checksum, last_key, changes FROM state_blocks WHERE id = ?1"
    case .probeBlock: "SELECT key_checksum, last_key FROM state_blocks WHERE id = ?1"
    case .firstBlock:
      "SELECT id FROM state_blocks WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT 1"
    case .deleteBlocks: "DELETE FROM state_blocks WHERE id BETWEEN ?1 AND ?2"
    default: preconditionFailure("a statement about state")
    }
  }
}
