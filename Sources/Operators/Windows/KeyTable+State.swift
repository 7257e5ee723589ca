// SPDX-License-Identifier: Apache-2.0
public import Streams

// What a table writes into a checkpoint: each key and its value, in order; where it has many keys, by
// entry, so that only what has changed is written.
extension KeyTable {
  /// Writes each key and what `write` makes of its value.
  @usableFromInline
  mutating func encode(
    into encoder: inout StateEncoder,
    _ write: (inout Value, inout StateEncoder) throws(StateError) -> Void
  ) throws(StateError) {
    let table = try encoder.beginTable(&tracker, count: count, end: entries.count)
    guard let table else {
      encoder.write(UInt64(count))
      for place in entries.indices where entries[place].isLive {
        try encoder.encode(entries[place].key)
        try write(&entries[place].value, &encoder)
      }
      return
    }
    for place in table.places where entries[place].isLive {
      let key = entries[place].key
      try encoder.writeEntry(of: table.number, key) { encoder throws(StateError) in
        encoder.write(UInt64(place))
        try write(&entries[place].value, &encoder)
      }
    }
  }

  /// Reads what was written; the table must be empty.
  @usableFromInline
  mutating func restore(
    from decoder: inout StateDecoder,
    _ read: (inout StateDecoder) throws(StateError) -> Value
  ) throws(StateError) {
    var hasGaps = false
    tracker = try decoder.readEntries(of: Key.self) { key, place, decoder throws(StateError) in
      guard find(key) == nil else {
        throw .malformed(at: decoder.index, expected: "another key")
      }
      if let place, place != UInt64(entries.count) { hasGaps = true }
      _ = insert(key, try read(&decoder))
    }
    if hasGaps { tracker?.noteAll() }
  }
}

extension StateEncoder {
  /// Writes a table; one that is not there as an empty one.
  mutating func encode<Key: Hashable & Sendable, Value: Sendable>(
    _ table: inout KeyTable<Key, Value>?,
    _ write: (inout Value, inout StateEncoder) throws(StateError) -> Void
  ) throws(StateError) {
    if table == nil { self.write(UInt64(0)) } else { try table?.encode(into: &self, write) }
  }
}
