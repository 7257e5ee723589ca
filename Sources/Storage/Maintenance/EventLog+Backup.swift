// SPDX-License-Identifier: Apache-2.0
internal import Streams

extension EventLog {
  /// Makes a copy of the database while it is in use; publishes go on between its steps.
  ///
  /// - Parameters:
  ///   - path: The copy, a file that is not there yet; it has its name once it is whole and synced.
  ///   - progress: Told the pages that are copied and how many there are, on the writing thread;
  ///     answers whether to go on.
  /// - Throws: ``StorageError``: the file is there, its disk is full, or the log's disk failed
  ///   meanwhile; no file of that name was made.
  public func backUp(
    to path: String,
    progress: @escaping @Sendable (_ copied: Int, _ total: Int) -> Bool = { _, _ in true }
  ) async throws(StorageError) {
    try await answer { completion throws(StorageError) in
      let task = BackupTask(path, progress, completion)
      try thread.submit(.steps { task.step($0) })
    }
  }

  /// Makes a data directory of a copy; blocks.
  ///
  /// Every topic has a new epoch: what was published after the copy was made had offsets that are
  /// now given again.
  /// - Parameters:
  ///   - backup: The copy.
  ///   - directory: The data directory, made if it is not there; it holds no database.
  /// - Throws: ``StorageError``: there is a database, a process uses the directory, or the copy is
  ///   damaged, of a newer version or no database of this engine. No database was made then.
  public static func restore(
    from backup: String,
    into directory: String
  ) throws(StorageError) {
    let held = try DataDirectory(directory)
    let (path, partial) = (held.databasePath, "\(held.databasePath).partial")
    guard !Files.exists(path) else {
      throw StorageError(.exists, operation: "restore", path: path)
    }
    try Files.remove(partial)
    try Files.copy(backup, to: partial)
    do throws(StorageError) {
      try renew(partial)
      try Files.synchronize(partial)
      try Files.rename(partial, to: path)
      try Files.synchronize(directory)
    } catch {
      for end in ["", "-wal", "-shm"] { try? Files.remove(partial + end) }
      throw error
    }
  }

  /// Checks a copy and gives its topics new epochs.
  private static func renew(_ path: String) throws(StorageError) {
    let database = try Database(path, .writeExisting)
    guard try Schema.check(database) > 0 else {
      throw StorageError(.notADatabase, operation: "restore", path: path)
    }
    let wrong = try StructureCheck.run(database) { true }
    if let first = wrong.first {
      throw StorageError(.corrupt, operation: "restore", path: path, detail: first)
    }
    // Without a log of its own the file is whole when it is closed.
    try database.setPragma("journal_mode", to: "DELETE", reading: "delete")
    let transaction = try Transaction(writing: database)
    var last: Int64 = 0
    while true {
      let topics = try TopicRow.read(after: last, limit: 1_000, database)
      guard let end = topics.last else { break }
      for topic in topics { try TopicRow.update(Epoch(), of: topic.id, database) }
      last = end.id.rawValue
    }
    try Property.write(.closed, "yes", database)
    try transaction.commit()
  }
}
