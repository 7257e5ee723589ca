// SPDX-License-Identifier: Apache-2.0

extension EventLog {
  /// Looks at every stored entry, mark and state while the log is in use, on a thread of its own; not
  /// at the database's structure.
  ///
  /// - Parameter progress: Told now and then, on that thread; answers whether to go on.
  /// - Returns: What was found.
  /// - Throws: ``StorageError`` if the database can't be read at all.
  public func verify(
    progress: @escaping @Sendable (VerificationProgress) -> Bool = { _ in true }
  ) async throws(StorageError) -> VerificationReport {
    let (path, settings) = (path, settings)
    return try await answer { completion throws(StorageError) in
      let isStarted = DedicatedThread.start("weir-verify") {
        completion(
          Result { () throws(StorageError) in
            let database = try Database(path, .read, system: settings.system)
            try database.configureReader(cacheBytes: settings.cacheBytes)
            return try Self.verify(database, checkingStructure: false, progress)
          }
        )
      }
      guard isStarted else { throw StorageError(.outOfMemory, operation: "verify", path: path) }
    }
  }

  /// Looks at everything that is stored in a directory that no process uses; blocks.
  ///
  /// Nothing is changed; what a crash left in SQLite's log stays there.
  /// - Parameters:
  ///   - directory: The data directory.
  ///   - progress: Told now and then; answers whether to go on.
  /// - Returns: What was found.
  /// - Throws: ``StorageError``: a process uses the directory, there is no database in it, its schema
  ///   is newer or older, or it can't be read at all.
  public static func verify(
    directory: String,
    progress: @escaping (VerificationProgress) -> Bool = { _ in true }
  ) throws(StorageError) -> VerificationReport {
    let path = DataDirectory.databasePath(in: directory)
    guard Files.exists(path) else {
      throw StorageError(.unknown(what: "database"), operation: "verify", path: path)
    }
    let held = try DataDirectory(directory)
    let database = try Database(held.databasePath, .writeExisting)
    let schema = try Schema.check(database)
    guard schema == Schema.current else {
      let reason = StorageError.Reason.olderSchema(found: schema, supported: Schema.current)
      throw StorageError(reason, operation: "verify", path: path)
    }
    return try verify(database, checkingStructure: true, progress)
  }

  static func verify(
    _ database: Database,
    checkingStructure: Bool,
    _ progress: @escaping (VerificationProgress) -> Bool
  ) throws(StorageError) -> VerificationReport {
    var verifier = Verifier(database, progress)
    do throws(StorageError) {
      return try verifier.run(checkingStructure: checkingStructure)
    } catch {
      guard error.reason == .cancelled else { throw error }
      var report = VerificationReport()
      report.isCancelled = true
      return report
    }
  }
}
