// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// Durable cursors: moved in the transaction of whatever a consumer made of what it read.
extension LogWriter {
  /// The cursor of a consumer in a topic, made if it is not there or has expired.
  func openCursor(
    _ request: CursorRequest,
    at instant: Timestamp,
    _ database: Database
  ) throws(StorageError) -> OpenedCursor {
    try checkName(request.name, "open cursor")
    try checkName(request.topic, "open cursor")
    let former = try CursorRow.find(request.name, topic: request.topic, database)
    if var former, !former.isExpired(now: instant) {
      former.used = max(former.used, instant)
      try CursorRow.use(former.id, at: former.used, database)
      return OpenedCursor(cursor: former, wasThere: true)
    }
    if let former {
      try CursorRow.delete(former.id, database)
    } else {
      try checkRoom(.tooManyCursors, limit: StorageLimits.cursors, "cursors", database)
    }
    try CursorRow.insert(request, at: instant, database)
    guard let made = try CursorRow.find(request.name, topic: request.topic, database) else {
      throw refusal(.unexpected, "open cursor")
    }
    return OpenedCursor(cursor: made, wasThere: false)
  }

  /// Refuses a row more than a table may have.
  func checkRoom(
    _ sql: SQL,
    limit: Int,
    _ what: String,
    _ database: Database
  ) throws(StorageError) {
    let statement = try database.statement(sql)
    defer { statement.reset() }
    statement.bind(Int64(limit) - 1, at: 1)
    if try statement.step() { throw refusal(.exhausted(what: what), "make one of the \(what)") }
  }

  /// Refuses a move of a cursor that is not there.
  func judge(_ move: CursorMove, _ database: Database) throws(StorageError) {
    guard try CursorRow.find(move.cursor, database) != nil else {
      throw refusal(.unknown(what: "cursor"), "move cursor")
    }
  }

  func deleteCursor(_ id: CursorID, _ database: Database) throws(StorageError) {
    guard try CursorRow.find(id, database) != nil else {
      throw refusal(.unknown(what: "cursor"), "delete cursor")
    }
    try CursorRow.delete(id, database)
  }

  /// The cursor of a consumer with what it has to go.
  func standing(
    of name: String,
    topic: String,
    at instant: Timestamp
  ) throws(StorageError) -> CursorStanding? {
    guard let found = try CursorRow.find(name, topic: topic, connected()),
      !found.isExpired(now: instant)
    else { return nil }
    return CursorStanding(found, topics[topic])
  }

  /// Cursors with what they have to go, by number.
  func standings(after id: Int64, limit: Int) throws(StorageError) -> [CursorStanding] {
    try CursorRow.page(after: id, limit: limit, connected())
      .map { CursorStanding($0, topics[$0.topic]) }
  }

  /// Lets some cursors go that were not used for too long; answers whether there are more to look at.
  ///
  /// It looks at all of them once a minute, some at a time.
  func expireCursors(now: Timestamp) throws(StorageError) -> Bool {
    if now < cursorSweep.begun { cursorSweep.begun = .distantPast }
    if cursorSweep.last == 0 {
      guard now >= cursorSweep.begun + CursorSweep.pause else { return false }
      cursorSweep.begun = now
    }
    let database = try connected()
    let limit = settings.retentionStep
    let page = try CursorRow.page(after: cursorSweep.last, limit: limit, database)
    let expired = page.filter { $0.isExpired(now: now) }
    if !expired.isEmpty {
      try synchronize(false, database)
      let transaction = try Transaction(writing: database)
      for cursor in expired { try CursorRow.delete(cursor.id, database) }
      try transaction.commit()
      statistics.expiredCursors += UInt64(expired.count)
    }
    let last = page.last?.id.rawValue ?? 0
    // A damaged page may tell the same rows again and again.
    cursorSweep.last = page.count < limit || last <= cursorSweep.last ? 0 : last
    return cursorSweep.last > 0
  }
}

/// How far the search for expired cursors has got.
struct CursorSweep {
  /// From the beginning of one search to the next.
  static let pause = Duration.seconds(60)

  /// When the search began.
  var begun = Timestamp.distantPast
  /// The number of the last cursor that was looked at; 0 between searches.
  var last: Int64 = 0
}
