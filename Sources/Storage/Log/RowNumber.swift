// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// Names a topic within its database.
public struct TopicID: Hashable, Sendable {
  let rawValue: Int64
}

/// The number of a row that belongs to a topic: the topic's in the upper bits, then the row's own.
///
/// So all rows of a topic lie together, in order, and are found by one number.
enum RowNumber {
  /// The bits of an offset: 17 million million entries of a topic.
  private static let offsetBits: Int64 = 44
  /// The greatest offset.
  static let maximumOffset = Offset(1) << Offset(offsetBits) - 1
  /// The greatest number of a topic.
  static let maximumTopic = Int64(1) << (63 - offsetBits) - 1

  static func make(_ topic: TopicID, _ offset: Offset) -> Int64 {
    topic.rawValue << offsetBits | Int64(min(offset, maximumOffset))
  }

  static func topic(_ number: Int64) -> TopicID { TopicID(rawValue: number >> offsetBits) }

  static func offset(_ number: Int64) -> Offset {
    Offset(bitPattern: number) & maximumOffset
  }
}

/// How the payload of an entry is stored.
enum EntryFormat {
  /// The bytes that the caller gave, as they are; a later version may have others.
  static let verbatim: Int64 = 1
  /// What an entry takes on disk beside its payload, about; counted in limits of bytes.
  static let overheadBytes: Int64 = 48

  /// What an entry counts for in limits of bytes.
  static func weight(_ payload: Int) -> Int64 { Int64(payload) + overheadBytes }
}
