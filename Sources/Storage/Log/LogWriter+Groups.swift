// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// What the writer has done since it was opened.
public struct WriterStatistics: Hashable, Sendable {
  /// Transactions that were committed.
  public var commits: UInt64 = 0
  /// Of these, how many waited for the disk.
  public var syncedCommits: UInt64 = 0
  /// Requests that were served by them.
  public var requests: UInt64 = 0
  /// Entries appended.
  public var entries: UInt64 = 0
  /// Entries deleted by retention.
  public var deletedEntries: UInt64 = 0
  /// Publishes that had a known key.
  public var repeats: UInt64 = 0
  /// Transactions that failed.
  public var failures: UInt64 = 0
  /// Cursors that were not used for too long and went.
  public var expiredCursors: UInt64 = 0
  /// Times the write-ahead log was written back, or some of it.
  public var checkpoints: UInt64 = 0
  /// Of these, how often the writing thread wrote back the rest.
  public var finishedCheckpoints: UInt64 = 0
  /// Times readers waited for it, because the log was too long.
  public var forcedCheckpoints: UInt64 = 0
  /// Times it failed.
  public var failedCheckpoints: UInt64 = 0
  /// Times the database was opened again after an error of the disk.
  public var reconnects: UInt64 = 0
  /// Bytes of changes of state, as they were stored with their commits.
  public var stateBytes: UInt64 = 0
  /// Bytes that were written to merge them.
  public var mergedBytes: UInt64 = 0
  /// The steps in which that was done.
  public var mergeSteps: UInt64 = 0
  /// Pages given back to the file system.
  public var freedPages: UInt64 = 0
}

/// What a request is answered when the transaction is committed.
enum CommitOutcome {
  case receipt(AppendReceipt)
  case receipts([AppendReceipt])
  case done
  // What is rare stands elsewhere, so that there is little to move for what is frequent.
  indirect case topic(StoredTopic)
  indirect case pipeline(OpenedPipeline)
  indirect case refused(StorageError)
  indirect case changed(@Sendable () -> Void)
}

extension LogWriter {
  /// Serves requests in one transaction, and tells whoever asked what became of them afterwards.
  ///
  /// A request that is refused changes nothing and leaves the others alone; an error of the database
  /// fails all of them, once it is known that the disk has none of it.
  func serve(_ requests: [WriteRequest]) {
    var tried: TriedCommit?
    do throws(StorageError) {
      noteServed(try commit(requests, &tried))
    } catch {
      statistics.failures += 1
      topics.putBack()
      buffer.clear()
      forgetStates()
      noteFailure(error)
      if let tried, tried.witness != nil, error.leavesDoubt { return hold(tried, error) }
      // What changes of tables goes on waiting with those of whom it is not known.
      if doubtful == nil { tables.putBack() }
      for request in requests { request.fail(error) }
    }
  }

  /// Serves requests in one transaction.
  ///
  /// - Parameters:
  ///   - requests: The requests.
  ///   - tried: Told what is to be committed, before it is.
  /// - Returns: The same, which is committed.
  /// - Throws: ``StorageError``.
  private func commit(
    _ requests: [WriteRequest],
    _ tried: inout TriedCommit?
  ) throws(StorageError) -> TriedCommit {
    let database = try connected()
    try judgeWriteAhead()
    try synchronize(requests.contains(where: mustSync), database)
    let transaction = try Transaction(writing: database)
    var outcomes: [CommitOutcome] = []
    outcomes.reserveCapacity(requests.count)
    for request in requests { outcomes.append(try apply(request, database)) }
    try buffer.flush(database)
    try flushTables(database)
    let witness = try makeWitness(requests, outcomes, database)
    let commit = TriedCommit(requests: requests, outcomes: outcomes, witness: witness)
    tried = commit
    try transaction.commit()
    noteCommitted()
    tables.commit()
    return commit
  }

  /// Counts a transaction that is committed, and tells whoever asked for it.
  func noteServed(_ commit: TriedCommit) {
    trouble = nil
    statistics.commits += 1
    statistics.syncedCommits += isSyncing ? 1 : 0
    statistics.requests += UInt64(commit.requests.count)
    for index in commit.requests.indices { tell(commit.requests[index], commit.outcomes[index]) }
  }

  private func tell(_ request: WriteRequest, _ outcome: CommitOutcome) {
    switch (request, outcome) {
    case (.append(let request), .receipt(let receipt)): request.answer(.success(receipt))
    case (_, .refused(let error)): request.fail(error)
    case (.commit(_, let answer), .receipts(let receipts)): answer(.success(receipts))
    case (.openTopic(_, _, _, let answer), .topic(let topic)): answer(.success(topic))
    case (.deleteTopic(_, let answer), .done): answer(.success(()))
    case (.openPipeline(_, _, let answer), .pipeline(let pipeline)): answer(.success(pipeline))
    case (.resetPipeline(_, _, let answer), .done): answer(.success(()))
    case (.change, .changed(let tell)): tell()
    case (.steps, _): break
    default: preconditionFailure("an outcome is of its request's kind")
    }
  }

  /// Keeps what the transaction has changed, and notes what retention has to do.
  func noteCommitted() {
    let excess = storeExcess
    topics.keep { topic in
      if topic.isOverdue(storeExcess: excess) { overdue.insert(topic.id) }
    }
  }

  /// Whether a request is only acknowledged when the disk has it.
  private func mustSync(_ request: WriteRequest) -> Bool {
    switch request {
    case .append(let request): mustSync(request.append.topic)
    case .commit(let commit, _):
      commit.appends.contains { mustSync($0.topic) }
        || commit.appends.isEmpty && (commit.cursors.isEmpty || !commit.states.isEmpty)
    case .openTopic(_, let rules, _, _): rules.synchronous == .full
    case .deleteTopic, .openPipeline, .resetPipeline: true
    case .change(let change): change.isSynced
    case .steps: false
    }
  }

  private func mustSync(_ topic: TopicID) -> Bool {
    topics.cell(topic)?.topic.rules.synchronous != .normal
  }

  /// Does what a request wants; throws only what fails the whole group.
  private func apply(
    _ request: WriteRequest,
    _ database: Database
  ) throws(StorageError) -> CommitOutcome {
    do throws(StorageError) {
      switch request {
      case .append(let request):
        return .receipt(try append(request.append, database))
      case .commit(let commit, _):
        return .receipts(try append(commit, database))
      case .openTopic(let name, let rules, let epoch, _):
        return .topic(try openTopic(name, rules, epoch: epoch, database))
      case .deleteTopic(let id, _):
        try deleteTopic(id, database)
      case .openPipeline(let name, let definition, _):
        return .pipeline(try openPipeline(name, definition, database))
      case .resetPipeline(let id, let definition, _):
        try resetPipeline(id, definition, database)
      case .change(let change): return .changed(try change.apply(self, database))
      case .steps: break
      }
      return .done
    } catch {
      // SQLite's errors have a code, refusals have none and came before anything was written.
      guard error.code == nil else { throw error }
      return .refused(error)
    }
  }

  /// Refuses the name of a topic or a pipeline that is empty or too long.
  func checkName(_ name: String, _ operation: String) throws(StorageError) {
    guard 1...StorageLimits.nameBytes ~= name.utf8.count else {
      throw refusal(.tooLarge(limit: StorageLimits.nameBytes, unit: "bytes of a name"), operation)
    }
  }

  /// An error that is no fault of the database.
  func refusal(_ reason: StorageError.Reason, _ operation: String) -> StorageError {
    StorageError(reason, operation: operation, path: path)
  }
}
