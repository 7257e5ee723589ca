// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// Whether pages are being given back to the file system.
struct VacuumState {
  /// Rows deleted since the free pages were counted; at the start nobody knows how many were.
  var deletedRows = VacuumState.rows
  /// Whether there were more free pages than are kept for new entries.
  var isRunning = false

  /// Pages that were given back and of which the file does not know yet.
  var pendingPages = 0

  /// What a row takes, about: others count as so many of them.
  static let rowBytes = 256
  /// Rows after whose deletion it is worth while to count.
  static let rows = 4_096
  /// Pages that a step gives back.
  static let step = 64
  /// Pages by which the file is made shorter at once: the more the longer that takes.
  static let truncatedPages = 4_096
  /// Free pages that are always kept.
  static let keptPages = 1_024
}

extension LogWriter {
  /// Gives some free pages back to the file system; answers whether there are more.
  ///
  /// It begins when a quarter of the file is free and ends at an eighth: pages that new entries
  /// take soon are not worth the way. While much is being deleted it waits: what would be moved now
  /// may be deleted next.
  func giveBack() throws(StorageError) -> Bool {
    guard vacuum.isRunning || vacuum.deletedRows >= VacuumState.rows else { return false }
    let database = try connected()
    guard overdue.isEmpty, try discarded(database).isEmpty else { return false }
    let free = try database.number("freelist_count")
    let pages = try database.number("page_count")
    vacuum.deletedRows = 0
    let wasRunning = vacuum.isRunning
    let border = wasRunning ? pages / 8 : pages / 4
    vacuum.isRunning = free > max(VacuumState.keptPages, border)
    guard vacuum.isRunning else {
      // Only writing back shortens the file, and nothing may for long: steps write little.
      if wasRunning {
        writeBacks.wantAll()
        try writeBackIfDue()
      }
      return false
    }
    try synchronize(false, database)
    try database.execute("PRAGMA incremental_vacuum(\(VacuumState.step))", "give space back")
    let freed = max(0, free - (try database.number("freelist_count")))
    statistics.freedPages += UInt64(freed)
    vacuum.pendingPages += freed
    if vacuum.pendingPages >= VacuumState.truncatedPages {
      vacuum.pendingPages = 0
      writeBacks.wantAll()
    }
    return true
  }

  /// The bytes of the database and its write-ahead log on disk.
  var fileBytes: Int64 { Files.size(path) + Files.size("\(path)-wal") }
}
