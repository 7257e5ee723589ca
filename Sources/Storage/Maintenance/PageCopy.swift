// SPDX-License-Identifier: Apache-2.0
internal import CSQLite

/// A copy of a database that is made some pages at a time, in a file that has its name once it is
/// whole and synced.
// One thread uses it at a time.
final class PageCopy: @unchecked Sendable {
  private let target: String
  private var partial: String { "\(target).partial" }
  private var copy: Database?
  private var backup: OpaquePointer?
  /// Whether the unfinished file is ours, and so ours to remove.
  private var hasBegun = false

  /// Pages of a step: 256 KiB.
  private static let pages: Int32 = 64

  init(to target: String) {
    self.target = target
  }

  var isUnderWay: Bool { backup != nil }

  /// Begins to copy.
  ///
  /// - Throws: ``StorageError`` with reason `exists` if the file, or an unfinished one, is there.
  func begin(from source: Database) throws(StorageError) {
    for path in [target, partial] where Files.exists(path) {
      throw error(.exists, path)
    }
    hasBegun = true
    let copy = try Database(partial, .write)
    // Until it has its name the copy is worth nothing: it needs no journal, and one sync at the end.
    try copy.setPragma("journal_mode", to: "OFF", reading: "off")
    try copy.setPragma("synchronous", to: "OFF", reading: "0")
    guard let backup = sqlite3_backup_init(copy.handle, "main", source.handle, "main") else {
      throw copy.error(sqlite3_extended_errcode(copy.handle), "back up")
    }
    self.copy = copy
    self.backup = backup
  }

  /// Copies some pages; answers whether all are copied.
  ///
  /// - Parameter goesOn: Told the pages that are copied and how many there are.
  /// - Returns: Whether it is done.
  /// - Throws: ``StorageError``, with reason `cancelled` if `goesOn` answered `false`.
  func step(_ goesOn: (_ copied: Int, _ total: Int) -> Bool) throws(StorageError) -> Bool {
    guard let backup, let copy else { throw error(.closed, target) }
    let code = sqlite3_backup_step(backup, Self.pages)
    switch code & 0xFF {
    case SQLITE_DONE: return true
    case SQLITE_OK, SQLITE_BUSY, SQLITE_LOCKED:
      let total = Int(sqlite3_backup_pagecount(backup))
      guard goesOn(total - Int(sqlite3_backup_remaining(backup)), total) else {
        throw error(.cancelled, target)
      }
      return false
    default: throw copy.error(code, "back up")
    }
  }

  /// Lets go of both databases.
  func release() {
    sqlite3_backup_finish(backup)
    backup = nil
    copy = nil
  }

  /// Syncs a copy that is whole and gives it its name.
  func publish() throws(StorageError) {
    try Files.synchronize(partial)
    try Files.rename(partial, to: target)
    try Files.synchronize(Files.parent(of: target))
  }

  /// Removes what is left of a copy that is not whole; what another process began is not ours.
  func discard() {
    release()
    // What can't be removed is told when the next copy to this file begins.
    if hasBegun { try? Files.remove(partial) }
  }

  private func error(_ reason: StorageError.Reason, _ path: String) -> StorageError {
    StorageError(reason, operation: "back up", path: path)
  }
}
