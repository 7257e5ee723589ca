// SPDX-License-Identifier: Apache-2.0
internal import CSQLite

/// One connection to a database file, used by one thread, with its prepared statements.
final class Database {
  /// What a connection may do.
  enum Access {
    /// Reads and writes; makes the file if it is not there.
    case write
    /// Reads and writes a file that is there.
    case writeExisting
    /// Only reads.
    case read
  }

  let path: String
  let handle: OpaquePointer
  private let entryScan: EntryScan.Place
  @exclusivity(unchecked) private var statements = [Statement?](
    repeating: nil,
    count: SQL.allCases.count
  )

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - path: The file; its directory must be there.
  ///   - access: What the connection may do.
  ///   - system: The name of SQLite's file system layer; `nil` is the default.
  /// - Throws: ``StorageError`` if it can't be opened. That it is no database shows at first use.
  init(_ path: String, _ access: Access, system: String? = nil) throws(StorageError) {
    self.path = path
    var flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
    switch access {
    case .write: flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
    case .writeExisting: flags |= SQLITE_OPEN_READWRITE
    case .read: flags |= SQLITE_OPEN_READONLY
    }
    var opened: OpaquePointer?
    let code = sqlite3_open_v2(path, &opened, flags, system)
    guard let opened else {
      throw StorageError(.outOfMemory, operation: "open", path: path)
    }
    handle = opened
    entryScan = EntryScan.Place.allocate(capacity: 1)
    entryScan.initialize(to: nil)
    // From here on the deinitializer runs also when this throws.
    try check(code, "open")
    sqlite3_busy_timeout(handle, Self.busyMilliseconds)
    // Whether the disk has what SQLite takes for written back is not for it to say.
    writeBackOnClose(false)
    try check(EntryScan.register(handle, entryScan), "open")
  }

  deinit {
    statements = []
    sqlite3_close_v2(handle)
    entryScan.deallocate()
  }

  /// How long a connection waits for another's lock: writers are alone by the directory's lock, so
  /// only a recovery or somebody else's tool can be in the way.
  static let busyMilliseconds: Int32 = 2_000

  /// A statement that ships with the engine, prepared once.
  func statement(_ sql: SQL) throws(StorageError) -> Statement {
    if let statement = statements[sql.rawValue] { return statement }
    let statement = try Statement(sql.text, operation: "\(sql)", self)
    statements[sql.rawValue] = statement
    return statement
  }

  /// Gives the rows over which a statement passes to `body`, as ``EntryScan`` does.
  func scan(
    _ statement: Statement,
    through end: Int64,
    limit: Int,
    _ body: (borrowing EntryRow) -> Bool
  ) throws(StorageError) {
    precondition(entryScan.pointee == nil, "a scan has ended before the next one begins")
    try withoutActuallyEscaping(body) { (body) throws(StorageError) in
      entryScan.pointee = EntryScan(through: end, limit: limit, body)
      defer { entryScan.pointee = nil }
      _ = try statement.step()
    }
  }

  /// Runs statements without results.
  func execute(_ sql: String, _ operation: String) throws(StorageError) {
    try check(sqlite3_exec(handle, sql, nil, nil, nil), operation)
  }

  /// Whether a transaction is open.
  var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

  /// Throws unless a call of this connection succeeded.
  func check(_ code: Int32, _ operation: String) throws(StorageError) {
    guard code != SQLITE_OK else { return }
    throw Self.error(code, operation, handle, path)
  }

  /// The error of a call of this connection that has just failed.
  func error(_ code: Int32, _ operation: String) -> StorageError {
    Self.error(code, operation, handle, path)
  }

  private static func error(
    _ code: Int32,
    _ operation: String,
    _ handle: OpaquePointer,
    _ path: String
  ) -> StorageError {
    let code = SQLiteCode(rawValue: code)
    // A copy fails with the code of either connection; the words are those of this one's last call.
    let isLast = sqlite3_extended_errcode(handle) == code.rawValue
    let said = isLast ? String(cString: sqlite3_errmsg(handle)) : ""
    return StorageError(
      code.reason(systemError: sqlite3_system_errno(handle)),
      operation: operation,
      path: path,
      code: code,
      detail: code.description.hasSuffix(said) ? "" : said
    )
  }
}
