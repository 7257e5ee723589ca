// SPDX-License-Identifier: Apache-2.0
public import Streams

/// A topic as it is on disk at one moment.
public struct StoredTopic: Hashable, Sendable {
  /// Its number.
  public let id: TopicID
  /// The name it is known by.
  public let name: String
  /// The life of its log.
  public var epoch: Epoch
  /// What it keeps.
  public var rules: StorageRules
  /// The oldest offset that is kept; `nextOffset` when nothing is.
  public var firstOffset: Offset = 1
  /// The offset that the next entry gets.
  public var nextOffset: Offset = 1
  /// The number of the oldest mark that is kept.
  public var firstMark: UInt64 = 1
  /// The number that the next mark gets.
  public var nextMark: UInt64 = 1
  /// No later entry or mark is appended before this instant.
  public var appended: Timestamp
  /// The lives of its log that this one has taken over, the oldest first; at most 16.
  public internal(set) var formerLives: [FormerLife] = []
  /// What the kept entries, and the rows of its table, count for in limits of bytes.
  public var bytes: Int64 { endPosition - firstPosition + tableBytes }
  /// What of that the rows of its table do; of a damaged table it is not known, and nothing.
  public var tableBytes: Int64 {
    guard let table, table.isIntact else { return 0 }
    return max(0, table.bytes)
  }
  /// The keys of its table; `nil` if it has none.
  public var tableCount: Int64? { table.flatMap { $0.isDiscarded ? nil : $0.count } }
  /// The number of entries that are kept.
  public var count: UInt64 { nextOffset - firstOffset }

  /// What all entries before the first kept one counted for, since the topic was made.
  var firstPosition: Int64 = 0
  /// What all entries counted for.
  var endPosition: Int64 = 0
  /// The instant of the oldest entry that is kept.
  var firstAppended = Timestamp.never
  /// Its table, if it has one.
  var table: StoredTable?

  /// Whether it never had an entry or a mark.
  var isUnused: Bool { nextOffset == 1 && nextMark == 1 }

  /// Whether its rules say that something has to go.
  func isOverdue(storeExcess: Int64) -> Bool {
    if let count = rules.maximumCount, self.count > count + rules.countSlack { return true }
    if nextMark - firstMark > StorageLimits.marksPerTopic { return true }
    guard rules.atLimit == .dropOldest else { return false }
    return count > 0 && (bytes > rules.maximumBytes || storeExcess > 0)
  }

  /// Whether its oldest entry is too old.
  func isAged(now: Timestamp) -> Bool {
    guard let age = rules.maximumAge else { return false }
    return count > 0 && firstAppended < max(now, appended) - age
  }
}
