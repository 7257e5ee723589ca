// SPDX-License-Identifier: Apache-2.0

/// The tables of a pipeline's state that are written entry by entry.
struct TableWriter: Sendable {
  /// The number of the next new table.
  var next: UInt32
  /// The keys from which on a table is written entry by entry.
  let leastKeys: Int
  /// The tables of the state that is stored.
  let named: Set<UInt32>
  /// What an entry of each table has taken, on average.
  var entryBytes: [UInt32: Int]
  /// How much of tables that are not named is written at a time, about.
  let commitBytes: Int
  /// How much of tables that are named may change; one is written anew where more has.
  let changeBytes: Int

  /// Those that were written, in order.
  private(set) var numbers: [UInt32] = []
  /// What has changed in those that are named.
  private(set) var changes: [StatePart] = []
  /// What has been written of the others.
  private(set) var ahead: [StatePart] = []
  private var changedBytes = 0
  private var aheadBytes = 0
  /// Whether there is more to write of those.
  var isPartial = false
  /// The entries and bytes of the table that is being written.
  private var written = (count: 0, bytes: 0)

  init(
    next: UInt32,
    leastKeys: Int,
    named: Set<UInt32>,
    entryBytes: [UInt32: Int],
    commitBytes: Int,
    changeBytes: Int
  ) {
    (self.next, self.leastKeys, self.named, self.entryBytes) = (next, leastKeys, named, entryBytes)
    (self.commitBytes, self.changeBytes) = (commitBytes, changeBytes)
  }

  mutating func makeNumber() -> UInt32 {
    defer { next += 1 }
    return next
  }

  mutating func open(_ number: UInt32) {
    numbers.append(number)
    written = (0, 0)
  }

  /// Whether so many changes are too much for the commit of the state.
  func isTooMuch(_ count: Int, of number: UInt32) -> Bool {
    let room = max(0, changeBytes - changedBytes) / bytes(of: number)
    return named.contains(number) && count > max(1, room)
  }

  /// How many entries may be written now.
  func room(of number: UInt32) -> Int {
    if named.contains(number) { return .max }
    let room = max(0, commitBytes - aheadBytes) / bytes(of: number)
    // However large they are, one goes on its way each time.
    return aheadBytes == 0 ? max(1, room) : room
  }

  /// What an entry takes; before one was written it is taken to be large.
  private func bytes(of number: UInt32) -> Int { entryBytes[number] ?? 8 << 10 }

  mutating func add(_ part: StatePart, of number: UInt32) {
    let bytes = part.key.count + (part.value?.count ?? 0)
    if part.value != nil {
      written = (written.count + 1, written.bytes + bytes)
      entryBytes[number] = max(1, written.bytes / written.count)
    }
    if named.contains(number) {
      changedBytes += bytes
      return changes.append(part)
    }
    aheadBytes += bytes
    ahead.append(part)
  }
}

// Tables with many keys: where what is stored is kept, only the entries that have changed are
// written, each under its key.
extension StateEncoder {
  /// What stands in the place of a table's count if its entries stand elsewhere.
  static let tableMark = UInt64.max

  /// Begins with a table; what has changed in it is to be written by ``writeEntry(of:_:_:)``.
  ///
  /// - Parameters:
  ///   - tracker: What knows the changes; set and taken away here.
  ///   - count: The keys of the table.
  ///   - end: Behind the last place of an entry.
  /// - Returns: The table's number and the places of entries that are to be written, if they are
  ///   there; `nil` if the table is to be written as a whole, its count first.
  /// - Throws: ``StateError``.
  package mutating func beginTable<Key: Sendable>(
    _ tracker: inout TableTracker<Key>?,
    count: Int,
    end: Int
  ) throws(StateError) -> (number: UInt32, places: [Int])? {
    try Self.check(Key.self)
    // An entry is found again by its key as it was written.
    guard var writer = tables, StateForm(of: Key.self) == .own,
      tracker != nil || count >= writer.leastKeys
    else {
      tracker = nil
      return nil
    }
    tables = nil
    var current = tracker ?? TableTracker(writer.makeNumber(), isWhole: true)
    let isTooMuch = writer.isTooMuch(current.changeCount(below: end), of: current.number)
    if current.startsAnew || isTooMuch {
      let former = writer.entryBytes[current.number]
      current = TableTracker(writer.makeNumber(), isWhole: true)
      writer.entryBytes[current.number] = former
    }
    writer.open(current.number)
    let (removed, places) = current.take(below: end, atMost: writer.room(of: current.number))
    writer.isPartial = writer.isPartial || current.isWhole
    tracker = current
    for key in removed {
      let name = StateKey.entry(current.number, try encodeKey(key)).name
      writer.add(StatePart(name, nil), of: current.number)
    }
    write(Self.tableMark)
    write(UInt64(current.number))
    tables = writer
    return (current.number, places)
  }

  /// Writes an entry of a table.
  ///
  /// - Parameters:
  ///   - number: The table's.
  ///   - key: The entry's key.
  ///   - body: Writes its value.
  /// - Throws: ``StateError``.
  package mutating func writeEntry<Key: Sendable>(
    of number: UInt32,
    _ key: Key,
    _ body: (inout StateEncoder) throws(StateError) -> Void
  ) throws(StateError) {
    let key = try encodeKey(key)
    let (name, holdsKey) = StateKey.entry(number, key)
    var entry = StateEncoder(limit: limit)
    if !holdsKey { entry.write(bytes: key) }
    try body(&entry)
    let most = min(limit, CheckpointLimits.entryBytes)
    if entry.bytes.count > most { throw .tooLarge(limit: most) }
    tables?.add(StatePart(name, entry.bytes), of: number)
  }

  private func encodeKey<Key>(_ key: Key) throws(StateError) -> [UInt8] {
    var encoder = StateEncoder(limit: limit)
    try encoder.encode(key)
    return encoder.bytes
  }
}
