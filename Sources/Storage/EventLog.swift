// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The log of topics on disk, the state of pipelines and the keys of publishes: one SQLite database
/// in a directory of its own, written by one thread.
///
/// Everything is safe to call from any thread and returns at once, but for ``init(directory:settings:clock:)``
/// and ``close()``, which wait for the disk. Completions are called in the order of the commits, on
/// the writing thread: they must be short.
///
/// ```swift
/// let log = try EventLog(directory: "/var/lib/weir")
/// let topic = try await log.openTopic("activity", StorageRules(synchronous: .full))
/// let receipts = try await log.append(LogCommit([LogAppend([bytes], to: topic.id, appended: now)]))
/// ```
public final class EventLog: Sendable {
  /// What was found when it was opened.
  public let findings: StartFindings
  /// The database's file.
  public let path: String
  let thread: StorageThread
  let readers: ReaderPool
  let settings: StorageSettings

  /// Opens the log of a directory; waits for the disk.
  ///
  /// - Parameters:
  ///   - directory: The directory, made if it is not there; its parent must be.
  ///   - settings: How much memory and disk it may use.
  ///   - clock: By what retention judges the age of entries.
  /// - Throws: ``StorageError``: another process has the directory, the schema is newer, or the disk
  ///   refuses. Damaged entries are no error but in ``findings``.
  public init(
    directory: String,
    settings: StorageSettings = StorageSettings(),
    clock: any EngineClock = SystemClock()
  ) throws(StorageError) {
    let directory = try DataDirectory(directory)
    path = directory.databasePath
    self.settings = settings
    readers = ReaderPool(path, settings: settings)
    thread = StorageThread(path, settings: settings, clock: clock)
    findings = try thread.start(readers, holding: DirectoryHold(directory))
    do throws(StorageError) {
      try readers.start()
    } catch {
      thread.close()
      throw error
    }
  }

  deinit {
    // Who did not close it is not made to wait: the thread ends when it has written what waits.
    thread.stop()
    readers.stop()
  }

  /// Writes what waits, notes that the log was closed, and lets go of the directory; waits for it.
  ///
  /// Later requests are refused with reason `closed`. Calling it again does nothing.
  public func close() {
    thread.close()
    readers.close()
  }

  /// Why nothing can be stored now; `nil` if the last commit succeeded.
  ///
  /// A commit is tried each second until one does.
  public var trouble: StorageError? { thread.trouble }
  /// What the writer has done.
  public var statistics: WriterStatistics { thread.statistics }
  /// What waits to be written.
  public var writeQueue: QueueStatistics { thread.queueStatistics }
  /// What waits to be read.
  public var readQueue: QueueStatistics { readers.statistics }

  // MARK: Writing

  /// Makes a commit durable, with all others that come meanwhile, and tells when it is.
  ///
  /// - Parameters:
  ///   - commit: What to append and change, all or nothing.
  ///   - completion: Called once, unless this throws, with a receipt for each append.
  /// - Throws: ``StorageError`` if too much waits already or the log is closed; nothing is stored.
  public func append(
    _ commit: LogCommit,
    completion: @escaping @Sendable (Result<[AppendReceipt], StorageError>) -> Void
  ) throws(StorageError) {
    try thread.submit(.commit(commit, completion))
  }

  /// Makes one append durable, as a commit of its own; it takes less work than
  /// ``append(_:completion:)-(LogCommit,_)``.
  ///
  /// - Parameters:
  ///   - append: What to append.
  ///   - completion: Called once, unless this throws.
  /// - Throws: ``StorageError`` if too much waits already or the log is closed; nothing is stored.
  public func append(
    _ append: LogAppend,
    completion: @escaping @Sendable (Result<AppendReceipt, StorageError>) -> Void
  ) throws(StorageError) {
    try thread.submit(.append(AppendRequest(append, completion)))
  }

  /// Opens a topic, made if it is not there; it has these rules from now on.
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - rules: What it keeps, and how sure a publish is when it is acknowledged.
  ///   - epoch: The life of its log if it is made; a new one by default.
  ///   - completion: Called once, unless this throws, with the topic as it is.
  /// - Throws: ``StorageError`` if too much waits already or the log is closed.
  public func openTopic(
    _ name: String,
    _ rules: StorageRules,
    epoch: Epoch? = nil,
    completion: @escaping @Sendable (Result<StoredTopic, StorageError>) -> Void
  ) throws(StorageError) {
    try thread.submit(.openTopic(name, rules, epoch: epoch, completion))
  }

  // MARK: Reading

  /// Reads entries and marks on a reading thread, and calls `completion` there.
  ///
  /// - Throws: ``StorageError`` if too many reads wait or the log is closed; nobody is told else.
  public func read(
    _ request: ReadRequest,
    completion: @escaping @Sendable (Result<StoredBatch, StorageError>) -> Void
  ) throws(StorageError) {
    try readers.submit { database in
      completion(
        database.flatMap { database in
          Result { () throws(StorageError) in try LogReader(database).read(request) }
        }
      )
    }
  }

  /// Reads parts of a pipeline's state on a reading thread, by key, and calls `completion` there.
  public func readStates(
    _ request: StateReadRequest,
    completion: @escaping @Sendable (Result<[StoredState], StorageError>) -> Void
  ) throws(StorageError) {
    try readers.submit { database in
      completion(
        database.flatMap { database in
          Result { () throws(StorageError) in try StateReader(database).read(request) }
        }
      )
    }
  }
}
