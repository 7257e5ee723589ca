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
  /// Times the write-ahead log was written back.
  public var checkpoints: UInt64 = 0
  /// Times the database was opened again after an error of the disk.
  public var reconnects: UInt64 = 0
  /// Pages given back to the file system.
  public var freedPages: UInt64 = 0
}

extension LogWriter {
  /// Serves requests in one transaction, and tells whoever asked what became of them afterwards.
  ///
  /// A request that is refused changes nothing and leaves the others alone; an error of the database
  /// fails all of them.
  func serve(_ requests: [WriteRequest]) {
    do {
      let answers = try commit(requests)
      statistics.commits += 1
      statistics.syncedCommits += isSyncing ? 1 : 0
      statistics.requests += UInt64(requests.count)
      for answer in answers { answer() }
    } catch {
      statistics.failures += 1
      undoTopics()
      noteFailure(error)
      for request in requests { request.fail(error) }
    }
  }

  private func commit(_ requests: [WriteRequest]) throws(StorageError) -> [() -> Void] {
    let database = try connected()
    try synchronize(requests.contains(where: mustSync), database)
    let transaction = try Transaction(writing: database)
    var answers: [() -> Void] = []
    answers.reserveCapacity(requests.count)
    for request in requests { answers.append(try apply(request, database)) }
    try transaction.commit()
    noteCommitted()
    return answers
  }

  private func noteCommitted() {
    let excess = storeExcess
    for (id, _) in undo where topics[id]?.isOverdue(storeExcess: excess) == true {
      overdue.insert(id)
    }
    undo.removeAll(keepingCapacity: true)
  }

  /// Whether a request is only acknowledged when the disk has it.
  private func mustSync(_ request: WriteRequest) -> Bool {
    switch request {
    case .commit(let commit, _):
      commit.appends.contains { topics[$0.topic]?.rules.synchronous != .normal }
        || commit.appends.isEmpty
    case .openTopic(_, let rules, _): rules.synchronous == .full
    case .deleteTopic, .openPipeline, .resetPipeline: true
    }
  }

  /// Does what a request wants and answers how to tell; throws only what fails the whole group.
  private func apply(
    _ request: WriteRequest,
    _ database: Database
  ) throws(StorageError) -> () -> Void {
    do {
      switch request {
      case .commit(let commit, let answer):
        let receipts = try append(commit, database)
        return { answer(.success(receipts)) }
      case .openTopic(let name, let rules, let answer):
        let topic = try openTopic(name, rules, database)
        return { answer(.success(topic)) }
      case .deleteTopic(let id, let answer):
        try deleteTopic(id, database)
        return { answer(.success(())) }
      case .openPipeline(let name, let definition, let answer):
        let pipeline = try openPipeline(name, definition, database)
        return { answer(.success(pipeline)) }
      case .resetPipeline(let id, let definition, let answer):
        try resetPipeline(id, definition, database)
        return { answer(.success(())) }
      }
    } catch {
      // SQLite's errors have a code, refusals have none and came before anything was written.
      guard error.code == nil else { throw error }
      return { request.fail(error) }
    }
  }

  func refusal(_ reason: StorageError.Reason, _ operation: String) -> StorageError {
    StorageError(reason, operation: operation, path: path)
  }
}
