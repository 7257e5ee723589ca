// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Reads a topic from beginning to end in short transactions, with constant memory.
///
/// It ends where the topic ended when it began. What retention deletes meanwhile is told as a gap.
public struct TopicExport {
  /// An entry or a mark, in the order of the topic.
  public enum Record: Hashable, Sendable {
    /// An entry.
    case entry(StoredEntry)
    /// A mark; it stands behind an entry, or before the first.
    case mark(StoredMark)
  }

  /// What one read gives.
  public struct Part: Sendable {
    /// Entries that are not kept any more, in front of the records.
    public var gap: Gap?
    /// The records.
    public var records: [Record]
  }

  /// The topic as it was when the export began, up to the last entry that is wanted.
  public let topic: StoredTopic
  /// The first offset that is wanted and was kept when it began.
  public let start: Offset
  private let reader: StoreReader
  private var request: ReadRequest
  private var isOver: Bool

  /// Begins an export; nothing is read yet.
  ///
  /// - Parameters:
  ///   - topic: The topic, as the reader gave it.
  ///   - reader: Who reads.
  ///   - after: The offset behind which it begins; 0 for the oldest that is kept.
  ///   - through: The last offset that is wanted.
  public init(
    _ topic: StoredTopic,
    _ reader: StoreReader,
    after: Offset = 0,
    through: Offset = .max
  ) {
    var topic = topic
    if through < topic.nextOffset { topic.nextOffset = max(topic.firstOffset, through + 1) }
    self.topic = topic
    start = max(topic.firstOffset, after == .max ? after : after + 1)
    self.reader = reader
    // Behind the newest entry there is nothing, not even an offset to ask for.
    isOver = after >= topic.nextOffset
    request = ReadRequest(topic, after: isOver ? 0 : after)
  }

  /// The next records; `nil` when all were given.
  ///
  /// - Throws: ``StorageError``; with reason `damaged` names entries that follow directly.
  public mutating func next() throws(StorageError) -> Part? {
    guard !isOver else { return nil }
    let batch = try reader.read(request)
    guard !batch.entries.isEmpty || !batch.marks.isEmpty || batch.gap != nil else {
      isOver = true
      return nil
    }
    let end = max(request.after, batch.gap?.to ?? 0)
    request.after = batch.entries.last?.offset ?? end
    if let mark = batch.marks.last { request.firstMark = mark.number + 1 }
    return Part(gap: batch.gap, records: Self.merge(batch))
  }

  /// Puts each mark behind its entry.
  private static func merge(_ batch: StoredBatch) -> [Record] {
    var records: [Record] = []
    records.reserveCapacity(batch.entries.count + batch.marks.count)
    var marks = batch.marks[...]
    for entry in batch.entries {
      while let mark = marks.first, mark.after < entry.offset {
        records.append(.mark(mark))
        marks.removeFirst()
      }
      records.append(.entry(entry))
    }
    return records + marks.map(Record.mark)
  }
}
