// SPDX-License-Identifier: Apache-2.0
public import Streams

// What windows with aggregates of their own write into a checkpoint.
extension SlotWindowing {
  @usableFromInline
  mutating func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(watermark)
    encoder.write(nextWatermark.milliseconds)
    encoder.write(tick.milliseconds)
    encoder.write(UInt64(isTicking ? 1 : 0))
    encoder.write(filledThrough)
    encoder.write(UInt64(windows.count))
    for at in windows.indices {
      encoder.write(windows[at].end)
      encoder.write(UInt64((windows[at].isPast ? 1 : 0) + (windows[at].isClosed ? 2 : 0)))
      try windows[at].slots.encode(into: &encoder) { slot, encoder throws(StateError) in
        try slot.encode(into: &encoder)
      }
    }
    try encodePending(into: &encoder)
    try encoder.encode(&totals) { value, encoder throws(StateError) in
      try value.encode(into: &encoder)
    }
    try encoder.encode(&known) { end, encoder throws(StateError) in encoder.write(end) }
  }

  private func encodePending(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(UInt64(asked.count))
    for next in asked {
      encoder.write(next.end)
      encoder.write(UInt64(rank(of: next.place, inWindow: next.end)))
    }
    encoder.write(UInt64(leaving.count))
    for window in leaving { try window.encode(into: &encoder) }
    encoder.write(UInt64(sweep == nil ? 0 : 1))
    guard let sweep else { return }
    encoder.write(UInt64(sweep.kind.rawValue))
    encoder.write(sweep.end)
    encoder.write(UInt64(rank(of: sweep.place, inWindow: sweep.end)))
  }

  private func rank(of place: Int, inWindow end: Int64) -> Int {
    position(of: end).map { windows[$0].slots.rank(of: place) } ?? 0
  }

  @usableFromInline
  mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    let empty = empty
    watermark = try decoder.readInt64()
    nextWatermark = Timestamp(milliseconds: try decoder.readInt64())
    tick = Timestamp(milliseconds: try decoder.readInt64())
    isTicking = try Bool(from: &decoder)
    filledThrough = try decoder.readInt64()
    for _ in 0..<(try decoder.readCount()) { try restoreWindow(from: &decoder) }
    try restorePending(from: &decoder)
    var sums = KeyTable<Key, Value>()
    try sums.restore(from: &decoder) { decoder throws(StateError) in
      var value = empty
      try value.restore(from: &decoder)
      return value
    }
    if totals != nil { totals = sums }
    var ends = KeyTable<Key, Int64>()
    try ends.restore(from: &decoder) { decoder throws(StateError) in try decoder.readInt64() }
    if known != nil { known = ends }
    nextEnd = windows.first { !$0.isPast }?.end ?? .max
    isPending = sweep != nil || !asked.isEmpty || !leaving.isEmpty
  }

  private mutating func restoreWindow(from decoder: inout StateDecoder) throws(StateError) {
    let empty = empty
    let place = decoder.index
    let end = try decoder.readInt64()
    guard windows.last.map({ $0.end < end }) ?? true else {
      throw .malformed(at: place, expected: "a later window")
    }
    let start = grid.isGlobal ? Int64.min : end.subtractingClamped(grid.size)
    var window = Window(start: start, end: end)
    let flags = try decoder.readUInt64()
    window.isPast = flags & 1 != 0
    window.isClosed = flags & 2 != 0
    try window.slots.restore(from: &decoder) { decoder throws(StateError) in
      try WindowSlot(empty, from: &decoder)
    }
    entryCount += window.slots.count
    windows.append(window)
  }

  private mutating func restorePending(from decoder: inout StateDecoder) throws(StateError) {
    for _ in 0..<(try decoder.readCount()) {
      let index = decoder.index
      let end = try decoder.readInt64()
      let place = try decoder.readPlace()
      guard let at = position(of: end), place >= 0, place < windows[at].slots.entries.count else {
        throw .malformed(at: index, expected: "a window that fires")
      }
      asked.append(Asked(end: end, place: place))
    }
    for _ in 0..<(try decoder.readCount()) {
      leaving.append(try LeavingWindow(empty, from: &decoder))
    }
    guard try Bool(from: &decoder) else { return }
    let index = decoder.index
    guard let kind = Sweep.Kind(rawValue: try UInt8(from: &decoder)) else {
      throw .malformed(at: index, expected: "a kind of firing")
    }
    var current = Sweep(kind, end: try decoder.readInt64())
    current.place = try decoder.readPlace()
    guard current.place >= 0 else { throw .malformed(at: index, expected: "a place") }
    sweep = current
  }
}
