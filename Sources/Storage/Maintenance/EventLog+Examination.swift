// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// What a data directory holds and in what state it is.
public struct DirectoryReport: Sendable {
  /// The database's file.
  public internal(set) var path: String
  /// Who uses the directory; `nil` if nobody did, and the database's structure was looked at too.
  public internal(set) var holder: String?
  /// The version of the tables.
  public internal(set) var schema = 0
  /// Whether the process that used it last has closed it.
  public internal(set) var wasClosed = false
  /// The bytes of the database's file.
  public internal(set) var databaseBytes: Int64 = 0
  /// The bytes of its write-ahead log.
  public internal(set) var logBytes: Int64 = 0
  /// The topics as they were when the examination began, by name.
  public internal(set) var topics: [StoredTopic] = []
  /// What was found.
  public internal(set) var verification = VerificationReport()
  /// Why the rest could not be looked at: the database is damaged where everything else is found by.
  public internal(set) var failure: StorageError?

  /// Whether everything that was looked at is as it was stored.
  public var isSound: Bool { failure == nil && verification.isSound }

  /// Entries of a topic that are damaged or gone.
  public func damage(of topic: String) -> [Damage] {
    verification.damage.filter { $0.topic == topic }
  }
}

extension EventLog {
  /// Looks at everything that is stored in a directory, also while a process uses it; blocks.
  ///
  /// Beside another process it only reads, in short transactions, and leaves out the structure of
  /// the database, whose check is one long read. Else it keeps others out until it is done. What
  /// a crash left in SQLite's log stays there.
  /// - Parameters:
  ///   - directory: The data directory.
  ///   - progress: Told now and then; answers whether to go on.
  /// - Returns: What was found; damage is no error.
  /// - Throws: ``StorageError``: there is no database in it (`unknown`), it is of another version or
  ///   none of this engine, or the disk refuses.
  public static func examine(
    directory: String,
    progress: @escaping (VerificationProgress) -> Bool = { _ in true }
  ) throws(StorageError) -> DirectoryReport {
    let path = DataDirectory.databasePath(in: directory)
    guard Files.exists(path) else {
      throw StorageError(.unknown(what: "database"), operation: "examine", path: path)
    }
    do throws(StorageError) {
      let held = try DataDirectory(directory)
      return try examine(try Database(held.databasePath, .writeExisting), holder: nil, progress)
    } catch {
      guard case .inUse(let holder) = error.reason else { throw error }
      let database = try Database(path, .read)
      try database.configureReader(cacheBytes: StorageSettings().cacheBytes)
      return try examine(database, holder: holder, progress)
    }
  }

  private static func examine(
    _ database: Database,
    holder: String?,
    _ progress: @escaping (VerificationProgress) -> Bool
  ) throws(StorageError) -> DirectoryReport {
    var report = DirectoryReport(path: database.path, holder: holder)
    do throws(StorageError) {
      try Schema.requireCurrent(database)
      report.schema = Schema.current
      report.wasClosed = try Property.read(.closed, database) == "yes"
      report.topics = try StoreReader.topics(database)
    } catch {
      try note(error, &report)
    }
    do throws(StorageError) {
      if report.schema > 0 {
        report.verification = try verify(database, checkingStructure: holder == nil, progress)
      }
    } catch {
      try note(error, &report)
    }
    report.databaseBytes = Files.size(database.path)
    report.logBytes = Files.size("\(database.path)-wal")
    return report
  }

  /// Damage is what is looked for, other errors end the examination.
  private static func note(
    _ error: StorageError,
    _ report: inout DirectoryReport
  ) throws(StorageError) {
    guard error.reason == .corrupt else { throw error }
    report.failure = report.failure ?? error
  }
}
