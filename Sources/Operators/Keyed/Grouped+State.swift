// SPDX-License-Identifier: Apache-2.0
public import Streams

// What groups write into a checkpoint, and what they have counted.
extension Grouped {
  /// Writes the keys and the states of their operators, and what is still to be told.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("grouped") { encoder throws(StateError) in
      try watermark.encode(into: &encoder)
      encoder.write(UInt64(task.rawValue))
      try encoder.encode(held)
      encoder.write(serials)
      encoder.write(current < 0 ? UInt64.max : groups.slots[current].value.serial)
      try groups.encode(into: &encoder) { group, encoder throws(StateError) in
        encoder.write(group.serial)
        encoder.write(UInt64(group.closing.rawValue))
        try group.leaves.encode(into: &encoder)
        try group.chain.encode(into: &encoder)
      }
      try encode(deadlines, into: &encoder)
      try encode(wanted, into: &encoder)
    }
  }

  /// Writes the instant of each group, from the one that was silent longest on.
  private func encode(
    _ heap: SlotHeap,
    into encoder: inout StateEncoder
  ) throws(StateError) {
    var slot = groups.first
    while slot >= 0 {
      try heap.instant(of: slot).encode(into: &encoder)
      slot = groups.slots[slot].next
    }
  }

  /// Reads the keys and the states of their operators, and what is still to be told.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("grouped") { decoder, _ throws(StateError) in
      watermark = try Timestamp(from: &decoder)
      let index = decoder.index
      guard let task = GroupTask(rawValue: try UInt8(from: &decoder)) else {
        throw .malformed(at: index, expected: "what is told to groups")
      }
      self.task = task
      held = try decoder.decode(Input?.self)
      serials = try decoder.readUInt64()
      let serial = try decoder.readUInt64()
      let inner = inner
      try groups.restore(from: &decoder) { decoder throws(StateError) in
        try Self.readGroup(from: &decoder, inner)
      }
      current = groups.slots.firstIndex { $0.value.serial == serial } ?? -1
      deadlines = try readHeap(from: &decoder)
      wanted = try readHeap(from: &decoder)
    }
    if inner.nextWatermark <= watermark, watermark > .distantPast {
      inner.advance(to: watermark, at: .distantPast) { _ in }
    }
  }

  private static func readGroup(
    from decoder: inout StateDecoder,
    _ inner: Inner
  ) throws(StateError) -> Group {
    var group = Group(chain: inner, serial: try decoder.readUInt64())
    let index = decoder.index
    guard let closing = GroupClosing(rawValue: try UInt8(from: &decoder)) else {
      throw .malformed(at: index, expected: "how far a group is closed")
    }
    group.closing = closing
    group.leaves = try Bool(from: &decoder)
    try group.chain.restore(from: &decoder)
    return group
  }

  /// Reads an instant for each group; they stand in the order of their slots.
  private func readHeap(from decoder: inout StateDecoder) throws(StateError) -> SlotHeap {
    var heap = SlotHeap()
    for slot in groups.slots.indices {
      let serial = groups.slots[slot].value.serial
      heap.set(slot, serial: serial, to: try Timestamp(from: &decoder))
    }
    return heap
  }

  /// The stage `grouped`: keys that were `idle` too long or `evicted`; elements `rejected`, or of a
  /// key that had `ended`; `keys` kept now.
  public var stages: [StageStatistics] {
    [
      StageStatistics(
        "grouped",
        [
          "idle": counts.idle, "evicted": counts.evicted, "rejected": counts.rejected,
          "ended": counts.ended, "keys": UInt64(groups.count),
        ]
      )
    ]
  }
}
