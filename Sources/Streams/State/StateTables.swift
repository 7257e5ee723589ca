// SPDX-License-Identifier: Apache-2.0

/// The tables of a state that were written entry by entry.
final class StateTables: Sendable {
  private let entries: [UInt32: [StateTable.Entry]]

  /// Takes the entries of the tables that are still there.
  init(_ parts: [StatePart], of numbers: Set<UInt32>) {
    var entries: [UInt32: [StateTable.Entry]] = [:]
    for part in parts {
      guard let value = part.value, part.key.count > StateTable.Entry.headCount else { continue }
      let table = StateKey.table(of: part.key)
      guard let table, table.kind == StateKey.entry, numbers.contains(table.number) else {
        continue
      }
      entries[table.number, default: []].append(StateTable.Entry(name: part.key, value: value))
    }
    self.entries = entries
  }

  func table(_ number: UInt32) -> StateTable {
    StateTable(number: number, entries: entries[number] ?? [])
  }
}

/// A table that was written entry by entry.
struct StateTable: Sendable {
  /// An entry as it was written.
  struct Entry: Sendable {
    /// The bytes of a name before the key.
    static let headCount = 6
    fileprivate let name: [UInt8]
    fileprivate let value: [UInt8]

    fileprivate init(name: [UInt8], value: [UInt8]) {
      (self.name, self.value) = (name, value)
    }

    /// What reads the key, and the value behind it.
    ///
    /// - Throws: ``StateError`` if they are damaged.
    fileprivate func open() throws(StateError) -> (key: StateDecoder, value: StateDecoder) {
      var value = StateDecoder(value)
      if name[Self.headCount - 1] == 0 {
        return (StateDecoder(name, from: Self.headCount), value)
      }
      return (StateDecoder(Array(try value.readBytes())), value)
    }
  }

  /// Names the table among those of its pipeline.
  let number: UInt32
  fileprivate let entries: [Entry]

  /// Reads the entries in the order of the number with which the value of each begins.
  ///
  /// - Parameters:
  ///   - type: What the keys are.
  ///   - body: Is given the key, the number, and what reads the rest of the value, all of it.
  /// - Throws: What `body` throws, or ``StateError`` if an entry is damaged.
  func forEach<Key>(
    _ type: Key.Type,
    _ body: (Key, UInt64, inout StateDecoder) throws(StateError) -> Void
  ) throws(StateError) {
    // Little is moved by sorting; what reads an entry is made anew.
    var ordered: [(order: UInt64, index: Int)] = []
    ordered.reserveCapacity(entries.count)
    for index in entries.indices {
      var value = try entries[index].open().value
      ordered.append((try value.readUInt64(), index))
    }
    ordered.sort { $0.order < $1.order }
    var former: UInt64?
    for (order, index) in ordered {
      if order == former { throw .malformed(at: 0, expected: "entries one after the other") }
      former = order
      var (key, value) = try entries[index].open()
      _ = try value.readUInt64()
      try body(try key.decode(Key.self), order, &value)
      guard key.remaining == 0, value.remaining == 0 else {
        throw .malformed(at: value.index, expected: "the end of an entry")
      }
    }
  }
}

extension StateDecoder {
  /// Reads the entries of a table, which stand here or elsewhere, each by its key.
  ///
  /// - Parameters:
  ///   - type: What the keys are.
  ///   - body: Is given each key, the number by which the entries are ordered where they stand
  ///     elsewhere, and what reads the value, all of it.
  /// - Returns: What knows that nothing has changed in the table since; `nil` if it stood here.
  /// - Throws: What `body` throws, or ``StateError``.
  package mutating func readEntries<Key: Sendable>(
    of type: Key.Type,
    _ body: (Key, UInt64?, inout StateDecoder) throws(StateError) -> Void
  ) throws(StateError) -> TableTracker<Key>? {
    if let table = try readTable() {
      try table.forEach(type, body)
      return TableTracker(table.number, isWhole: false)
    }
    for _ in 0..<(try readCount()) { try body(try decode(Key.self), nil, &self) }
    return nil
  }

  /// Begins with a table, if its entries stand elsewhere; else its count is what is read next.
  private mutating func readTable() throws(StateError) -> StateTable? {
    var ahead = self
    guard try ahead.readUInt64() == StateEncoder.tableMark else { return nil }
    let number = try UInt32(from: &ahead)
    guard let tables else { throw .malformed(at: index, expected: "a table") }
    self = ahead
    return tables.table(number)
  }
}
