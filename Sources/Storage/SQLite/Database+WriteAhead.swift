// SPDX-License-Identifier: Apache-2.0
internal import CSQLite

/// A write-ahead log of which the disk may have less than the system reads.
///
/// When a sync fails, Linux counts what was written as clean: it reads as if it were there, the next
/// sync succeeds, and after a power loss it is gone. SQLite takes both files for what it reads.
extension Database {
  /// The bytes of a log of so many pages: <https://www.sqlite.org/fileformat2.html#the_write_ahead_log>.
  private static func logBytes(pages: Int) -> sqlite3_int64 { 32 + Int64(pages) * (24 + 4_096) }

  /// Sees to it that the disk has the write-ahead log, and that all of it is written back anew.
  ///
  /// What is read of the log is written once more, each byte where it is, and synced: only that makes
  /// the system give it to the disk again. It comes first: a database that is newer than a log of which
  /// the disk has an older life would be taken back by it in part. How much was written back is
  /// forgotten, because SQLite remembers that as long as anybody has the database open, another process
  /// too. Neither disturbs who reads.
  ///
  /// - Throws: ``StorageError``; the log is as it was.
  func renewWriteAhead() throws(StorageError) {
    // Nobody else begins the log anew meanwhile.
    let transaction = try Transaction(writing: self)
    if let log = try file(SQLITE_FCNTL_JOURNAL_POINTER) { try rewrite(log) }
    try forgetWrittenBack()
    transaction.end()
  }

  /// Makes the file of the log as long as so many pages need, if there is room for it.
  ///
  /// A commit that makes it longer waits for the file system's own journal, too, which takes as long
  /// again. What is added are zeros, which are no frames.
  func fillWriteAhead(pages: Int) throws(StorageError) {
    // Nobody else writes behind its end meanwhile.
    let transaction = try Transaction(writing: self)
    if let log = try file(SQLITE_FCNTL_JOURNAL_POINTER) {
      try fill(log, to: Self.logBytes(pages: pages))
    }
    transaction.end()
  }

  /// Whether SQLite writes the log back and removes it if this connection is the last to close.
  func writeBackOnClose(_ isWanted: Bool) {
    // It knows no error for a connection that is open.
    _ = sqlite3_write_back_on_close(handle, isWanted ? 1 : 0)
  }

  /// Has the disk take what was written into the database's file.
  func synchronizeFile() throws(StorageError) {
    guard let file = try file(SQLITE_FCNTL_FILE_POINTER),
      let sync = file.pointee.pMethods?.pointee.xSync
    else { return }
    let result = sync(file, SQLITE_SYNC_NORMAL)
    guard result == SQLITE_OK else { throw error(result, "checkpoint") }
  }

  /// One of the files of the connection, if it is open.
  private func file(
    _ which: Int32
  ) throws(StorageError) -> UnsafeMutablePointer<sqlite3_file>? {
    var file: UnsafeMutablePointer<sqlite3_file>?
    try check(sqlite3_file_control(handle, "main", which, &file), "find the file")
    return file?.pointee.pMethods == nil ? nil : file
  }

  // MARK: The log

  /// SQLite's layer writes less than 128 KiB at once.
  private static let chunkBytes = 64 << 10

  private func rewrite(
    _ log: UnsafeMutablePointer<sqlite3_file>
  ) throws(StorageError) {
    let methods = log.pointee.pMethods.pointee
    var length: sqlite3_int64 = 0
    try checkFile(methods.xFileSize(log, &length))
    guard length > 0 else { return }
    let chunk = UnsafeMutableRawPointer.allocate(byteCount: Self.chunkBytes, alignment: 16)
    defer { chunk.deallocate() }
    var offset: sqlite3_int64 = 0
    while offset < length {
      let count = Int32(min(length - offset, sqlite3_int64(Self.chunkBytes)))
      try checkFile(methods.xRead(log, chunk, count, offset))
      try checkFile(methods.xWrite(log, chunk, count, offset))
      offset += sqlite3_int64(count)
    }
    try checkFile(methods.xSync(log, SQLITE_SYNC_NORMAL))
  }

  private func fill(
    _ log: UnsafeMutablePointer<sqlite3_file>,
    to end: sqlite3_int64
  ) throws(StorageError) {
    let methods = log.pointee.pMethods.pointee
    var length: sqlite3_int64 = 0
    try checkFile(methods.xFileSize(log, &length))
    guard length < end else { return }
    let zeros = UnsafeMutableRawPointer.allocate(byteCount: Self.chunkBytes, alignment: 16)
    defer { zeros.deallocate() }
    zeros.initializeMemory(as: UInt8.self, repeating: 0, count: Self.chunkBytes)
    var offset = length
    while offset < end {
      let count = Int32(min(end - offset, sqlite3_int64(Self.chunkBytes)))
      let code = methods.xWrite(log, zeros, count, offset)
      if code & 0xFF == SQLITE_FULL { return try checkFile(methods.xTruncate(log, length)) }
      try checkFile(code)
      offset += sqlite3_int64(count)
    }
    try checkFile(methods.xSync(log, SQLITE_SYNC_NORMAL))
  }

  private func checkFile(_ code: Int32) throws(StorageError) {
    guard code == SQLITE_OK else { throw error(code, "renew the log") }
  }

  /// Tries what another process may be in the way of for as long as SQLite would.
  private func whenFree(_ body: () -> Int32) -> Int32 {
    let pause: Int32 = 10
    for _ in 0..<Self.busyMilliseconds / pause {
      let code = body()
      guard code & 0xFF == SQLITE_BUSY else { return code }
      sqlite3_sleep(pause)
    }
    return body()
  }

  // MARK: What was written back

  /// Where the index of a log, in memory that all share, says how much is written back, and the form
  /// that it has since 2010: <https://www.sqlite.org/walformat.html#the_wal_index_file_format>.
  private enum Index {
    static let version: UInt32 = 3_007_000
    static let backfilledAt = 96
    static let regionBytes: Int32 = 32_768
    /// Who writes back has this lock.
    static let checkpointLock: Int32 = 1
  }

  /// Has SQLite write back all that is in the log, also what it has written back.
  ///
  /// Who reads is not disturbed: a page is only written again as he reads it, since he keeps newer ones
  /// from being written back.
  private func forgetWrittenBack() throws(StorageError) {
    guard let file = try file(SQLITE_FCNTL_FILE_POINTER),
      let methods = file.pointee.pMethods?.pointee, methods.iVersion >= 2
    else { return }
    var region: UnsafeMutableRawPointer?
    try checkFile(methods.xShmMap(file, 0, Index.regionBytes, 0, &region))
    guard let region else { return }
    let version = region.load(as: UInt32.self)
    guard version == Index.version else {
      let detail = "the log's index has the unknown version \(version)"
      throw StorageError(.unexpected, operation: "renew the log", path: path, detail: detail)
    }
    let exclusive = SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE
    try checkFile(
      whenFree { methods.xShmLock(file, Index.checkpointLock, 1, exclusive) }
    )
    region.storeBytes(of: 0, toByteOffset: Index.backfilledAt, as: UInt32.self)
    methods.xShmBarrier(file)
    let unlocking = SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE
    try checkFile(methods.xShmLock(file, Index.checkpointLock, 1, unlocking))
  }
}
