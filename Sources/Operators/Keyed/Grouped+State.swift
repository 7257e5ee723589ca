// SPDX-License-Identifier: Apache-2.0
public import Streams

// What groups write into a checkpoint, and what they have counted.
extension Grouped {
  /// Writes the keys and the states of their operators, and what is still to be told.
  public mutating func encode(into encoder: inout StateEncoder) throws(StateError) {
    let (deadlines, wanted) = (deadlines, wanted)
    if groups.count == 0 {
      // Whether a group could be stored, of which there is none yet.
      var (probe, scratch) = (inner, StateEncoder())
      try probe.encode(into: &scratch)
    }
    try encoder.section("grouped", version: 2) { encoder throws(StateError) in
      try watermark.encode(into: &encoder)
      encoder.write(UInt64(task.rawValue))
      try encoder.encode(held)
      encoder.write(serials)
      encoder.write(current < 0 ? UInt64.max : groups.slots[current].value.serial)
      try groups.encode(into: &encoder) { slot, group, encoder throws(StateError) in
        try deadlines.instant(of: slot).encode(into: &encoder)
        try wanted.instant(of: slot).encode(into: &encoder)
        encoder.write(group.serial)
        encoder.write(UInt64(group.closing.rawValue))
        try group.leaves.encode(into: &encoder)
        try group.chain.encode(into: &encoder)
      }
    }
  }

  /// Reads the keys and the states of their operators, and what is still to be told.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("grouped", version: 2) { decoder, version throws(StateError) in
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
      var instants: [(deadline: Timestamp, wanted: Timestamp)] = []
      try groups.restore(from: &decoder) { decoder throws(StateError) in
        if version > 1 {
          instants.append((try Timestamp(from: &decoder), try Timestamp(from: &decoder)))
        }
        return try Self.readGroup(from: &decoder, inner)
      }
      current = groups.slots.firstIndex { $0.value.serial == serial } ?? -1
      if version == 1 { instants = try readInstants(from: &decoder) }
      for slot in groups.slots.indices {
        let serial = groups.slots[slot].value.serial
        deadlines.set(slot, serial: serial, to: instants[slot].deadline)
        wanted.set(slot, serial: serial, to: instants[slot].wanted)
      }
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

  /// Reads what the first version wrote behind the groups: all deadlines, then all watermarks.
  private func readInstants(
    from decoder: inout StateDecoder
  ) throws(StateError) -> [(deadline: Timestamp, wanted: Timestamp)] {
    var deadlines: [Timestamp] = []
    for _ in groups.slots { deadlines.append(try Timestamp(from: &decoder)) }
    var instants: [(deadline: Timestamp, wanted: Timestamp)] = []
    for deadline in deadlines { instants.append((deadline, try Timestamp(from: &decoder))) }
    return instants
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
