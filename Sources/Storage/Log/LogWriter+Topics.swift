// SPDX-License-Identifier: Apache-2.0
internal import Streams

extension LogWriter {
  /// The topic of a name, made if there is none; it has these rules from now on.
  func openTopic(
    _ name: String,
    _ rules: StorageRules,
    epoch: Epoch?,
    _ database: Database
  ) throws(StorageError) -> StoredTopic {
    try checkName(name, "open topic")
    guard var topic = topics[name] else {
      let made = StoredTopic(
        id: try freeTopicID(),
        name: name,
        epoch: epoch ?? Epoch(),
        rules: rules,
        appended: .distantPast
      )
      try TopicRow.insert(made, database)
      topics.insert(made)
      return made
    }
    if topic.rules.synchronous != rules.synchronous {
      try TopicRow.update(rules.synchronous, of: topic.id, database)
    }
    topic.rules = rules
    topics.update(topic)
    return topic
  }

  /// A number that no topic has: the next, or, when there have been very many, one that is free again.
  private func freeTopicID() throws(StorageError) -> TopicID {
    if topics.newest < RowNumber.maximumTopic { return TopicID(rawValue: topics.newest + 1) }
    let gone = Set(try discarded(try connected()).topics)
    let free = (1...RowNumber.maximumTopic).first {
      topics[TopicID(rawValue: $0)] == nil && !gone.contains(TopicID(rawValue: $0))
    }
    guard let free else { throw refusal(.exhausted(what: "topics"), "open topic") }
    return TopicID(rawValue: free)
  }

  /// Deletes a topic: nobody sees it any more, and what it has goes bit by bit.
  func deleteTopic(_ id: TopicID, _ database: Database) throws(StorageError) {
    guard let cell = topics.cell(id) else { throw refusal(.unknown(what: "topic"), "delete topic") }
    try buffer.flush(database)
    try discard(cell, database)
  }
}
