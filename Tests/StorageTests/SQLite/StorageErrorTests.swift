// SPDX-License-Identifier: Apache-2.0
import CSQLite
import Foundation
import Testing

@testable import Storage

@Suite struct StorageErrorTests {
  @Test(
    arguments: [
      (SQLITE_FULL, Int32(0), StorageError.Reason.diskFull),
      (SQLITE_IOERR | (3 << 8), ENOSPC, .diskFull),
      (SQLITE_IOERR | (3 << 8), EDQUOT, .diskFull),
      (SQLITE_IOERR | (3 << 8), EIO, .inputOutput),
      (SQLITE_READONLY | (4 << 8), 0, .notWritable),
      (SQLITE_CANTOPEN, EACCES, .notWritable),
      (SQLITE_CANTOPEN, EROFS, .notWritable),
      (SQLITE_CANTOPEN, ENOENT, .inputOutput),
      (SQLITE_CORRUPT | (1 << 8), 0, .corrupt),
      (SQLITE_NOTADB, 0, .notADatabase),
      (SQLITE_BUSY | (1 << 8), 0, .busy),
      (SQLITE_LOCKED, 0, .busy),
      (SQLITE_NOMEM, 0, .outOfMemory),
      (SQLITE_INTERRUPT, 0, .cancelled),
      (SQLITE_CONSTRAINT, 0, .unexpected),
    ]
  )
  func `a code has one meaning`(code: Int32, number: Int32, reason: StorageError.Reason) {
    #expect(SQLiteCode(rawValue: code).reason(systemError: number) == reason)
  }

  @Test func `only a failed sync leaves the disk in doubt`() {
    #expect(SQLiteCode(rawValue: SQLITE_IOERR | (4 << 8)).isFailedSync)
    #expect(SQLiteCode(rawValue: SQLITE_IOERR | (5 << 8)).isFailedSync)
    #expect(!SQLiteCode(rawValue: SQLITE_IOERR | (3 << 8)).isFailedSync)
    #expect(!SQLiteCode(rawValue: SQLITE_FULL).isFailedSync)
  }

  @Test func `a message names the file, the operation and the remedy`() {
    let error = StorageError(
      .diskFull,
      operation: "commit",
      path: "/data/weir.db",
      code: SQLiteCode(rawValue: SQLITE_FULL)
    )
    #expect(
      error.description
        == "commit in '/data/weir.db': the disk is full (SQLite 13: database or disk is full); "
        + "free some space; it goes on by itself"
    )
    #expect(error.isTransient)
  }

  @Test func `damaged entries are named`() {
    let reason = StorageError.Reason.damaged(topic: "a", from: 3, through: 7)
    let error = StorageError(reason, operation: "read", path: "/data/weir.db")
    #expect(error.description.contains("entries 3 to 7 of topic 'a' are damaged or gone"))
    #expect(!error.isTransient)
  }
}
