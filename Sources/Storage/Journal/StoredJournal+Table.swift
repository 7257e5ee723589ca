// SPDX-License-Identifier: Apache-2.0
public import Streams

extension StoredJournal {
  /// Reads the table from disk and keeps it there from now on; opens a topic that is not stored yet.
  public nonisolated(nonsending) func openTable(
    _ table: any JournalTable<Element>,
    recovery: TableRecovery
  ) async throws(TableError) {
    let follower = TableFollower(table, form.kind, decode: form.decode)
    let opening = TableOpening(
      log: log,
      topic: try await storedTopic(),
      follower: follower,
      recovery: recovery
    )
    try await opening.run()
  }

  private nonisolated(nonsending) func storedTopic() async throws(TableError) -> StoredTopic {
    if let stored { return stored }
    do throws(StorageError) {
      let topic = try await log.answer { completion throws(StorageError) in
        try log.openTopic(name, rules, epoch: epoch, completion: completion)
      }
      takeUp(topic)
      return topic
    } catch {
      throw .notOpened(JournalError(error))
    }
  }
}
