// SPDX-License-Identifier: Apache-2.0
public import Streams

// What sessions write into a checkpoint.
extension SessionWindowing {
  /// Writes the open sessions, and what waits to be given out.
  public mutating func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("session window") { encoder throws(StateError) in
      encoder.write(watermark)
      encoder.write(tick.milliseconds)
      encoder.write(store.opened)
      try store.encode(into: &encoder)
      encoder.write(UInt64(asked.count - answered))
      for next in asked[answered...] { encoder.write(next.number) }
      encoder.write(UInt64(leaving.count))
      for window in leaving { try window.encode(into: &encoder) }
    }
  }

  /// Reads the sessions that were open.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("session window") { decoder, _ throws(StateError) in
      watermark = try decoder.readInt64()
      tick = Timestamp(milliseconds: try decoder.readInt64())
      store.opened = try decoder.readUInt64()
      let tracker = try decoder.readEntries(of: UInt64.self) {
        number,
        order,
        decoder throws(StateError) in
        // Elsewhere it begins with its number, as it does here.
        if order != nil { _ = try decoder.readUInt64() }
        try restoreSession(number, from: &decoder)
      }
      store.tracker = tracker
      for _ in 0..<(try decoder.readCount()) {
        let number = try decoder.readUInt64()
        // One that was evicted meanwhile is not here, and is not given out.
        guard let place = store.sessions.firstIndex(where: { $0.number == number }) else {
          continue
        }
        ask(place)
      }
      for _ in 0..<(try decoder.readCount()) {
        leaving.append(try LeavingWindow(empty, from: &decoder))
      }
      settle()
    }
  }

  private mutating func restoreSession(
    _ number: UInt64,
    from decoder: inout StateDecoder
  ) throws(StateError) {
    let place = decoder.index
    var session = try Session<Key, Value>(number, empty, seed: store.seed, from: &decoder)
    guard session.number < store.opened,
      store.sessions.last.map({ $0.number < session.number }) ?? true
    else { throw .malformed(at: place, expected: "a later session") }
    session.next = store.newest(of: session.key, session.hash)
    let timer = session.timer
    setTimer(store.put(session), timer)
  }
}

extension SessionStore {
  /// Writes the open sessions, in the order in which they opened; many one by one, by their numbers.
  mutating func encode(into encoder: inout StateEncoder) throws(StateError) {
    let table = try encoder.beginTable(&tracker, count: count, end: sessions.count)
    guard let table else {
      let live = sessions.filter(\.isLive).sorted { $0.number < $1.number }
      encoder.write(UInt64(live.count))
      for session in live { try session.encode(into: &encoder) }
      return
    }
    for place in table.places where sessions[place].isLive {
      let session = sessions[place]
      try encoder.writeEntry(of: table.number, session.number) { encoder throws(StateError) in
        encoder.write(session.number)
        try session.encode(into: &encoder)
      }
    }
  }
}

extension Session {
  func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(number)
    try encoder.encode(key)
    for instant in [start, end, timer] { encoder.write(instant) }
    encoder.write(UInt64((isPast ? 1 : 0) + (hasTold ? 2 : 0)))
    encoder.write(UInt64(replaced.count))
    for range in replaced {
      encoder.write(range.lowerBound)
      encoder.write(range.upperBound)
    }
    try slot.encode(into: &encoder)
  }

  init(
    _ number: UInt64,
    _ empty: Value,
    seed: UInt64,
    from decoder: inout StateDecoder
  ) throws(StateError) {
    self.number = number
    key = try decoder.decode(Key.self)
    hash = windowHash(key, seed: seed)
    start = try decoder.readInt64()
    end = try decoder.readInt64()
    guard start < end else { throw .malformed(at: decoder.index, expected: "a session") }
    timer = try decoder.readInt64()
    let flags = try decoder.readUInt64()
    isPast = flags & 1 != 0
    hasTold = flags & 2 != 0
    for _ in 0..<(try decoder.readCount()) {
      let index = decoder.index
      let (lower, upper) = (try decoder.readInt64(), try decoder.readInt64())
      guard lower <= upper else { throw .malformed(at: index, expected: "a window") }
      replaced.append(lower..<upper)
    }
    slot = try WindowSlot(empty, from: &decoder)
  }
}
