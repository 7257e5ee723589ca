// SPDX-License-Identifier: Apache-2.0
internal import Streams

extension EventLog {
  /// Opens all topics that are stored, with these rules from now on; waits for the disk.
  ///
  /// - Parameter rules: What the topic of a name keeps; `nil` leaves it with the default limits and
  ///   as durable as it was.
  /// - Returns: The topics as they are, by name.
  /// - Throws: ``StorageError``.
  public func takeUpTopics(
    _ rules: @escaping @Sendable (String) -> StorageRules?
  ) throws(StorageError) -> [StoredTopic] {
    let known = try wait { answer throws(StorageError) in
      try visit(
        { writer in
          for var topic in writer.topics.all {
            let synchronous = topic.rules.synchronous
            topic.rules = rules(topic.name) ?? topic.rules
            // That one is on disk, and changed there below.
            topic.rules.synchronous = synchronous
            writer.topics.update(topic)
          }
          // They may hold more than the rules allow.
          writer.noteCommitted()
          return writer.topics.all.sorted { $0.name < $1.name }
        },
        completion: answer
      )
    }
    var topics: [StoredTopic] = []
    for topic in known {
      guard let wanted = rules(topic.name), wanted.synchronous != topic.rules.synchronous else {
        topics.append(topic)
        continue
      }
      topics.append(
        try wait { answer throws(StorageError) in
          try openTopic(topic.name, wanted, completion: answer)
        }
      )
    }
    return topics
  }
}
