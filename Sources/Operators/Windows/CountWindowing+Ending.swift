// SPDX-License-Identifier: Apache-2.0
public import Streams

// How windows by number end before they are full, and what they write into a checkpoint.
extension CountWindowing {
  /// The next window that is not full; `nil` if it is another key's turn.
  @inlinable
  mutating func endNext(_ current: Ending) -> Output? {
    guard current.place < records.entries.count else {
      ending = nil
      records = KeyTable()
      return nil
    }
    let count = records.entries[current.place].value.count
    let start = max(current.start, firstOpen(count))
    guard records.entries[current.place].isLive, start < count,
      let value = rest(of: current.place, from: start)
    else {
      ending = Ending(place: current.place + 1)
      return nil
    }
    ending = Ending(place: current.place, start: start + windows.every)
    ledger.fired += 1
    return result(records.entries[current.place].key, value, isFinal: true)
  }

  /// What a window that is not full has so far.
  @inlinable
  mutating func rest(of place: Int, from start: Int) -> SpannedAggregate<Value>? {
    if windows.isTumbling { return records.entries[place].value.stack.lone }
    return records.entries[place].value.stack.value(from: Int64(start), to: .max)
  }

  /// Where the first window begins that is not full after so many elements.
  @inlinable
  func firstOpen(_ count: Int) -> Int {
    count < windows.size ? 0 : ((count - windows.size) / windows.every + 1) * windows.every
  }

  /// Lets the key leave that has been known longest: its first window that is not full fires early.
  @usableFromInline
  mutating func evictOldest() {
    guard let place = records.findOldest() else { return }
    let count = records.entries[place].value.count
    if let value = rest(of: place, from: firstOpen(count)) {
      leaving.append(
        LeavingWindow(
          start: value.first,
          end: value.last.addingClamped(1),
          key: records.entries[place].key,
          slot: WindowSlot(value.value)
        )
      )
    }
    ledger.evicted += 1
    records.entries[place].value = Record(empty)
    records.remove(at: place)
    records.compactIfDue()
  }

  /// Writes the windows that are not full, and what waits to be given out.
  public mutating func encode(into encoder: inout StateEncoder) throws(StateError) {
    let isTumbling = windows.isTumbling
    try encoder.section("count window") { encoder throws(StateError) in
      try records.encode(into: &encoder) { record, encoder throws(StateError) in
        encoder.write(UInt64(record.count))
        if isTumbling {
          try record.stack.lone.encode(into: &encoder)
        } else {
          try record.stack.encode(into: &encoder)
        }
      }
      encoder.write(UInt64(leaving.count))
      for window in leaving { try window.encode(into: &encoder) }
      encoder.write(UInt64(ending == nil ? 0 : 1))
      guard let ending else { return }
      encoder.write(UInt64(records.rank(of: ending.place)))
      encoder.write(UInt64(ending.start))
    }
  }

  /// Reads the windows that were not full.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    let (empty, isTumbling) = (empty, windows.isTumbling)
    try decoder.section("count window") { decoder, _ throws(StateError) in
      try records.restore(from: &decoder) { decoder throws(StateError) in
        var record = Record(empty)
        record.count = try decoder.readPlace()
        if isTumbling {
          try record.stack.lone.restore(from: &decoder)
        } else {
          record.stack = try PaneStack(empty, from: &decoder)
        }
        return record
      }
      for _ in 0..<(try decoder.readCount()) {
        leaving.append(try LeavingWindow(empty.value, from: &decoder))
      }
      if try Bool(from: &decoder) {
        ending = Ending(place: try decoder.readPlace(), start: try decoder.readPlace())
      }
    }
  }
}
