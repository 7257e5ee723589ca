// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// The rows of the table of topics.
///
/// A row says where the topic stood when something of it was deleted last; where it stands now its
/// entries tell, so that a publish does not have to change it.
enum TopicRow {
  static func read(
    after id: Int64,
    limit: Int64,
    _ database: Database
  ) throws(StorageError) -> [StoredTopic] {
    try database.rows(.readTopics, id, limit, reading: row)
  }

  private static func row(_ statement: Statement) -> StoredTopic {
    let synchronous = Synchronous(rawValue: statement.int64(3)) ?? .full
    var topic = StoredTopic(
      id: TopicID(rawValue: statement.int64(0)),
      name: statement.text(1),
      epoch: Epoch(rawValue: UInt64(bitPattern: statement.int64(2))),
      rules: StorageRules(synchronous: synchronous),
      appended: Timestamp(milliseconds: statement.int64(8))
    )
    topic.firstOffset = Offset(bitPattern: statement.int64(4))
    topic.nextOffset = Offset(bitPattern: statement.int64(5))
    topic.nextMark = UInt64(bitPattern: statement.int64(6))
    topic.endPosition = statement.int64(7)
    return topic
  }

  static func insert(_ topic: StoredTopic, _ database: Database) throws(StorageError) {
    let statement = try database.statement(.insertTopic)
    statement.bind(topic.id.rawValue, at: 1)
    statement.bind(topic.name, at: 2)
    statement.bind(Int64(bitPattern: topic.epoch.rawValue), at: 3)
    statement.bind(topic.rules.synchronous.rawValue, at: 4)
    statement.bind(topic.appended.milliseconds, at: 5)
    try statement.run()
    // One with this number that is gone may have had some.
    if try !LifeRow.read(topic.id, database).isEmpty { try LifeRow.write([], topic.id, database) }
  }

  /// Writes where a topic stands, for when its entries do not tell any more.
  static func update(_ topic: StoredTopic, _ database: Database) throws(StorageError) {
    try database.run(
      .updateTopic,
      topic.id.rawValue,
      Int64(bitPattern: topic.firstOffset),
      Int64(bitPattern: topic.nextOffset),
      Int64(bitPattern: topic.nextMark),
      topic.endPosition,
      topic.appended.milliseconds
    )
  }

  /// Begins another life of a topic's log, with what is left of it and the cursors in it.
  static func update(
    _ epoch: Epoch,
    of topic: StoredTopic,
    _ database: Database
  ) throws(StorageError) {
    try CursorRow.carryOver(topic, into: epoch, database)
    var topic = topic
    topic.formerLives = try LifeRow.read(topic.id, database)
    topic.noteLife(endingAt: Position(next: topic.nextOffset, nextMark: topic.nextMark))
    try LifeRow.write(topic.formerLives, topic.id, database)
    try database.run(.updateEpoch, topic.id.rawValue, Int64(bitPattern: epoch.rawValue))
  }

  static func update(
    _ synchronous: Synchronous,
    of topic: TopicID,
    _ database: Database
  ) throws(StorageError) {
    try database.run(.updateSettings, topic.rawValue, synchronous.rawValue)
  }
}

/// Where the entries and marks of a topic begin and end.
enum Extent {
  /// Completes what the topic's row says by what its first and last rows say.
  static func read(_ topic: inout StoredTopic, _ database: Database) throws(StorageError) {
    topic.firstPosition = topic.endPosition
    try readLast(&topic, database)
    try readFirst(&topic, database)
    topic.firstMark = topic.nextMark
    if let first = try mark(.readMarks, of: topic, database) { topic.firstMark = first.number }
    if let last = try mark(.lastMark, of: topic, database) {
      topic.nextMark = max(topic.nextMark, last.number + 1)
      topic.appended = max(topic.appended, last.appended)
    }
  }

  /// Reads how old the oldest entry is and what went before it.
  ///
  /// Which offset it should have is what the topic's row says: retention writes both together.
  static func readFirst(_ topic: inout StoredTopic, _ database: Database) throws(StorageError) {
    let first = try database.statement(.firstEntry)
    defer { first.reset() }
    bind(first, topic.id)
    if try first.step() {
      topic.firstAppended = Timestamp(milliseconds: first.int64(1))
      topic.firstPosition = first.int64(2)
    } else {
      topic.firstAppended = .never
      topic.firstPosition = topic.endPosition
    }
  }

  private static func readLast(
    _ topic: inout StoredTopic,
    _ database: Database
  ) throws(StorageError) {
    let last = try database.statement(.lastEntry)
    defer { last.reset() }
    bind(last, topic.id)
    guard try last.step() else { return }
    topic.nextOffset = max(topic.nextOffset, RowNumber.offset(last.int64(0)) + 1)
    topic.appended = max(topic.appended, Timestamp(milliseconds: last.int64(1)))
    topic.endPosition = max(
      topic.endPosition,
      last.int64(2) + EntryFormat.weight(Int(last.int64(3)))
    )
  }

  private static func mark(
    _ sql: SQL,
    of topic: StoredTopic,
    _ database: Database
  ) throws(StorageError) -> (number: UInt64, appended: Timestamp)? {
    let statement = try database.statement(sql)
    defer { statement.reset() }
    bind(statement, topic.id)
    if sql == .readMarks { statement.bind(1, at: 3) }
    guard try statement.step() else { return nil }
    return (
      number: RowNumber.offset(statement.int64(0)),
      appended: Timestamp(milliseconds: statement.int64(2))
    )
  }

  static func bind(_ statement: Statement, _ topic: TopicID) {
    statement.bind(RowNumber.make(topic, 0), at: 1)
    statement.bind(RowNumber.make(topic, RowNumber.maximumOffset), at: 2)
  }
}
