// SPDX-License-Identifier: Apache-2.0
import Streams

// What an operator's keys write into a checkpoint, in the order in which they will be due; where there
// are many, by entry, so that only what has changed is written.
extension TimedKeys {
  mutating func encode(
    into encoder: inout StateEncoder,
    _ write: (Value, inout StateEncoder) throws(StateError) -> Void
  ) throws(StateError) {
    try reached.encode(into: &encoder)
    try isClosing.encode(into: &encoder)
    let table = try encoder.beginTable(&tracker, count: count, end: slots.count)
    guard let table else { return try encodeWhole(into: &encoder, write) }
    for place in table.places {
      guard let slot = slots[place] else { continue }
      try encoder.writeEntry(of: table.number, slot.key) { encoder throws(StateError) in
        encoder.write(slot.turn)
        try slot.deadline.encode(into: &encoder)
        try write(slot.value, &encoder)
      }
    }
  }

  private func encodeWhole(
    into encoder: inout StateEncoder,
    _ write: (Value, inout StateEncoder) throws(StateError) -> Void
  ) throws(StateError) {
    let ordered = slots.compactMap { $0 }.sorted { left, right in
      (left.deadline, left.turn) < (right.deadline, right.turn)
    }
    encoder.write(UInt64(ordered.count))
    for slot in ordered {
      try encoder.encode(slot.key)
      try slot.deadline.encode(into: &encoder)
      try write(slot.value, &encoder)
    }
  }

  mutating func restore(
    from decoder: inout StateDecoder,
    _ read: (inout StateDecoder) throws(StateError) -> Value
  ) throws(StateError) {
    reached = try Timestamp(from: &decoder)
    isClosing = try Bool(from: &decoder)
    tracker = try decoder.readEntries(of: Key.self) { key, turn, decoder throws(StateError) in
      guard slot(of: key) == nil else {
        throw .malformed(at: decoder.index, expected: "another key")
      }
      if let turn { turns = turn }
      let deadline = try Timestamp(from: &decoder)
      insert(key, try read(&decoder), until: deadline)
    }
  }
}
