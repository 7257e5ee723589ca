// SPDX-License-Identifier: Apache-2.0
import Streams

/// What the sessions of a loop wait for that is read from disk: once for all who stand at one place.
struct FrameLoads {
  /// What is read: a log, from an offset on.
  struct Key: Hashable, Sendable {
    let log: ObjectIdentifier
    let offset: Offset
  }

  /// Who waits; a cursor keeps its log alive, so no other can have the same identity.
  private var waiting: [Key: [(FanOutCursor, SessionID)]] = [:]

  /// Adds a cursor that waits; answers what to read, unless it is being read.
  mutating func add(_ cursor: FanOutCursor, of session: SessionID) -> Key? {
    let key = Key(log: ObjectIdentifier(cursor.log), offset: cursor.next)
    let isNew = waiting[key] == nil
    waiting[key, default: []].append((cursor, session))
    return isNew ? key : nil
  }

  /// Takes away those who waited.
  mutating func remove(_ key: Key) -> [(FanOutCursor, SessionID)] {
    waiting.removeValue(forKey: key) ?? []
  }
}
