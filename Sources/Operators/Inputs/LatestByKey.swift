// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The newest value of each key, bounded: a table as an operator keeps it.
@usableFromInline
struct LatestByKey<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  @usableFromInline let limit: JoinLimit
  /// The keys in the order in which they were set last.
  @usableFromInline var entries = RecentKeys<Key, Value>()
  /// Keys that have gone, or were not taken in, since there was no room.
  @usableFromInline var dropped: UInt64 = 0

  @usableFromInline
  init(limit: JoinLimit) {
    self.limit = limit
  }

  /// The number of keys.
  var count: Int { entries.count }

  @inlinable
  subscript(key: Key) -> Value? {
    guard let slot = entries.slot(of: key) else { return nil }
    return entries.slots[slot].value
  }

  /// Gives a key a value, or lets it go.
  @inlinable
  mutating func set(_ value: Value?, of key: Key) {
    let slot = entries.slot(of: key)
    guard let value else {
      if let slot { entries.remove(slot) }
      return
    }
    if let slot {
      entries.slots[slot].value = value
      entries.touch(slot, at: .distantPast)
      return
    }
    if entries.count >= limit.count {
      dropped += 1
      guard limit.overflow == .evict else { return }
      entries.remove(entries.first)
    }
    _ = entries.insert(key, value, at: .distantPast)
  }

  func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(UInt64(entries.count))
    var index = entries.first
    while index >= 0 {
      let slot = entries.slots[index]
      index = slot.next
      try encoder.encode(slot.key)
      try encoder.encode(slot.value)
    }
  }

  mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    for _ in 0..<(try decoder.readCount()) {
      let key = try decoder.decode(Key.self)
      set(try decoder.decode(Value.self), of: key)
    }
  }
}
