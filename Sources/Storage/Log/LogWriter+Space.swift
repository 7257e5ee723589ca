// SPDX-License-Identifier: Apache-2.0
internal import CSQLite
internal import Streams

/// Whether pages are being given back to the file system.
struct VacuumState {
  /// Rows deleted since the free pages were counted; at the start nobody knows how many were.
  var deletedRows = VacuumState.rows
  /// Whether there were more free pages than are kept for new entries.
  var isRunning = false

  /// What a row takes, about: others count as so many of them.
  static let rowBytes = 256
  /// Rows after whose deletion it is worth while to count.
  static let rows = 4_096
  /// Pages that a step gives back.
  static let step = 64
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
      // Only this shortens the file, and without it nothing may for long: steps write little.
      if wasRunning { try writeBack(SQLITE_CHECKPOINT_PASSIVE, database) }
      return false
    }
    try synchronize(false, database)
    try database.execute("PRAGMA incremental_vacuum(\(VacuumState.step))", "give space back")
    statistics.freedPages += UInt64(max(0, free - (try database.number("freelist_count"))))
    return true
  }

  // MARK: Write-ahead log

  /// Writes the write-ahead log back into the database when it is long.
  ///
  /// A reader in the middle of a batch can keep it from starting anew; when that has gone on for
  /// long, readers wait until it has.
  func checkpoint() throws(StorageError) {
    guard let database, walFrames.pointee >= triedFrames + Int32(settings.checkpointPages) else {
      return
    }
    let isLong = walFrames.pointee >= Int32(settings.checkpointPages * StorageTuning.restartFactor)
    if isLong, let readers {
      try readers.whilePaused { () throws(StorageError) in
        try writeBack(SQLITE_CHECKPOINT_TRUNCATE, database)
      }
    } else {
      try writeBack(isLong ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, database)
    }
  }

  /// Writes back as much as the mode says and readers allow; answers whether the log is empty or begins
  /// anew.
  @discardableResult
  func writeBack(
    _ mode: Int32,
    _ database: Database
  ) throws(StorageError) -> Bool {
    // Who reads for long, a verification or somebody's tool, is not waited for.
    sqlite3_busy_timeout(database.handle, 0)
    defer { sqlite3_busy_timeout(database.handle, Database.busyMilliseconds) }
    var (frames, moved): (Int32, Int32) = (0, 0)
    let code = sqlite3_wal_checkpoint_v2(database.handle, nil, mode, &frames, &moved)
    guard code == SQLITE_OK || code & 0xFF == SQLITE_BUSY else {
      throw database.error(code, "checkpoint")
    }
    statistics.checkpoints += 1
    // With all frames moved and nobody reading them the next commit starts the log anew.
    triedFrames = frames == moved ? 0 : max(0, frames)
    walFrames.pointee = triedFrames
    return code == SQLITE_OK && frames == moved
  }

  /// The bytes of the database and its write-ahead log on disk.
  var fileBytes: Int64 { Files.size(path) + Files.size("\(path)-wal") }
}
