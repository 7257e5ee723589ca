// SPDX-License-Identifier: Apache-2.0
import Streams

// What the keys of an operator write into a checkpoint, from the one that was silent longest on.
extension RecentKeys {
  func encode(
    into encoder: inout StateEncoder,
    _ write: (Value, inout StateEncoder) throws(StateError) -> Void
  ) throws(StateError) {
    encoder.write(UInt64(count))
    var index = first
    while index >= 0 {
      let slot = slots[index]
      index = slot.next
      try encoder.encode(slot.key)
      try slot.touched.encode(into: &encoder)
      try write(slot.value, &encoder)
    }
  }

  mutating func restore(
    from decoder: inout StateDecoder,
    _ read: (inout StateDecoder) throws(StateError) -> Value
  ) throws(StateError) {
    removeAll()
    for _ in 0..<(try decoder.readCount()) {
      let index = decoder.index
      let key = try decoder.decode(Key.self)
      guard slot(of: key) == nil else { throw .malformed(at: index, expected: "another key") }
      let touched = try Timestamp(from: &decoder)
      _ = insert(key, try read(&decoder), at: touched)
    }
  }
}
