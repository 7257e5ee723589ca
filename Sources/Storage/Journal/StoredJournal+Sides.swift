// SPDX-License-Identifier: Apache-2.0
public import Streams
internal import Synchronization

/// A journal in an ``EventLog``, whatever its topic holds.
protocol LogJournal: AnyObject {
  /// Where it is stored.
  var log: EventLog { get }
  /// The topic, if entries can be appended to it at once.
  var readyTopic: TopicID? { get }
  /// Takes note of what was stored; answers what the topic is told.
  func note(_ receipt: AppendReceipt) -> JournalReceipt
}

// What a pipeline writes into other topics in the transaction of its output.
extension StoredJournal: LogJournal {
  /// The topic, unless it, or the table that it has to have, is not open.
  var readyTopic: TopicID? {
    state.withLock { state in
      if case .open(let topic) = state.stage { topic } else { nil }
    }
  }

  /// Whether the other one is of the same log.
  public func sharesCommits(with other: any TopicJournal) -> Bool {
    (other as? any LogJournal).map { $0 !== self && $0.log === log } ?? false
  }

  /// The appends, to topics that are open.
  func appends(_ sides: [SideAppend]) throws(JournalError) -> [LogAppend] {
    var appends: [LogAppend] = []
    for side in sides {
      guard let journal = side.journal as? any LogJournal, journal.log === log,
        let topic = journal.readyTopic
      else { throw JournalError(.unavailable, "a topic of the commit is not open in this store") }
      appends.append(LogAppend(side.append, to: topic))
    }
    return appends
  }

  /// Tells the other topics what became of their appends, which are the last of a commit.
  ///
  /// - Returns: The rest.
  static func settle(
    _ sides: [SideAppend],
    _ result: Result<[AppendReceipt], StorageError>
  ) -> Result<[AppendReceipt], StorageError> {
    switch result {
    case .failure(let error):
      for side in sides { side.completion(.failure(JournalError(error))) }
      return result
    case .success(let receipts):
      for (side, receipt) in zip(sides, receipts.suffix(sides.count)) {
        guard let journal = side.journal as? any LogJournal else { continue }
        side.completion(.success(journal.note(receipt)))
      }
      return .success(Array(receipts.dropLast(sides.count)))
    }
  }
}
