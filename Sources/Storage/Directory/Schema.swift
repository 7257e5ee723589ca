// SPDX-License-Identifier: Apache-2.0

/// The tables of the database and how older ones become these.
///
/// The file says which schema it has (`user_version`) and whose it is (`application_id`).
enum Schema {
  /// "Weir" in ASCII.
  static let applicationID = 0x5765_6972

  /// Makes schema n + 1 out of schema n, within a transaction.
  typealias Migration = @Sendable (Database) throws(StorageError) -> Void

  /// All migrations, in order.
  static let migrations: [Migration] = [
    statements(first), second, statements(tables), statements(evictions),
  ]

  /// A migration that runs statements.
  static func statements(_ text: String) -> Migration {
    { database throws(StorageError) in try database.execute(text, "migrate") }
  }

  /// Schema 2: the state of pipelines is kept in segments; cursors and webhooks are there.
  private static let second: Migration = { database throws(StorageError) in
    try StateMigration.run(database)
    try database.execute(cursors + webhooks, "migrate")
  }

  /// The schema that this version writes.
  static var current: Int { migrations.count }

  /// Brings a database to the current schema, each step in a transaction of its own.
  ///
  /// - Returns: The schema that was found; 0 if the file was new.
  /// - Throws: ``StorageError`` if the schema is newer or the file is somebody else's; nothing was
  ///   changed then.
  static func prepare(
    _ database: Database,
    migrations: [Migration] = migrations
  ) throws(StorageError) -> Int {
    let found = try check(database, supported: migrations.count)
    for (index, migrate) in migrations.enumerated().dropFirst(found) {
      let transaction = try Transaction(writing: database)
      try migrate(database)
      try database.execute("PRAGMA user_version = \(index + 1)", "migrate")
      try database.execute("PRAGMA application_id = \(applicationID)", "migrate")
      try transaction.commit()
    }
    return found
  }

  /// The schema of a database; 0 if it is empty.
  ///
  /// - Throws: ``StorageError`` if it is newer than what is supported, or somebody else's.
  static func check(
    _ database: Database,
    supported: Int = current
  ) throws(StorageError) -> Int {
    let found = try database.number("user_version")
    let owner = try database.number("application_id")
    if owner == 0, found == 0, try database.number("page_count") <= 1 { return 0 }
    guard owner == applicationID else {
      throw StorageError(.notADatabase, operation: "open", path: database.path)
    }
    guard found <= supported else {
      throw StorageError(
        .newerSchema(found: found, supported: supported),
        operation: "open",
        path: database.path
      )
    }
    return found
  }

  /// Refuses a database of which not every table is this version's, for who only looks at it.
  static func requireCurrent(_ database: Database) throws(StorageError) {
    let found = try check(database)
    guard found > 0 else {
      throw StorageError(.notADatabase, operation: "open", path: database.path)
    }
    guard found == current else {
      throw StorageError(
        .olderSchema(found: found, supported: current),
        operation: "open",
        path: database.path
      )
    }
  }

  /// The tables of the first version.
  ///
  /// Entries and marks are numbered through their topic: the upper bits of an `id` are the topic's,
  /// the lower 44 the offset's. So a topic's entries lie together in order, in a table whose rows are
  /// found by one number and hold payloads of up to 4 KB in place.
  private static let first = """
    CREATE TABLE properties (name TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;

    CREATE TABLE topics (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, epoch INTEGER NOT NULL,
      synchronous INTEGER NOT NULL, first_offset INTEGER NOT NULL, next_offset INTEGER NOT NULL,
      next_mark INTEGER NOT NULL, position INTEGER NOT NULL, appended INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE entries (
      id INTEGER PRIMARY KEY, appended INTEGER NOT NULL, position INTEGER NOT NULL,
      format INTEGER NOT NULL, checksum INTEGER NOT NULL, payload BLOB NOT NULL
    ) STRICT;

    CREATE TABLE marks (
      id INTEGER PRIMARY KEY, after INTEGER NOT NULL, appended INTEGER NOT NULL,
      kind INTEGER NOT NULL, instant INTEGER NOT NULL, checksum INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE keys (
      id INTEGER PRIMARY KEY AUTOINCREMENT, topic INTEGER NOT NULL, key TEXT NOT NULL,
      first_offset INTEGER NOT NULL, count INTEGER NOT NULL, bytes INTEGER NOT NULL,
      appended INTEGER NOT NULL, UNIQUE (topic, key)
    ) STRICT;

    CREATE TABLE pipelines (
      id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, definition TEXT NOT NULL
    ) STRICT;

    CREATE TABLE states (
      pipeline INTEGER NOT NULL, key BLOB NOT NULL, checksum INTEGER NOT NULL, value BLOB NOT NULL,
      PRIMARY KEY (pipeline, key)
    ) STRICT, WITHOUT ROWID;
    """
}
