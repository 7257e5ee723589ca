// SPDX-License-Identifier: Apache-2.0
import Streams

/// The newest value of each key, bounded: a table as an operator keeps it.
@usableFromInline
struct LatestByKey<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  @usableFromInline
  struct Entry: Sendable {
    @usableFromInline var value: Value
    /// When it was set, counted in changes.
    @usableFromInline var turn: UInt64

    @inlinable
    init(value: Value, turn: UInt64) {
      self.value = value
      self.turn = turn
    }
  }

  @usableFromInline
  struct Change: Sendable {
    @usableFromInline let key: Key
    @usableFromInline let turn: UInt64

    @inlinable
    init(key: Key, turn: UInt64) {
      self.key = key
      self.turn = turn
    }
  }

  @usableFromInline let limit: JoinLimit
  @usableFromInline var entries: [Key: Entry] = [:]
  /// Changes in order; one is of no account if its key was changed again.
  @usableFromInline var changes = FrontQueue<Change>()
  @usableFromInline var turn: UInt64 = 0
  /// Keys that have gone, or were not taken in, since there was no room.
  @usableFromInline var dropped: UInt64 = 0

  @usableFromInline
  init(limit: JoinLimit) {
    self.limit = limit
  }

  @inlinable
  subscript(key: Key) -> Value? { entries[key]?.value }

  /// Gives a key a value, or lets it go.
  @inlinable
  mutating func set(_ value: Value?, of key: Key) {
    guard let value else {
      entries[key] = nil
      return
    }
    if entries[key] == nil, entries.count >= limit.count {
      dropped += 1
      guard limit.overflow == .evict else { return }
      evict()
    }
    turn += 1
    entries[key] = Entry(value: value, turn: turn)
    changes.append(Change(key: key, turn: turn))
    if changes.count > 2 * entries.count + 64 { compact() }
  }

  /// Lets the key go that was set the longest ago.
  @inlinable
  mutating func evict() {
    while let change = changes.popFirst() {
      guard entries[change.key]?.turn == change.turn else { continue }
      entries[change.key] = nil
      return
    }
  }

  @inlinable
  mutating func compact() {
    var kept = FrontQueue<Change>()
    for change in current { kept.append(change) }
    changes = kept
  }

  /// The last change of each key, in order.
  @inlinable var current: [Change] {
    changes.elements.filter { entries[$0.key]?.turn == $0.turn }
  }

  func encode(into encoder: inout StateEncoder) throws(StateError) {
    let current = current
    encoder.write(UInt64(current.count))
    for change in current {
      guard let entry = entries[change.key] else { continue }
      try encoder.encode(change.key)
      try encoder.encode(entry.value)
    }
  }

  mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    for _ in 0..<(try decoder.readCount()) {
      let key = try decoder.decode(Key.self)
      set(try decoder.decode(Value.self), of: key)
    }
  }
}
