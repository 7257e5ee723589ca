// SPDX-License-Identifier: Apache-2.0
internal import CSQLite

/// Writes the write-ahead log back into the database by a connection of its own, beside publishing.
///
/// It waits for nobody and nobody waits for it (`SQLITE_CHECKPOINT_PASSIVE`); where the log begins
/// only the connection that writes changes.
///
/// Its connection is opened with the one that writes, and closed with it: a descriptor that was open
/// when a sync failed is told of it, one that was opened later is not, and would sync nothing.
final class WriteBackThread: Sendable {
  /// The connection while nobody uses it.
  // Taken out by the thread, or closed by who forgets it when the thread does nothing.
  private struct Idle: @unchecked Sendable { let database: Database }

  private struct State {
    var connection: Idle?
    var isWanted = false
    var isAtWork = false
    var isClosed = false
    var outcome: Result<WriteBackOutcome?, StorageError>?
  }

  private let monitor = Monitor(State())
  private let path: String
  private let settings: StorageSettings

  init(_ path: String, settings: StorageSettings) {
    self.path = path
    self.settings = settings
  }

  /// Starts the thread; answers whether the system had one to give.
  func start() -> Bool {
    DedicatedThread.start("weir-write-back") { while self.work() {} }
  }

  // MARK: For the writing thread

  /// Opens the connection, when the disk has all of the log and before anything else is written.
  func open() throws(StorageError) {
    let opened = Idle(database: try connect())
    monitor.withLock { state in
      state.connection = opened
      return ((), false)
    }
  }

  /// Has everything written back that is in the log now.
  func ask() {
    monitor.withLock { state in
      state.isWanted = true
      return ((), true)
    }
  }

  /// Whether something that was asked for is not done.
  var isBusy: Bool { monitor.withLock { ($0.isWanted || $0.isAtWork, false) } }

  /// Whether nothing is asked for, nor has an outcome that was not taken yet.
  ///
  /// Asked again before its failure is heard, it would do what the failed sync has left and call all of
  /// it done.
  var isIdle: Bool {
    monitor.withLock { (!$0.isWanted && !$0.isAtWork && $0.outcome == nil, false) }
  }

  /// What became of what was asked for, once.
  func takeOutcome() -> Result<WriteBackOutcome?, StorageError>? {
    monitor.withLock { ($0.outcome.take(), false) }
  }

  /// Takes back what is not begun and waits for what is.
  func rest() {
    monitor.withLock { state in
      state.isWanted = false
      return ((), false)
    }
    monitor.wait { $0.isAtWork ? nil : () }
  }

  /// Closes the connection, when it is not used any more, and what became of what was asked for: whoever
  /// writes opens the database again.
  func forgetConnection() {
    rest()
    let idle = monitor.withLock { state in
      state.outcome = nil
      return (state.connection.take(), false)
    }
    _ = consume idle
  }

  /// Ends the thread, when it is done, and closes its connection; its outcome was taken.
  func close() {
    monitor.withLock { state in
      state.isClosed = true
      return ((), true)
    }
    forgetConnection()
  }

  // MARK: On the thread

  /// Waits until it is asked and does it; answers `false` when there is nothing more to do, ever.
  func work() -> Bool {
    var idle = monitor.wait { state -> Idle?? in
      guard state.isWanted else { return state.isClosed ? .some(nil) : nil }
      (state.isWanted, state.isAtWork) = (false, true)
      return .some(state.connection.take())
    }
    guard monitor.withLock({ ($0.isAtWork, false) }) else { return false }
    let outcome = idle.map { idle in
      Result { () throws(StorageError) in try writeBack(idle.database) }
    }
    monitor.withLock { state in
      // It has no other owner then: who forgets it closes it.
      (state.connection, state.outcome, state.isAtWork) = (idle.take(), outcome, false)
      return ((), true)
    }
    return true
  }

  private func writeBack(_ database: Database) throws(StorageError) -> WriteBackOutcome? {
    let outcome = try database.writeBack(SQLITE_CHECKPOINT_PASSIVE)
    // SQLite syncs the file only when all of the log is in it: the writing thread would wait for that.
    try database.synchronizeFile()
    return outcome
  }

  private func connect() throws(StorageError) -> Database {
    let opened = try Database(path, .writeExisting, system: settings.system)
    // SQLite finds the log with the first read.
    try Schema.requireCurrent(opened)
    try opened.configureWriter(cacheBytes: 0)
    return opened
  }
}

extension Database {
  /// Writes as much of the write-ahead log back into the database as the mode says and readers allow.
  ///
  /// - Returns: How much; `nil` when somebody else is writing it back, and this did nothing.
  func writeBack(_ mode: Int32) throws(StorageError) -> WriteBackOutcome? {
    // Who reads for long, a verification or somebody's tool, is not waited for.
    sqlite3_busy_timeout(handle, 0)
    defer { sqlite3_busy_timeout(handle, Self.busyMilliseconds) }
    var (frames, moved): (Int32, Int32) = (0, 0)
    let code = sqlite3_wal_checkpoint_v2(handle, nil, mode, &frames, &moved)
    guard code == SQLITE_OK || code & 0xFF == SQLITE_BUSY else { throw error(code, "checkpoint") }
    // SQLite says -1 when it could not begin.
    guard frames >= 0 else { return nil }
    return WriteBackOutcome(frames: frames, moved: max(0, moved))
  }
}
