// SPDX-License-Identifier: Apache-2.0
public import Streams

extension EventLog {
  /// Makes a topic that has never had an entry begin at an offset; blocks.
  ///
  /// - Parameters:
  ///   - topic: The topic, opened before.
  ///   - offset: The offset that its first entry gets, at least 1.
  /// - Returns: The topic as it is now.
  /// - Throws: ``StorageError``: `exists` if the topic has had entries or marks, `exhausted` if there
  ///   is no such offset, or the disk refuses. Nothing was changed.
  public func begin(
    _ topic: StoredTopic,
    at offset: Offset
  ) throws(StorageError) -> StoredTopic {
    precondition(offset > 0, "offsets begin at 1")
    return try wait { completion throws(StorageError) in
      try visit(
        { writer throws(StorageError) in try writer.begin(topic.id, at: offset) },
        completion: completion
      )
    }
  }
}

extension LogWriter {
  fileprivate func begin(_ id: TopicID, at offset: Offset) throws(StorageError) -> StoredTopic {
    guard var topic = topics[id] else { throw refusal(.unknown(what: "topic"), "begin topic") }
    guard topic.nextOffset == 1, topic.nextMark == 1 else {
      throw refusal(.exists, "begin topic")
    }
    guard offset <= RowNumber.maximumOffset else {
      throw refusal(.exhausted(what: "offsets of a topic"), "begin topic")
    }
    (topic.firstOffset, topic.nextOffset) = (offset, offset)
    // Its table has missed nothing: there was nothing.
    topic.table?.through = offset - 1
    do throws(StorageError) {
      let database = try connected()
      try synchronize(true, database)
      let transaction = try Transaction(writing: database)
      try TopicRow.update(topic, database)
      if let table = topic.table { try TableRow.update(table, of: id, database) }
      try transaction.commit()
    } catch {
      noteFailure(error)
      throw error
    }
    topics.update(topic)
    topics.keep { _ in }
    return topic
  }
}
