// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// What a topic had before an import, to compare with what comes.
struct KnownRecords {
  private let topic: StoredTopic
  private let log: EventLog
  private var batch = StoredBatch()
  /// Marks behind the last entry that were not met yet; `nil` before they were counted.
  private var marksLeft: Int?

  init(_ topic: StoredTopic, _ log: EventLog) {
    self.topic = topic
    self.log = log
  }

  /// Whether the topic has had entries or marks.
  var isAny: Bool { topic.nextOffset > 1 || topic.nextMark > 1 }

  /// The first offset that it did not have.
  var nextOffset: Offset { topic.nextOffset }

  /// Compares an entry with the one of its offset; one that retention has deleted is no other.
  mutating func compare(
    _ payload: [UInt8],
    _ offset: Offset,
    _ appended: Timestamp
  ) throws(TopicImport.Refusal) {
    guard offset >= topic.firstOffset else { return }
    if !holds(offset) { batch = try read(ReadRequest(topic, after: offset - 1)) }
    guard holds(offset), let first = batch.entries.first else { throw .different(offset) }
    let entry = batch.entries[Int(offset - first.offset)]
    guard entry.payload == payload, entry.appended == appended else { throw .different(offset) }
  }

  private func holds(_ offset: Offset) -> Bool {
    guard let first = batch.entries.first, let last = batch.entries.last else { return false }
    return first.offset...last.offset ~= offset
  }

  /// Tells whether a mark behind that offset is there, and counts it as met.
  ///
  /// A mark has no number of its own in an export. Those behind earlier entries were stored before
  /// what follows them; of those behind the last one, as many are there as there are.
  mutating func has(
    markAfter offset: Offset
  ) throws(TopicImport.Refusal) -> Bool {
    guard isAny, offset < topic.nextOffset else { return false }
    guard offset + 1 == topic.nextOffset else { return true }
    if marksLeft == nil { marksLeft = try countMarks() }
    guard let left = marksLeft, left > 0 else { return false }
    marksLeft = left - 1
    return true
  }

  private func countMarks() throws(TopicImport.Refusal) -> Int {
    var request = ReadRequest(topic, after: topic.nextOffset - 1)
    var count = 0
    while true {
      let marks = try read(request).marks
      guard let end = marks.last else { return count }
      count += marks.count
      request.firstMark = end.number + 1
    }
  }

  private func read(
    _ request: ReadRequest
  ) throws(TopicImport.Refusal) -> StoredBatch {
    do {
      return try log.wait { completion throws(StorageError) in
        try log.read(request, completion: completion)
      }
    } catch {
      throw .storage(error)
    }
  }
}
