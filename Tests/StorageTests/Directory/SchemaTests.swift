// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Storage

@Suite struct SchemaTests {
  private let place: TemporaryDirectory

  init() throws { place = try TemporaryDirectory() }

  @Test func `a new file gets the current schema and keeps it`() throws {
    #expect(try Schema.prepare(place.writer()) == 0)
    #expect(try Schema.prepare(place.writer()) == Schema.current)
    #expect(try place.writer().number("auto_vacuum") == 2)
  }

  @Test func `an older schema is migrated step by step`() throws {
    let database = try place.writer()
    _ = try Schema.prepare(database)
    let steps =
      Schema.migrations + [
        Schema.statements("ALTER TABLE topics ADD COLUMN colour TEXT"),
        Schema.statements("UPDATE topics SET colour = 'red'"),
      ]
    #expect(try Schema.prepare(database, migrations: steps) == Schema.current)
    #expect(try database.number("user_version") == steps.count)
    #expect(try Schema.prepare(database, migrations: steps) == steps.count)
  }

  @Test func `a step that fails leaves the schema before it`() throws {
    let database = try place.writer()
    let steps =
      Schema.migrations + [
        Schema.statements("CREATE TABLE extra (a INTEGER); SELECT nonsense")
      ]
    #expect(throws: StorageError.self) { _ = try Schema.prepare(database, migrations: steps) }
    #expect(!database.isInTransaction)
    #expect(try database.number("user_version") == Schema.current)
    try database.execute("CREATE TABLE extra (b INTEGER)", "is not there")
  }

  @Test func `a newer schema is refused with both numbers and nothing is changed`() throws {
    let database = try place.writer()
    _ = try Schema.prepare(database)
    try database.execute("PRAGMA user_version = 99", "age")
    let error = #expect(throws: StorageError.self) { _ = try Schema.prepare(database) }
    #expect(error?.reason == .newerSchema(found: 99, supported: Schema.current))
    #expect(error?.description.contains("run that version") == true)
    #expect(try database.number("user_version") == 99)
  }

  @Test func `another program's database stays as it is`() throws {
    let theirs = try Database(place.database, .write)
    try theirs.execute("CREATE TABLE theirs (a INTEGER)", "make")
    let error = #expect(throws: StorageError.self) { _ = try TestLog(place.database) }
    #expect(error?.reason == .notADatabase)
    #expect(try theirs.pragma("journal_mode") == "delete")
  }

  @Test func `another program's database is refused`() throws {
    let database = try place.writer()
    try database.execute("CREATE TABLE theirs (a INTEGER)", "make")
    let error = #expect(throws: StorageError.self) { _ = try Schema.prepare(database) }
    #expect(error?.reason == .notADatabase)
  }
}
