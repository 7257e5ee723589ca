// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Names a cursor within its database.
public struct CursorID: Hashable, Sendable {
  let rawValue: Int64
}

/// A place in a topic: behind an entry of one life of its log.
public struct CursorPlace: Hashable, Sendable {
  /// The life.
  public var epoch: Epoch
  /// The offset of the last entry that is done with; 0 before the first.
  public var offset: Offset

  /// Names a place.
  public init(_ epoch: Epoch, _ offset: Offset) {
    (self.epoch, self.offset) = (epoch, offset)
  }
}

/// How far a named consumer has got in a topic, over restarts.
///
/// It holds neither publishers nor retention back: what retention deleted meanwhile is told as a gap.
public struct StoredCursor: Hashable, Sendable {
  /// Its number.
  public let id: CursorID
  /// The consumer; it has at most one cursor in a topic.
  public let name: String
  /// The topic's name, of this store or not.
  public let topic: String
  /// Where it stands.
  public var place: CursorPlace
  /// When it was moved last; before that, when it was made.
  public var moved: Timestamp
  /// When it was opened or moved last.
  public var used: Timestamp
  /// After how long without use it goes; `nil` is never.
  public let lifetime: Duration?

  /// Whether it was not used for too long.
  func isExpired(now: Timestamp) -> Bool {
    lifetime.map { used + $0 < now } ?? false
  }
}

/// Where a cursor goes.
public struct CursorMove: Hashable, Sendable {
  /// The cursor, opened before.
  public var cursor: CursorID
  /// Its new place; also one before the former.
  public var place: CursorPlace
  /// When.
  public var instant: Timestamp

  /// Makes a move.
  public init(_ cursor: CursorID, to place: CursorPlace, at instant: Timestamp) {
    (self.cursor, self.place, self.instant) = (cursor, place, instant)
  }
}

/// What a cursor is opened with.
public struct CursorRequest: Hashable, Sendable {
  /// Thirty days.
  public static let defaultLifetime = Duration.seconds(30 * 86_400)

  /// The consumer, 1 to 255 bytes.
  public var name: String
  /// The topic's name, 1 to 255 bytes.
  public var topic: String
  /// Where it begins if it is not there.
  public var start: CursorPlace
  /// After how long without use it goes; `nil` is never; default 30 days.
  ///
  /// A cursor that is there keeps its own.
  public var lifetime: Duration?

  /// Makes a request.
  public init(
    _ name: String,
    topic: String,
    startingAt start: CursorPlace,
    lifetime: Duration? = defaultLifetime
  ) {
    precondition(lifetime.map { $0 > .zero } ?? true, "a cursor lives for some time")
    (self.name, self.topic, self.start, self.lifetime) = (name, topic, start, lifetime)
  }
}

/// A cursor that was opened.
public struct OpenedCursor: Hashable, Sendable {
  /// The cursor as it is.
  public let cursor: StoredCursor
  /// Whether it was there before; one that had expired was not.
  public let wasThere: Bool
}

/// A cursor beside the topic that it stands in.
public struct CursorStanding: Hashable, Sendable {
  /// The cursor.
  public let cursor: StoredCursor
  /// The entries that it has to go; `nil` if this store has no topic of that name.
  public let lag: UInt64?
  /// What of them retention has deleted.
  public let gap: Gap?
  /// Whether the topic's log has begun another life since: then the lag is all it keeps.
  public let isOfFormerLife: Bool

  init(_ cursor: StoredCursor, _ topic: StoredTopic?) {
    self.cursor = cursor
    isOfFormerLife = topic.map { $0.epoch != cursor.place.epoch } ?? false
    if let topic, !isOfFormerLife {
      let next = cursor.place.offset + 1
      lag = next < topic.nextOffset ? topic.nextOffset - next : 0
      gap = next < topic.firstOffset ? Gap(from: next, to: topic.firstOffset - 1) : nil
    } else {
      (lag, gap) = (topic?.count, nil)
    }
  }
}
