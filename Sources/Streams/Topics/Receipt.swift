// SPDX-License-Identifier: Apache-2.0

/// Where a publish was stored: consecutive offsets of one epoch.
public struct Receipt: Hashable, Sendable {
  /// The life of the log that these offsets belong to.
  public let epoch: Epoch
  /// The offset of the first element.
  public let firstOffset: Offset
  /// The offset of the last element.
  public let lastOffset: Offset
  /// The instant of all of these entries, as the topic gave it.
  public let appended: Timestamp
}

/// Why a publish was not stored; nothing of it is in the topic.
public enum PublishError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The topic has ended.
  case closed
  /// The elements are more than half of what the topic keeps.
  case tooLarge(maximumCount: Int, maximumBytes: Int)
  /// So many publishes wait for a lossless consumer that no further one may.
  case tooManyHeld(limit: Int)
  /// The publisher took it back, or its task was cancelled, before there was room.
  case withdrawn
  /// The key belongs to another publish, of so many elements and bytes.
  case keyReused(count: Int, bytes: Int)
  /// The idempotency key is empty or too long.
  case invalidKey(maximumBytes: Int)
  /// The topic's journal has not stored it, or its table does not take it.
  case notStored(JournalError)

  /// What happened and what helps.
  public var description: String {
    switch self {
    case .closed:
      "the topic is closed: its owner is done, or the server ends; publish to another, or when it is back"
    case .tooLarge(let count, let bytes):
      "one publish holds at most half of what the topic keeps: \(count) events and \(bytes) bytes"
    case .tooManyHeld(let limit):
      "\(limit) publishes wait for a slow consumer already; try again later"
    case .withdrawn:
      "the publish was withdrawn while a slow consumer held it back; nothing was stored"
    case .keyReused(let count, let bytes):
      "the key belongs to another publish, of \(count) events and \(bytes) bytes; use a new key"
    case .invalidKey(let maximumBytes):
      "an idempotency key has 1 to \(maximumBytes) bytes"
    case .notStored(let error): error.description
    }
  }
}

/// What became of an offered publish.
public enum Offer: Sendable {
  /// All elements are in the topic.
  case stored(Receipt)
  /// A lossless consumer has no room; the completion tells when there was.
  case held(HeldTicket)
  /// It can't be stored.
  case refused(PublishError)
}

/// Names a publish that waits, so that it can be withdrawn.
public struct HeldTicket: Hashable, Sendable {
  let id: UInt64
}

/// What a topic has counted since it was made.
public struct TopicStatistics: Hashable, Sendable {
  /// Entries appended.
  public var published: UInt64 = 0
  /// Publishes that had to wait for a lossless cursor, in all.
  public var heldPublishes: UInt64 = 0
  /// Elements of pipelines that were left out: too large for any publish.
  public var oversized: UInt64 = 0
  /// Publishes that had the key of an earlier one, and got its receipt or wait with it.
  public var repeatedPublishes: UInt64 = 0
  /// Keys of publishes that are remembered.
  public var rememberedKeys = 0
  /// Keys that went before their time, to make room for newer ones.
  public var displacedKeys: UInt64 = 0
  /// Callers whose publish waits now.
  public var waitingPublishes = 0
  /// How far the slowest lossless cursor is behind, in entries.
  public var heldLag: UInt64 = 0
  /// The oldest offset that is kept; `lastOffset + 1` when nothing is.
  public var firstOffset: Offset = 1
  /// The newest offset; 0 before the first entry.
  public var lastOffset: Offset = 0
  /// What the entries weigh that are kept in memory, in bytes.
  public var bytes = 0
  /// What the entries count for that a journal keeps, in bytes; 0 for a volatile topic.
  public var storedBytes: Int64 = 0
  /// Publishes and marks that the journal was handed and has not stored yet.
  public var unstoredPublishes = 0
  /// The greatest watermark that was set.
  public var watermark = Timestamp.distantPast

  /// The number of entries that are kept.
  public var count: Int { Int(lastOffset + 1 - firstOffset) }
}
