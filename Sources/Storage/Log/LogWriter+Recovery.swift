// SPDX-License-Identifier: Apache-2.0
internal import CSQLite
internal import Streams

extension LogWriter {
  /// Draws the consequences of a transaction that failed.
  ///
  /// After an error of the disk nobody can say what SQLite's caches and the file have in common, so
  /// the connection goes; the next request opens the database again. A full disk is none: what did
  /// not fit was rolled back.
  func noteFailure(_ error: StorageError) {
    trouble = error
    switch error.reason {
    case .diskFull where error.foundNoRoom && !(database?.isInTransaction ?? false): break
    case .busy where !(database?.isInTransaction ?? false): break
    default:
      if error.code != nil { disconnect() }
    }
  }

  /// Commits something small and synced, to see whether the disk takes it again.
  func probe() throws(StorageError) {
    try commitProbe(connected())
    trouble = nil
  }

  private func commitProbe(_ database: Database) throws(StorageError) {
    try synchronize(true, database)
    let transaction = try Transaction(writing: database)
    // Another one each time: of what is there already SQLite may write nothing.
    try Property.write(.probe, "\(Epoch())", database)
    try transaction.commit()
  }

  /// Lets go of the connection.
  func disconnect() {
    for backup in backups { backup.interrupt() }
    backups = []
    writeBackThread?.forgetConnection()
    database = nil
    isSyncing = true
    oldestKey = nil
    forgetStates()
  }

  /// Opens the database again and sees to it that the disk has what was acknowledged.
  ///
  /// After a sync that failed the system may have dropped what it was given before. So the write-ahead
  /// log is given to the disk once more and everything in it is written into the database anew; only
  /// then are publishes taken again. If entries are missing that were acknowledged, the topic has a new
  /// epoch, so that nobody takes a new entry for the one he knows.
  ///
  /// Then it is known, too, whether a commit that failed is there, and whoever asked for it is told.
  func reconnect() throws(StorageError) -> Database {
    readers?.forgetConnections()
    let opened = try connect()
    _ = try Schema.prepare(opened)
    // While somebody else reads, a backup say, some of it waits: the disk has it in the log.
    try writeBack(SQLITE_CHECKPOINT_TRUNCATE, opened)
    // It takes the place of frames that SQLite does not count, but would find after a crash.
    try commitProbe(opened)
    let former = topics
    let isThere: Bool
    do throws(StorageError) {
      try reload(opened)
      isThere = try isDoubtfulThere(opened)
      try writeBackThread?.open()
    } catch {
      topics = former
      throw error
    }
    database = opened
    statistics.reconnects += 1
    settleDoubtful(isThere: isThere)
    return opened
  }

  /// Reads anew where every topic begins and ends.
  private func reload(_ database: Database) throws(StorageError) {
    let known = topics.all
    try loadTopics(database)
    for former in known { change(former.id) { $0.rules = former.rules } }
    noteCommitted()
    try renewShortened(known, database)
  }

  /// Gives a new epoch to topics that have less than they had.
  private func renewShortened(
    _ known: [StoredTopic],
    _ database: Database
  ) throws(StorageError) {
    let shortened = known.compactMap { former in
      topics[former.id].flatMap { $0.nextOffset < former.nextOffset ? $0 : nil }
    }
    guard !shortened.isEmpty else { return }
    let transaction = try Transaction(writing: database)
    let epochs = shortened.map { ($0, Epoch()) }
    for (topic, epoch) in epochs { try TopicRow.update(epoch, of: topic, database) }
    try transaction.commit()
    for (topic, epoch) in epochs {
      // What the table in memory has seen is not what the disk has.
      tables.forget(topic.id)
      change(topic.id) {
        $0.noteLife(endingAt: Position(next: $0.nextOffset, nextMark: $0.nextMark))
        $0.epoch = epoch
      }
      findings.renewed.append(topic.name)
    }
    noteCommitted()
  }

  private func change(_ id: TopicID, _ body: (inout StoredTopic) -> Void) {
    if let cell = topics.cell(id) { topics.change(cell, body) }
  }
}
