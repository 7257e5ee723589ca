// SPDX-License-Identifier: Apache-2.0
internal import CSQLite
internal import Streams

/// Everything that writes to the database, on one thread: it has no lock and waits for the disk.
final class LogWriter {
  let path: String
  let settings: StorageSettings
  /// The connection; `nil` after an error of the disk, until it could be opened again.
  var database: Database?
  // Nothing that changes the topics, the statistics or the count calls back into the writer.
  @exclusivity(unchecked) var topics = TopicTable()
  /// The names of the pipelines that were opened.
  var pipelines: [PipelineID: String] = [:]
  /// Who reads the same file, and lets go of it when it must be opened anew.
  weak var readers: ReaderPool?
  /// How the last process ended, and what the check at the start found.
  var findings = StartFindings()
  /// Topics of which something has to go.
  var overdue = OverdueTopics()
  /// What it has to keep up with.
  @exclusivity(unchecked) var retentionDebt = RetentionDebt()
  /// Entries appended since the last step of retention, which it keeps up with.
  @exclusivity(unchecked) var appendedSinceStep = 0
  /// The segments of the state of pipelines; `nil` before they were read, and after a failure.
  var segmentTable: SegmentTable?
  /// What is written of a state whose commit has not been served yet.
  var staged: StagedSegment?
  /// Bytes that are left to merge, about.
  var mergeDebt = 0
  /// The tables that follow their topics.
  @exclusivity(unchecked) var tables = FollowedTables()
  /// Entries of the open transaction that are not written yet.
  let buffer = EntryBuffer()
  @exclusivity(unchecked) var statistics = WriterStatistics()
  /// The error of the database or the disk since which nothing was committed.
  var trouble: StorageError?
  /// The transaction of which it is not known whether the disk has it; nothing is written before it is.
  var doubtful: TriedCommit?
  /// Copies that are being made of the database, which end with the connection.
  var backups: [BackupTask] = []
  /// Frames in the write-ahead log after the last commit.
  let walFrames = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
  /// When they are written back.
  var writeBacks: WriteBackPlan
  /// Who does so beside publishing; without it this thread does.
  var writeBackThread: WriteBackThread?
  /// How often in a row that has failed, and why.
  var failedWriteBacks = 0
  var writeBackTrouble: StorageError?
  /// Whether commits are synced now.
  var isSyncing = true
  var vacuum = VacuumState()
  /// What is being deleted; `nil` before it was read, and after a failure.
  var knownDiscarded: Discarded?
  /// How far the search for cursors that expired has got.
  var cursorSweep = CursorSweep()
  /// The oldest idempotency key, and when it was stored; `nil` before it was looked up.
  var oldestKey: (id: Int64, appended: Timestamp)?

  /// Opens the database of a directory that the caller has locked.
  ///
  /// - Throws: ``StorageError``; nothing was changed if the schema is not ours.
  init(_ path: String, settings: StorageSettings) throws(StorageError) {
    self.path = path
    self.settings = settings
    writeBacks = WriteBackPlan(pages: settings.checkpointPages)
    walFrames.initialize(to: 0)
    let isNew = !Files.exists(path)
    let database = try connect()
    if isNew { try Files.synchronize(Files.parent(of: path)) }
    _ = try Schema.prepare(database)
    try beginLife(database)
    self.database = database
    try loadTopics(database)
    findings.damage = try checkNewest(database)
  }

  deinit {
    writeBackThread?.close()
    walFrames.deallocate()
  }

  /// Makes a connection that tells how long the write-ahead log is, and of whose log the disk has all.
  func connect() throws(StorageError) -> Database {
    let database = try Database(path, .write, system: settings.system)
    // Before anything is set: another program's database stays as it is.
    _ = try Schema.check(database)
    try database.configureWriter(cacheBytes: settings.cacheBytes)
    // Who used it last may have had a sync that failed: this connection, or a process that is gone.
    try database.renewWriteAhead()
    let limit = Int(writeBacks.limit) * 4_096
    try database.setPragma("journal_size_limit", to: "\(limit)", reading: "\(limit)")
    sqlite3_wal_hook(
      database.handle,
      { frames, _, _, count in
        frames?.assumingMemoryBound(to: Int32.self).pointee = count
        return SQLITE_OK
      },
      walFrames
    )
    walFrames.pointee = 0
    writeBacks = WriteBackPlan(pages: settings.checkpointPages)
    isSyncing = true
    return database
  }

  /// The connection, opened again if the disk had failed.
  func connected() throws(StorageError) -> Database {
    if let database { return database }
    return try reconnect()
  }

  /// Sees to it that the next commits are synced, or not; only between transactions.
  func synchronize(_ isSynced: Bool, _ database: Database) throws(StorageError) {
    guard isSynced != isSyncing else { return }
    // SQLite follows this when it prepares it, so it can't be a statement that is kept.
    let level = isSynced ? "FULL" : "NORMAL"
    try database.execute("PRAGMA synchronous = \(level)", "set synchronous")
    isSyncing = isSynced
  }

  /// By how much all topics together are over their limit.
  var storeExcess: Int64 { settings.maximumTotalBytes.map { max(0, topics.totalBytes - $0) } ?? 0 }
}
