// SPDX-License-Identifier: Apache-2.0
public import Streams

// What windows that share panes write into a checkpoint.
extension SharedWindowing {
  @usableFromInline
  mutating func encode(into encoder: inout StateEncoder) throws(StateError) {
    for number in [watermark, nextWatermark.milliseconds, keptFrom, firedThrough, nextEnd] {
      encoder.write(number)
    }
    try encoder.encode(starts)
    try records.encode(into: &encoder) { record, encoder throws(StateError) in
      try record.stack.encode(into: &encoder)
      encoder.write(UInt64(record.revisions.count))
      for revision in record.revisions {
        encoder.write(revision.end)
        encoder.write(UInt64(revision.number))
      }
    }
    try encoder.encode(&totals) { value, encoder throws(StateError) in
      try value.encode(into: &encoder)
    }
    try encodePending(into: &encoder)
  }

  private func encodePending(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(UInt64(asked.count))
    for next in asked {
      encoder.write(next.end)
      encoder.write(UInt64(records.rank(of: next.place)))
      encoder.write(UInt64(next.revision))
    }
    encoder.write(UInt64(leaving.count))
    for window in leaving { try window.encode(into: &encoder) }
    encoder.write(UInt64(sweep == nil ? 0 : 1))
    guard let sweep else { return }
    encoder.write(sweep.end)
    encoder.write(sweep.former)
    encoder.write(UInt64(records.rank(of: sweep.place)))
  }

  @usableFromInline
  mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    let empty = empty
    watermark = try decoder.readInt64()
    nextWatermark = Timestamp(milliseconds: try decoder.readInt64())
    keptFrom = try decoder.readInt64()
    firedThrough = try decoder.readInt64()
    nextEnd = try decoder.readInt64()
    starts = try [Int64](from: &decoder)
    try records.restore(from: &decoder) { decoder throws(StateError) in
      var record = Record(try PaneStack(empty, from: &decoder))
      for _ in 0..<(try decoder.readCount()) {
        record.revisions.append((try decoder.readInt64(), try decoder.readPlace()))
      }
      return record
    }
    entryCount = records.entries.reduce(0) { $0 + $1.value.stack.count }
    var sums = KeyTable<Key, Value>()
    try sums.restore(from: &decoder) { decoder throws(StateError) in
      var value = empty
      try value.restore(from: &decoder)
      return value
    }
    if totals != nil { totals = sums }
    try restorePending(from: &decoder)
    isPending = sweep != nil || !asked.isEmpty || !leaving.isEmpty
  }

  private mutating func restorePending(from decoder: inout StateDecoder) throws(StateError) {
    for _ in 0..<(try decoder.readCount()) {
      let index = decoder.index
      let end = try decoder.readInt64()
      let place = try decoder.readPlace()
      guard records.entries.indices.contains(place) else {
        throw .malformed(at: index, expected: "a window that fires")
      }
      asked.append(Asked(end: end, place: place, revision: try decoder.readPlace()))
    }
    for _ in 0..<(try decoder.readCount()) {
      leaving.append(try LeavingWindow(empty, from: &decoder))
    }
    guard try Bool(from: &decoder) else { return }
    let index = decoder.index
    var current = Sweep(end: try decoder.readInt64(), former: try decoder.readInt64())
    current.place = try decoder.readPlace()
    guard current.place >= 0 else { throw .malformed(at: index, expected: "a place") }
    sweep = current
  }
}
