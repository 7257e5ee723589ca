// SPDX-License-Identifier: Apache-2.0
internal import CSQLite

/// The write-ahead log: it is written back into the database as ``WriteBackPlan`` says.
extension LogWriter {
  /// Has the write-ahead log written back if it is long; between transactions.
  ///
  /// - Throws: ``StorageError``, also what has gone wrong on the other thread since the last call.
  func writeBackIfDue() throws(StorageError) {
    guard let database else { return }
    if let outcome = writeBackThread?.takeOutcome() { try noteAside(outcome) }
    guard walFrames.pointee >= writeBacks.limit || writeBackThread?.isIdle != false else { return }
    switch writeBacks.next(walFrames.pointee) {
    case .nothing: break
    case .aside:
      if let writeBackThread {
        writeBackThread.ask()
      } else {
        try writeBack(SQLITE_CHECKPOINT_PASSIVE, database)
      }
    case .finish:
      try writeBack(SQLITE_CHECKPOINT_PASSIVE, database)
      statistics.finishedCheckpoints += 1
    case .force: try forceWriteBack(database)
    }
  }

  /// Has another thread write back from now on, which lets the log become longer.
  func helpWriteBack(_ thread: WriteBackThread) throws(StorageError) {
    writeBackThread = thread
    try database?.fillWriteAhead(pages: writeBacks.filledFrames)
    try thread.open()
  }

  /// Ends the other thread and hears what became of what it was asked for.
  func endWriteBack() throws(StorageError) {
    guard let thread = writeBackThread else { return }
    thread.rest()
    let outcome = thread.takeOutcome()
    thread.close()
    writeBackThread = nil
    if let outcome { try noteAside(outcome) }
  }

  /// Whether what can wait does: the log is to begin anew, and can't while it grows fast.
  var waitsForWriteBack: Bool { writeBacks.isDue && writeBackThread?.isBusy == true }

  private func noteAside(
    _ outcome: Result<WriteBackOutcome?, StorageError>
  ) throws(StorageError) {
    do throws(StorageError) {
      guard let outcome = try outcome.get() else { return writeBacks.noteOccupied() }
      writeBacks.noteAside(outcome, at: walFrames.pointee)
      noteWrittenBack()
    } catch {
      throw noted(error)
    }
  }

  /// Readers in the middle of a batch have kept it from starting anew for long: they wait until it has.
  private func forceWriteBack(_ database: Database) throws(StorageError) {
    writeBackThread?.rest()
    // It speaks of less than is written back now.
    if let outcome = writeBackThread?.takeOutcome() { try noteAside(outcome) }
    statistics.forcedCheckpoints += 1
    guard let readers else {
      try writeBack(SQLITE_CHECKPOINT_TRUNCATE, database)
      return
    }
    try readers.whilePaused { () throws(StorageError) in
      try writeBack(SQLITE_CHECKPOINT_TRUNCATE, database)
    }
  }

  /// Writes back as much as the mode says and readers allow; answers whether there is no log any more.
  @discardableResult
  func writeBack(_ mode: Int32, _ database: Database) throws(StorageError) -> Bool {
    do throws(StorageError) {
      guard let outcome = try database.writeBack(mode) else {
        writeBacks.noteOccupied()
        return false
      }
      writeBacks.noteOwn(outcome)
      walFrames.pointee = outcome.frames
      noteWrittenBack()
      return outcome.frames == 0
    } catch {
      throw noted(error)
    }
  }

  private func noteWrittenBack() {
    statistics.checkpoints += 1
    (failedWriteBacks, writeBackTrouble) = (0, nil)
  }

  private func noted(_ error: StorageError) -> StorageError {
    statistics.failedCheckpoints += 1
    failedWriteBacks += 1
    writeBackTrouble = error
    return error
  }

  /// Refuses what would make a write-ahead log longer that is too long and can't be written back.
  func judgeWriteAhead() throws(StorageError) {
    guard let writeBackTrouble, walFrames.pointee >= writeBacks.limit else { return }
    throw writeBackTrouble
  }

  /// Why nothing can be stored, or why that will soon be so.
  ///
  /// A commit needs the write-ahead log alone, so once is no trouble that the database does not take
  /// what is in it.
  var shownTrouble: StorageError? { trouble ?? (failedWriteBacks > 1 ? writeBackTrouble : nil) }
}
