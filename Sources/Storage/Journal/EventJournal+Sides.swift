// SPDX-License-Identifier: Apache-2.0
public import Streams

// What a pipeline writes into other topics in the transaction of its output.
extension EventJournal {
  /// Whether the other one is of the same log.
  public func sharesCommits(with other: any TopicJournal) -> Bool {
    (other as? EventJournal).map { $0 !== self && $0.log === log } ?? false
  }

  /// The appends, to topics that are open.
  func appends(_ sides: [SideAppend]) throws(JournalError) -> [LogAppend] {
    var appends: [LogAppend] = []
    for side in sides {
      guard let journal = side.journal as? EventJournal, journal.log === log,
        let topic = journal.stored
      else { throw JournalError(.unavailable, "a topic of the commit is not open in this store") }
      appends.append(LogAppend(side.append, to: topic.id))
    }
    return appends
  }

  /// Tells the other topics what became of their appends, which are the last of a commit; answers
  /// the rest.
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
        guard let journal = side.journal as? EventJournal else { continue }
        side.completion(.success(journal.note(receipt)))
      }
      return .success(Array(receipts.dropLast(sides.count)))
    }
  }
}
