// SPDX-License-Identifier: Apache-2.0
internal import CSQLite

/// A copy of the database, made some pages at a time by the connection that writes.
///
/// Because it is that connection, SQLite keeps what was copied up to date with every commit: the copy
/// is the database at the instant when it is done, however long it took.
// Only the writing thread uses it.
final class BackupTask: @unchecked Sendable {
  private let target: String
  private var partial: String { "\(target).partial" }
  private let onProgress: @Sendable (_ copied: Int, _ total: Int) -> Bool
  private let answer: @Sendable (Result<Void, StorageError>) -> Void
  private var copy: Database?
  private var backup: OpaquePointer?
  private var isDone = false

  /// Pages of a step: 256 KiB.
  private static let pages: Int32 = 64

  init(
    _ target: String,
    _ onProgress: @escaping @Sendable (_ copied: Int, _ total: Int) -> Bool,
    _ answer: @escaping @Sendable (Result<Void, StorageError>) -> Void
  ) {
    self.target = target
    self.onProgress = onProgress
    self.answer = answer
  }

  /// Copies some pages; answers whether there are more.
  func step(_ writer: LogWriter) -> Bool {
    guard !isDone else { return false }
    do throws(StorageError) {
      if backup == nil { try begin(writer) }
      guard try copyPages(writer) else { return true }
      end(writer)
      finish()
    } catch {
      end(writer)
      fail(error)
    }
    return false
  }

  private func begin(_ writer: LogWriter) throws(StorageError) {
    for path in [target, partial] where Files.exists(path) {
      throw StorageError(.exists, operation: "back up", path: path)
    }
    let source = try writer.connected()
    let copy = try Database(partial, .write)
    // Until it has its name the copy is worth nothing: it needs no journal, and one sync at the end.
    try copy.setPragma("journal_mode", to: "OFF", reading: "off")
    try copy.setPragma("synchronous", to: "OFF", reading: "0")
    guard let backup = sqlite3_backup_init(copy.handle, "main", source.handle, "main") else {
      throw copy.error(sqlite3_extended_errcode(copy.handle), "back up")
    }
    self.copy = copy
    self.backup = backup
    writer.backups.append(self)
  }

  /// Answers whether all is copied.
  private func copyPages(_ writer: LogWriter) throws(StorageError) -> Bool {
    let code = sqlite3_backup_step(backup, Self.pages)
    switch code & 0xFF {
    case SQLITE_DONE: return true
    case SQLITE_OK, SQLITE_BUSY, SQLITE_LOCKED:
      let total = Int(sqlite3_backup_pagecount(backup))
      guard onProgress(total - Int(sqlite3_backup_remaining(backup)), total) else {
        throw StorageError(.cancelled, operation: "back up", path: target)
      }
      return false
    default:
      guard let copy else { throw StorageError(.closed, operation: "back up", path: target) }
      throw copy.error(code, "back up")
    }
  }

  private func end(_ writer: LogWriter) {
    release()
    writer.backups.removeAll { $0 === self }
  }

  private func release() {
    isDone = true
    sqlite3_backup_finish(backup)
    backup = nil
    copy = nil
  }

  /// The sync of a large file takes long, so it is not the writing thread that waits for it.
  private func finish() {
    let (partial, target, answer) = (partial, target, answer)
    let isStarted = DedicatedThread.start("weir-backup") {
      answer(
        Result { () throws(StorageError) in
          try Files.synchronize(partial)
          try Files.rename(partial, to: target)
          try Files.synchronize(Files.parent(of: target))
        }
      )
    }
    if !isStarted { fail(StorageError(.outOfMemory, operation: "back up", path: target)) }
  }

  private func fail(_ error: StorageError) {
    // What is left of a copy that another process made is not ours to remove.
    if error.reason != .exists { try? Files.remove(partial) }
    answer(.failure(error))
  }

  /// Ends it because the connection goes.
  func interrupt() {
    guard !isDone else { return }
    release()
    fail(StorageError(.closed, operation: "back up", path: target))
  }
}
