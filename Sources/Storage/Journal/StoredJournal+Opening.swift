// SPDX-License-Identifier: Apache-2.0
public import Streams
internal import Synchronization

// What has to be there before anything can be appended: the topic, and its table if it is one.
extension StoredJournal {
  /// Lets appends wait from now on until the topic's table is open; they are refused if it can't be.
  ///
  /// So the table sees every entry at once, and judges it: one that was opened later could have missed
  /// what retention has deleted meanwhile.
  public func requireTable(_ open: @escaping @Sendable () async -> JournalError?) {
    state.withLock { state in
      state.openTable = open
      // What waits already does so for a table too, or for the topic of one.
      if case .open = state.stage { state.stage = .unopened }
    }
  }

  /// Opens the topic, or the table that it has to have, for what waits.
  ///
  /// - Returns: Why that can't be tried.
  func open(_ openTable: TableOpener?) -> JournalError? {
    if let openTable {
      Task { self.settleOpening(await openTable()) }
      return nil
    }
    do throws(StorageError) {
      try log.openTopic(name, rules, epoch: epoch) { result in
        switch result {
        case .success(let topic):
          self.takeUp(topic)
          self.settleOpening(nil)
        case .failure(let error): self.settleOpening(JournalError(error))
        }
      }
      return nil
    } catch {
      return JournalError(error)
    }
  }

  /// Takes up a topic that was opened; appends that wait for it come by themselves.
  func takeUp(_ topic: StoredTopic) {
    let isNew = state.withLock { state in
      guard state.topic == nil else { return false }
      state.topic = topic
      if case .unopened = state.stage, state.openTable == nil { state.stage = .open(topic.id) }
      return true
    }
    if isNew { noteStored(self) }
  }

  /// Appends what waits, or refuses it.
  private func settleOpening(_ error: JournalError?) {
    var refused: [(WaitingCommit, JournalError)] = []
    state.withLock { state in
      guard case .opening(let waiting) = state.stage else { return }
      guard error == nil, let topic = state.topic else {
        state.stage = .unopened
        let reason = error ?? JournalError(.unavailable, "the topic '\(name)' is not stored")
        refused = waiting.commits.map { ($0, reason) }
        return
      }
      state.stage = .open(topic.id)
      // Under the lock, so that nothing overtakes them.
      for commit in waiting.commits {
        if let refusal = submit(commit, to: topic.id) { refused.append((commit, refusal)) }
      }
    }
    for (waiting, error) in refused {
      for side in waiting.commit.sides { side.completion(.failure(error)) }
      waiting.completion(.failure(error))
    }
  }
}
