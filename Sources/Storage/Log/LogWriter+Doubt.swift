// SPDX-License-Identifier: Apache-2.0
internal import CSQLite
internal import Streams

/// What shows, once the database was opened again, whether a transaction is there.
enum CommitWitness: Sendable {
  /// A topic that it has let go on up to here.
  case end(TopicID, Position)
  /// A number that it has written, which no other has.
  case number(String)
}

/// A transaction that was to be committed: what whoever asked is told if it is.
struct TriedCommit {
  let requests: [WriteRequest]
  let outcomes: [CommitOutcome]
  /// `nil` where nobody has to know: what was asked for may be asked for again.
  let witness: CommitWitness?
  /// Why nobody can say whether it is there.
  var error: StorageError?
}

// After an error in the middle of a commit the disk may have it all the same: its frames were written
// and the sync failed. Whoever asked waits until that is known, and nothing is done before it is.
extension LogWriter {
  /// Makes a witness of the open transaction, which must write something of its own for it if no topic
  /// goes on.
  func makeWitness(
    _ requests: [WriteRequest],
    _ outcomes: [CommitOutcome],
    _ database: Database
  ) throws(StorageError) -> CommitWitness? {
    var isWanted = false
    for (request, outcome) in zip(requests, outcomes) {
      if let end = Self.end(request, outcome) {
        // Unless it is gone by the same transaction.
        if case .end(let id, _) = end, topics[id] != nil { return end }
      }
      isWanted = isWanted || request.wantsWitness
    }
    guard isWanted else { return nil }
    let number = "\(Epoch())"
    try Property.write(.commit, number, database)
    return .number(number)
  }

  private static func end(_ request: WriteRequest, _ outcome: CommitOutcome) -> CommitWitness? {
    switch (request, outcome) {
    case (.append(let request), .receipt(let receipt)): return end(request.append, receipt)
    case (.commit(let commit, _), .receipts(let receipts)):
      for (append, receipt) in zip(commit.appends, receipts) {
        if let end = end(append, receipt) { return end }
      }
      return nil
    default: return nil
    }
  }

  private static func end(_ append: LogAppend, _ receipt: AppendReceipt) -> CommitWitness? {
    guard !receipt.isRepeat else { return nil }
    let nextMark = receipt.firstMark + UInt64(append.marks.count)
    return .end(append.topic, Position(next: receipt.lastOffset + 1, nextMark: nextMark))
  }

  /// Lets those wait who asked for a commit that failed with an error after which it may be there.
  ///
  /// Mostly the disk was in trouble for a moment, and it is known at once; else it is when the database
  /// can be opened again, which is tried each second and before anything else is written.
  func hold(_ commit: TriedCommit, _ error: StorageError) {
    disconnect()
    doubtful = commit
    doubtful?.error = error
    _ = try? connected()
  }

  /// Whether the transaction of which nobody could say it is in a database that was opened again, and
  /// what is not there now will not be later.
  func isDoubtfulThere(_ database: Database) throws(StorageError) -> Bool {
    switch doubtful?.witness {
    case nil: return false
    case .number(let number): return try Property.read(.commit, database) == number
    case .end(let id, let end):
      guard let topic = topics[id] else { return false }
      return topic.nextOffset >= end.next && topic.nextMark >= end.nextMark
    }
  }

  /// Tells those who waited what has become of their commit.
  func settleDoubtful(isThere: Bool) {
    guard let commit = doubtful else { return }
    doubtful = nil
    guard isThere else { return refuse(commit) }
    tables.commit()
    takeUpRules(commit)
    noteServed(commit)
  }

  /// Gives topics that a commit has opened their rules, which are not on disk.
  private func takeUpRules(_ commit: TriedCommit) {
    for outcome in commit.outcomes {
      guard case .topic(let opened) = outcome, let cell = topics.cell(opened.id) else { continue }
      topics.change(cell) { $0.rules = opened.rules }
    }
    noteCommitted()
  }

  private func refuse(_ commit: TriedCommit) {
    tables.putBack()
    guard let error = commit.error else { return }
    for request in commit.requests { request.fail(error) }
  }

  /// Tells those who still wait that nobody will know before the next start.
  func giveUpDoubtful() {
    guard var commit = doubtful, let error = commit.error else { return }
    doubtful = nil
    commit.error = StorageError(
      .doubtful,
      operation: error.operation,
      path: error.path,
      code: error.code,
      detail: "the log was closed before it was known: \(error.reason.problem)"
    )
    refuse(commit)
  }
}

extension WriteRequest {
  /// Whether somebody has to know what became of it, though no topic goes on with it: asked for once
  /// more it would not be the same.
  fileprivate var wantsWitness: Bool {
    switch self {
    case .commit(let commit, _): !commit.states.isEmpty
    case .deleteTopic, .resetPipeline, .change: true
    case .append, .openTopic, .openPipeline, .steps: false
    }
  }
}

extension StorageError {
  /// Whether a commit that failed so may be there all the same.
  ///
  /// Who found no room has not written the frame that ends it, and who has to wait for a lock has
  /// written nothing. After any other error all frames may be written.
  var leavesDoubt: Bool {
    guard let code else { return false }
    return !foundNoRoom && code.primary != SQLITE_BUSY
  }

  /// Whether a write found no room on the disk: of that it has nothing.
  ///
  /// A sync that finds none is another thing: what was written before may be gone.
  var foundNoRoom: Bool {
    guard let code, reason == .diskFull else { return false }
    return code.primary == SQLITE_FULL || code.isFailedWrite
  }
}
