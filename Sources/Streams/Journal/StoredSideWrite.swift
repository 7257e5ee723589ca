// SPDX-License-Identifier: Apache-2.0

/// Elements that leave a flow beside its output for a topic that has a journal: they can be stored in
/// the commit of the pipeline's output and state.
protocol StoredSideWrite: Sendable {
  /// The number of elements.
  var count: Int { get }
  /// What they count for in bytes.
  var bytes: Int { get }
  /// The topic's journal.
  var journal: any TopicJournal { get }

  /// Makes sure that the journal is there; suspends for the disk.
  nonisolated(nonsending) func prepare() async throws(JournalError)

  /// Takes a place in the topic.
  ///
  /// - Returns: What is to be stored. The completion of each must be called.
  /// - Throws: ``PublishError``; it has none.
  func hand() throws(PublishError) -> [SideAppend]
}

/// Elements for one topic.
private struct TopicSideWrite<Element: Sendable>: StoredSideWrite {
  let topic: Topic<Element>
  let store: any TopicJournal<Element>
  let elements: [Element]

  var count: Int { elements.count }
  var bytes: Int { topic.weigher.total(elements) }
  var journal: any TopicJournal { store }

  nonisolated(nonsending) func prepare() async throws(JournalError) {
    let outcome = OneShot<Result<Void, JournalError>>()
    try store.append(JournalCommit([])) { outcome.settle($0.map { _ in }) }
    try await outcome.value().get()
  }

  func hand() throws(PublishError) -> [SideAppend] {
    let parts = try topic.parts(of: CheckpointedWrite(elements: elements, marks: []), for: store)
    guard let instant = topic.handSides(parts.count) else { throw .closed }
    return parts.map { [topic] part in
      let append = JournalAppend(
        payloads: part.payloads,
        marks: [],
        appended: instant,
        key: nil
      )
      return SideAppend(journal: store, append: append) { topic.settleSide($0, part.write) }
    }
  }
}

extension FlowSink {
  /// The same elements as they are stored with a pipeline's output; `nil` if this is no topic with a
  /// journal.
  func storedWrite(_ elements: [Element]) -> (any StoredSideWrite)? {
    guard let topic = self as? Topic<Element>, let journal = topic.journal else { return nil }
    return TopicSideWrite(topic: topic, store: journal, elements: elements)
  }
}

extension Topic {
  /// Lets so many appends be stored that another journal's commit brings.
  ///
  /// - Returns: Their instant; `nil` if the topic is closed.
  fileprivate func handSides(_ count: Int) -> Timestamp? {
    let now = clock.now
    return state.withLock { state in
      guard state.closed == nil else { return nil }
      state.unstored += count
      state.floor = max(state.floor, now)
      return state.floor
    }
  }

  /// Takes what another journal's commit has stored.
  fileprivate func settleSide(
    _ result: Result<JournalReceipt, JournalError>,
    _ write: CheckpointedWrite<Element>
  ) {
    _ = settle(result.map { [$0] }) { state, receipts in state.take(write, receipts[0], weigher) }
  }
}
