// SPDX-License-Identifier: Apache-2.0
internal import CSQLite

/// A prepared statement of one connection, used by the connection's thread.
///
/// Values are bound by their place, from 1; columns are read by theirs, from 0. A bind that SQLite
/// refuses shows at the next step.
final class Statement {
  let handle: OpaquePointer
  let operation: String
  private unowned let database: Database
  @exclusivity(unchecked) private var failedBind = SQLITE_OK

  init(_ sql: String, operation: String, _ database: Database) throws(StorageError) {
    var prepared: OpaquePointer?
    let code = sqlite3_prepare_v3(
      database.handle,
      sql,
      -1,
      UInt32(SQLITE_PREPARE_PERSISTENT),
      &prepared,
      nil
    )
    guard code == SQLITE_OK, let prepared else { throw database.error(code, operation) }
    handle = prepared
    self.operation = operation
    self.database = database
  }

  deinit { sqlite3_finalize(handle) }

  /// Goes to the next row; answers whether there is one.
  func step() throws(StorageError) -> Bool {
    guard failedBind == SQLITE_OK else { throw database.error(failedBind, operation) }
    let code = sqlite3_step(handle)
    switch code {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default: throw database.error(code, operation)
    }
  }

  /// Runs a statement that has no rows, and makes it ready for its next use.
  func run() throws(StorageError) {
    defer { reset() }
    while try step() {}
  }

  /// Runs a statement that has no rows and whose next use binds every value anew.
  ///
  /// What was bound is not looked at before, so it may be gone by then.
  func runAgain() throws(StorageError) {
    defer {
      sqlite3_reset(handle)
      failedBind = SQLITE_OK
    }
    while try step() {}
  }

  /// Ends its use: lets go of its locks and of the bytes that were bound.
  func reset() {
    // It repeats the error of the last step, which was thrown.
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
    failedBind = SQLITE_OK
  }

  // MARK: Binding

  private func note(_ code: Int32) {
    if code != SQLITE_OK, failedBind == SQLITE_OK { failedBind = code }
  }

  func bind(_ value: Int64, at index: Int32) {
    note(sqlite3_bind_int64(handle, index, value))
  }

  func bind(_ text: String, at index: Int32) {
    var text = text
    text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        note(
          sqlite3_bind_text(
            handle,
            index,
            characters.baseAddress ?? Self.nothing,
            Int32(clamping: characters.count),
            Self.copied
          )
        )
      }
    }
  }

  /// Binds bytes without a copy: they must not move before ``reset()``.
  func bind(borrowing bytes: UnsafeRawBufferPointer, at index: Int32) {
    // Without an address SQLite would take no bytes for NULL.
    let start = bytes.baseAddress ?? UnsafeRawPointer(Self.nothing)
    note(sqlite3_bind_blob64(handle, index, start, UInt64(bytes.count), nil))
  }

  /// Binds a copy of bytes.
  func bind(_ bytes: [UInt8], at index: Int32) {
    bytes.withUnsafeBytes { bytes in
      let start = bytes.baseAddress ?? UnsafeRawPointer(Self.nothing)
      note(sqlite3_bind_blob64(handle, index, start, UInt64(bytes.count), Self.copied))
    }
  }

  /// An address for values without bytes; nothing is read or written there, so it may be shared.
  private nonisolated(unsafe) static let nothing = UnsafePointer<CChar>(
    UnsafeMutablePointer<CChar>.allocate(capacity: 1)
  )

  /// `SQLITE_TRANSIENT`, a macro that Swift does not see: SQLite makes its own copy.
  private static var copied: sqlite3_destructor_type {
    unsafeBitCast(-1, to: sqlite3_destructor_type.self)
  }

  // MARK: Columns

  func int64(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

  func text(_ column: Int32) -> String {
    guard let characters = sqlite3_column_text(handle, column) else { return "" }
    let count = Int(sqlite3_column_bytes(handle, column))
    return String(decoding: UnsafeBufferPointer(start: characters, count: count), as: UTF8.self)
  }

  /// The bytes of a column where SQLite holds them: until the next step or reset.
  func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
    let start = sqlite3_column_blob(handle, column)
    return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
  }
}
