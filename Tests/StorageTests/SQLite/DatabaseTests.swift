// SPDX-License-Identifier: Apache-2.0
import CSQLite
import Foundation
import Testing

@testable import Storage

@Suite struct DatabaseTests {
  private let place: TemporaryDirectory

  init() throws { place = try TemporaryDirectory() }

  @Test func `values come back as they were bound`() throws {
    let database = try place.writer()
    try database.execute("CREATE TABLE t (a INTEGER, b TEXT, c BLOB, d BLOB)", "make")
    let insert = try Statement(
      "INSERT INTO t VALUES (?1, ?2, ?3, ?4)",
      operation: "insert",
      database
    )
    let bytes: [UInt8] = [0, 1, 255]
    try bytes.withUnsafeBytes { bytes in
      insert.bind(Int64.min, at: 1)
      insert.bind("ä\u{0}b", at: 2)
      insert.bind(borrowing: bytes, at: 3)
      insert.bind([], at: 4)
      try insert.run()
    }
    let select = try Statement("SELECT * FROM t", operation: "select", database)
    #expect(try select.step())
    #expect(select.int64(0) == .min)
    #expect(select.text(1) == "ä\u{0}b")
    #expect(Array(select.bytes(2)) == bytes)
    #expect(!select.isNull(3) && select.bytes(3).isEmpty)
    #expect(try !select.step())
  }

  @Test func `a value without a place is refused at the step`() throws {
    let database = try place.writer()
    let statement = try Statement("SELECT ?1", operation: "select", database)
    statement.bind(1, at: 2)
    let error = #expect(throws: StorageError.self) { _ = try statement.step() }
    #expect(error?.code?.primary == SQLITE_RANGE)
    statement.reset()
    #expect(try statement.step())
  }

  @Test func `a pragma that SQLite does not follow is an error`() throws {
    let database = try Database(":memory:", .write)
    let error = #expect(throws: StorageError.self) {
      try database.setPragma("journal_mode", to: "WAL", reading: "wal")
    }
    #expect(error?.reason == .unexpected)
    #expect(error?.detail == "wanted wal, found memory")
  }

  @Test func `a transaction that is not committed is rolled back`() throws {
    let database = try place.writer()
    try database.execute("CREATE TABLE t (a INTEGER)", "make")
    do {
      let transaction = try Transaction(writing: database)
      try database.execute("INSERT INTO t VALUES (1)", "insert")
      #expect(database.isInTransaction)
      _ = consume transaction
    }
    #expect(!database.isInTransaction)
    let transaction = try Transaction(writing: database)
    try database.execute("INSERT INTO t VALUES (2)", "insert")
    try transaction.commit()
    let sum = try Statement("SELECT sum(a) FROM t", operation: "sum", database)
    #expect(try sum.step() && sum.int64(0) == 2)
  }

  @Test func `a second writer is told that the database is busy`() throws {
    let first = try place.writer()
    let transaction = try Transaction(writing: first)
    let second = try Database(place.database, .writeExisting)
    sqlite3_busy_timeout(second.handle, 0)
    let error = #expect(throws: StorageError.self) {
      let other = try Transaction(writing: second)
      try other.commit()
    }
    #expect(error?.reason == .busy)
    try transaction.commit()
  }

  @Test func `a reader can't write and a file that is not there is not made`() throws {
    let missing = #expect(throws: StorageError.self) { _ = try Database(place.database, .read) }
    #expect(missing?.path == place.database)
    #expect(missing?.operation == "open")
    _ = try place.writer()
    let reader = try Database(place.database, .read)
    try reader.configureReader(cacheBytes: 1 << 20)
    let error = #expect(throws: StorageError.self) {
      try reader.execute("CREATE TABLE t (a INTEGER)", "make")
    }
    #expect(error?.reason == .notWritable)
  }

  @Test func `a file that is no database is told apart from a damaged one`() throws {
    try Data("these are no pages of a database, but long enough to be read as some".utf8)
      .write(to: URL(fileURLWithPath: place.database))
    let database = try Database(place.database, .writeExisting)
    let error = #expect(throws: StorageError.self) { _ = try database.pragma("user_version") }
    #expect(error?.reason == .notADatabase)
  }
}
