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

  /// Makes a copy of a directory's database beside whoever uses it, another process too; blocks.
  ///
  /// The copy is of the instant when it begins. It is read in one transaction: publishes go on, but
  /// the write-ahead log of a server that publishes meanwhile grows until it is done.
  /// - Parameters:
  ///   - directory: The data directory.
  ///   - path: The copy, a file that is not there yet; it has its name once it is whole and synced.
  ///   - progress: Told the pages that are copied and how many there are; answers whether to go on.
  /// - Throws: ``StorageError``: there is no database, the file is there, a disk refuses, or
  ///   `cancelled`; no file of that name was made.
  public static func backUp(
    directory: String,
    to path: String,
    progress: (_ copied: Int, _ total: Int) -> Bool = { _, _ in true }
  ) throws(StorageError) {
    let place = DataDirectory.databasePath(in: directory)
    guard Files.exists(place) else {
      throw StorageError(.unknown(what: "database"), operation: "back up", path: place)
    }
    let source = try Database(place, .read)
    let transaction = try Transaction(reading: source)
    // The first read fixes the instant; without it each commit would make the copy start over.
    // An older schema is copied too: that is what one has before an upgrade.
    guard try Schema.check(source) > 0 else {
      throw StorageError(.notADatabase, operation: "back up", path: place)
    }
    let copy = PageCopy(to: path)
    do throws(StorageError) {
      try copy.begin(from: source)
      while try !copy.step(progress) {}
      copy.release()
      try copy.publish()
    } catch {
      copy.discard()
      throw error
    }
    transaction.end()
  }

  /// Makes a data directory of a copy; blocks.
  ///
  /// Every topic has a new epoch: what was published after the copy was made had offsets that are
  /// now given again.
  /// - Parameters:
  ///   - backup: The copy.
  ///   - directory: The data directory, made if it is not there; it holds no database.
  ///   - progress: Told the bytes that are copied and how many there are, while the copy is checked
  ///     too; answers whether to go on.
  /// - Returns: How many topics there are.
  /// - Throws: ``StorageError``: there is a database, or what is left of one, a process uses the
  ///   directory, the copy is damaged, of a newer version or no database of this engine, or
  ///   `cancelled`. No database was made then.
  @discardableResult
  public static func restore(
    from backup: String,
    into directory: String,
    progress: @escaping (_ copied: Int64, _ total: Int64) -> Bool = { _, _ in true }
  ) throws(StorageError) -> Int {
    let held = try DataDirectory(directory)
    let (path, partial) = (held.databasePath, "\(held.databasePath).partial")
    // SQLite would take the log of a database that is gone for one of this.
    for left in [path, "\(path)-wal", "\(path)-journal"] where Files.exists(left) {
      throw StorageError(.exists, operation: "restore", path: left)
    }
    for end in partialEnds { try Files.remove(partial + end) }
    let total = Files.size(backup)
    do throws(StorageError) {
      try Files.copy(backup, to: partial) { progress(min($0, total), total) }
      let count = try renew(partial) { progress(total, total) }
      try Files.synchronize(partial)
      try Files.rename(partial, to: path)
      try Files.synchronize(directory)
      return count
    } catch {
      for end in partialEnds { try? Files.remove(partial + end) }
      throw error
    }
  }

  /// The files of a database that is being made.
  private static let partialEnds = ["", "-wal", "-shm", "-journal"]

  /// Checks a copy and gives its topics new epochs; answers how many there are.
  private static func renew(
    _ path: String,
    _ goesOn: @escaping () -> Bool
  ) throws(StorageError) -> Int {
    let database = try Database(path, .writeExisting)
    guard try Schema.check(database) > 0 else {
      throw StorageError(.notADatabase, operation: "restore", path: path)
    }
    let wrong = try StructureCheck.run(database, goesOn: goesOn)
    if let first = wrong.first {
      throw StorageError(.corrupt, operation: "restore", path: path, detail: first)
    }
    _ = try Schema.prepare(database)
    // Without a log of its own the file is whole when it is closed.
    try database.setPragma("journal_mode", to: "DELETE", reading: "delete")
    let transaction = try Transaction(writing: database)
    var (last, count): (Int64, Int) = (0, 0)
    while true {
      let topics = try TopicRow.read(after: last, limit: 1_000, database)
      count += topics.count
      guard let end = topics.last else { break }
      for var topic in topics {
        try Extent.read(&topic, database)
        try TopicRow.update(Epoch(), of: topic, database)
      }
      last = end.id.rawValue
    }
    try Property.write(.closed, "yes", database)
    try transaction.commit()
    return count
  }
}
