// SPDX-License-Identifier: Apache-2.0

/// The tables of a pipeline's state that are written entry by entry.
struct TableWriter: Sendable {
  /// The number of the next new table.
  var next: UInt32
  /// Those that were written, in order.
  private(set) var numbers: [UInt32] = []
  /// What has changed in them.
  private(set) var parts: [StatePart] = []
  private(set) var byteCount = 0
  /// The keys from which on a table is written entry by entry.
  let leastKeys: Int

  init(next: UInt32, leastKeys: Int) { (self.next, self.leastKeys) = (next, leastKeys) }

  mutating func makeNumber() -> UInt32 {
    defer { next += 1 }
    return next
  }

  mutating func open(_ number: UInt32) { numbers.append(number) }

  mutating func add(_ part: StatePart) {
    byteCount += part.key.count + (part.value?.count ?? 0)
    parts.append(part)
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
    if current.startsAnew { current = TableTracker(writer.makeNumber(), isWhole: true) }
    writer.open(current.number)
    let (removed, places) = current.take(below: end)
    tracker = current
    for key in removed {
      let name = StateKey.entry(current.number, try encodeKey(key)).name
      writer.add(StatePart(name, nil))
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
    tables?.add(StatePart(name, entry.bytes))
    if let tables, tables.byteCount > limit { throw .tooLarge(limit: limit) }
  }

  private func encodeKey<Key>(_ key: Key) throws(StateError) -> [UInt8] {
    var encoder = StateEncoder(limit: limit)
    try encoder.encode(key)
    return encoder.bytes
  }
}
