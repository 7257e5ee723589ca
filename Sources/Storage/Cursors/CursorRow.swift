// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// The rows of the table of cursors.
enum CursorRow {
  static func read(_ statement: Statement) -> StoredCursor {
    let place = CursorPlace(
      Epoch(rawValue: UInt64(bitPattern: statement.int64(3))),
      Offset(bitPattern: statement.int64(4))
    )
    return StoredCursor(
      id: CursorID(rawValue: statement.int64(0)),
      name: statement.text(1),
      topic: statement.text(2),
      place: place,
      moved: Timestamp(milliseconds: statement.int64(5)),
      used: Timestamp(milliseconds: statement.int64(6)),
      lifetime: statement.isNull(7) ? nil : .milliseconds(statement.int64(7))
    )
  }

  /// Cursors by number, behind one of them.
  static func page(
    after id: Int64,
    limit: Int,
    _ database: Database
  ) throws(StorageError) -> [StoredCursor] {
    try database.rows(.readCursors, id, Int64(limit), reading: read)
  }

  static func find(
    _ name: String,
    topic: String,
    _ database: Database
  ) throws(StorageError) -> StoredCursor? {
    let statement = try database.statement(.findCursor)
    defer { statement.reset() }
    statement.bind(topic, at: 1)
    statement.bind(name, at: 2)
    return try statement.step() ? read(statement) : nil
  }

  static func find(_ id: CursorID, _ database: Database) throws(StorageError) -> StoredCursor? {
    let found = try page(after: id.rawValue - 1, limit: 1, database).first
    return found?.id == id ? found : nil
  }

  static func insert(
    _ request: CursorRequest,
    at instant: Timestamp,
    _ database: Database
  ) throws(StorageError) {
    let statement = try database.statement(.insertCursor)
    statement.bind(request.name, at: 1)
    statement.bind(request.topic, at: 2)
    statement.bind(Int64(bitPattern: request.start.epoch.rawValue), at: 3)
    statement.bind(Int64(bitPattern: request.start.offset), at: 4)
    statement.bind(instant.milliseconds, at: 5)
    // What is not bound is NULL.
    if let lifetime = request.lifetime { statement.bind(lifetime.wholeMilliseconds, at: 6) }
    try statement.run()
  }

  static func move(_ move: CursorMove, _ database: Database) throws(StorageError) {
    try database.run(
      .moveCursor,
      move.cursor.rawValue,
      Int64(bitPattern: move.place.epoch.rawValue),
      Int64(bitPattern: move.place.offset),
      move.instant.milliseconds
    )
  }

  static func use(
    _ id: CursorID,
    at instant: Timestamp,
    _ database: Database
  ) throws(StorageError) {
    try database.run(.useCursor, id.rawValue, instant.milliseconds)
  }

  static func delete(_ id: CursorID, _ database: Database) throws(StorageError) {
    try database.run(.deleteCursor, id.rawValue)
  }

  /// Takes the cursors of a topic over into the next life of its log, which goes on with what is left.
  ///
  /// What a cursor was behind and is there still is done with; only the newest may be gone.
  static func carryOver(
    _ topic: StoredTopic,
    into epoch: Epoch,
    _ database: Database
  ) throws(StorageError) {
    let statement = try database.statement(.carryCursors)
    statement.bind(topic.name, at: 1)
    statement.bind(Int64(bitPattern: topic.epoch.rawValue), at: 2)
    statement.bind(Int64(bitPattern: epoch.rawValue), at: 3)
    statement.bind(Int64(bitPattern: topic.nextOffset - 1), at: 4)
    try statement.run()
  }
}
