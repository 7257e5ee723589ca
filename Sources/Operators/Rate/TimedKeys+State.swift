// SPDX-License-Identifier: Apache-2.0
import Streams

// What an operator's keys write into a checkpoint, in the order in which they will be due.
extension TimedKeys {
  func encode(
    into encoder: inout StateEncoder,
    _ write: (Value, inout StateEncoder) throws(StateError) -> Void
  ) throws(StateError) {
    try reached.encode(into: &encoder)
    try isClosing.encode(into: &encoder)
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
    for _ in 0..<(try decoder.readCount()) {
      let index = decoder.index
      let key = try decoder.decode(Key.self)
      guard slot(of: key) == nil else { throw .malformed(at: index, expected: "another key") }
      let deadline = try Timestamp(from: &decoder)
      insert(key, try read(&decoder), until: deadline)
    }
  }
}
