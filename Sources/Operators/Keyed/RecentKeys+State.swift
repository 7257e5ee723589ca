// SPDX-License-Identifier: Apache-2.0
import Streams

// What the keys of an operator write into a checkpoint, from the one that was silent longest on; where
// there are many, by entry, so that only what has changed is written.
extension RecentKeys {
  mutating func encode(
    into encoder: inout StateEncoder,
    _ write: (Int, inout Value, inout StateEncoder) throws(StateError) -> Void
  ) throws(StateError) {
    let table = try encoder.beginTable(&tracker, count: count, end: slots.count)
    guard let table else { return try encodeWhole(into: &encoder, write) }
    for slot in table.places {
      let (key, turn, touched) = (slots[slot].key, slots[slot].turn, slots[slot].touched)
      try encoder.writeEntry(of: table.number, key) { encoder throws(StateError) in
        encoder.write(turn)
        try touched.encode(into: &encoder)
        try write(slot, &slots[slot].value, &encoder)
      }
    }
  }

  private mutating func encodeWhole(
    into encoder: inout StateEncoder,
    _ write: (Int, inout Value, inout StateEncoder) throws(StateError) -> Void
  ) throws(StateError) {
    encoder.write(UInt64(count))
    var slot = first
    while slot >= 0 {
      try encoder.encode(slots[slot].key)
      try slots[slot].touched.encode(into: &encoder)
      try write(slot, &slots[slot].value, &encoder)
      slot = slots[slot].next
    }
  }

  mutating func restore(
    from decoder: inout StateDecoder,
    _ read: (inout StateDecoder) throws(StateError) -> Value
  ) throws(StateError) {
    removeAll()
    tracker = try decoder.readEntries(of: Key.self) { key, turn, decoder throws(StateError) in
      guard slot(of: key) == nil else {
        throw .malformed(at: decoder.index, expected: "another key")
      }
      if let turn { turns = turn }
      let touched = try Timestamp(from: &decoder)
      _ = insert(key, try read(&decoder), at: touched)
    }
  }
}
