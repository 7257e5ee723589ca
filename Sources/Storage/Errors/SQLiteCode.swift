// SPDX-License-Identifier: Apache-2.0
internal import CSQLite

/// A result code of SQLite, extended: <https://www.sqlite.org/rescode.html>.
public struct SQLiteCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// The extended code; its lowest eight bits are the primary one.
  public let rawValue: Int32

  /// Makes a stated code.
  public init(rawValue: Int32) {
    self.rawValue = rawValue
  }

  /// The code's class, such as `SQLITE_IOERR` of `SQLITE_IOERR_FSYNC`.
  public var primary: Int32 { rawValue & 0xFF }

  /// The number and SQLite's words for it.
  public var description: String {
    "SQLite \(rawValue): \(String(cString: sqlite3_errstr(rawValue)))"
  }

  /// What the code means for who runs the server, where the call that failed had that `errno`.
  func reason(systemError: Int32) -> StorageError.Reason {
    switch primary {
    case SQLITE_FULL: .diskFull
    case SQLITE_IOERR:
      SystemError.isFull(systemError) ? .diskFull : .inputOutput
    case SQLITE_READONLY, SQLITE_PERM: .notWritable
    case SQLITE_CANTOPEN:
      SystemError.isRefusal(systemError) ? .notWritable : .inputOutput
    case SQLITE_CORRUPT: .corrupt
    case SQLITE_NOTADB: .notADatabase
    case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL: .busy
    case SQLITE_NOMEM: .outOfMemory
    case SQLITE_INTERRUPT, SQLITE_ABORT: .cancelled
    default: .unexpected
    }
  }

  /// Whether a write failed.
  var isFailedWrite: Bool { rawValue == SQLITE_IOERR | (3 << 8) }

  /// Whether the disk may hold less than it said: a sync failed, so nothing written since the last
  /// one can be relied on.
  var isFailedSync: Bool {
    rawValue == SQLITE_IOERR | (4 << 8) || rawValue == SQLITE_IOERR | (5 << 8)
  }
}
