// SPDX-License-Identifier: Apache-2.0

/// What is stored of a pipeline's state, as far as it must be known to store only what changes.
///
/// What is written as one is kept in parts of one size, which are compared; of tables that are written
/// entry by entry only their numbers are.
struct StateImage {
  private var parts: [[UInt8]] = []
  /// The parts, when the commit that was prepared is stored.
  private var nextParts: [[UInt8]] = []
  /// The tables of which entries are stored, or will be.
  private var tables: Set<UInt32> = []
  private var nextTable: UInt32 = 1
  /// Changes of tables that commits which failed should have stored.
  private var owed: [StatePart] = []
  /// What tells of all the others, as it is stored, and when the commit that was prepared is.
  private var header: [UInt8]?
  private var nextHeader: [UInt8]?

  init() {}

  /// What was stored, in the order of the names.
  ///
  /// - Throws: ``StateError`` if it is damaged.
  init(_ stored: [StatePart]) throws(StateError) {
    parts = stored.filter { $0.key.count == 4 }.compactMap(\.value)
    nextParts = parts
    header = stored.first { $0.key == StateKey.header }?.value
    guard let header else { return }
    var decoder = StateDecoder(header)
    try decoder.section("state", version: 2) { decoder, version throws(StateError) in
      // The first version numbered the commits.
      if version == 1 { _ = try decoder.readUInt64() }
      nextTable = try UInt32(from: &decoder)
      tables = Set(try [UInt32](from: &decoder))
    }
  }

  /// What reads the state; `nil` if there is none.
  ///
  /// - Parameter stored: What the image was made of.
  /// - Returns: The decoder.
  func decoder(of stored: [StatePart]) -> StateDecoder? {
    guard !parts.isEmpty else { return nil }
    return StateDecoder(parts.flatMap { $0 }, tables: StateTables(stored, of: tables))
  }

  /// What writes the next state.
  ///
  /// - Parameter leastTableKeys: The keys from which on a table is written entry by entry.
  /// - Returns: The encoder.
  func makeEncoder(leastTableKeys: Int = CheckpointLimits.leastTableKeys) -> StateEncoder {
    var encoder = StateEncoder()
    encoder.tables = TableWriter(next: nextTable, leastKeys: leastTableKeys)
    return encoder
  }

  /// Prepares a commit.
  ///
  /// - Parameter encoder: What has written the next state.
  /// - Returns: The parts that are to be stored: what has changed since the last commit that was.
  /// - Throws: ``StateError``.
  mutating func prepare(_ encoder: StateEncoder) throws(StateError) -> [StatePart] {
    var changes = changeParts(to: encoder.bytes)
    takeTables(of: encoder)
    let header = try makeHeader()
    nextHeader = header
    if header != self.header { changes.append(StatePart(StateKey.header, header)) }
    return changes + owed
  }

  /// Hears that the commit that was prepared is stored.
  mutating func settle() {
    (parts, header) = (nextParts, nextHeader)
    owed = []
  }

  private func makeHeader() throws(StateError) -> [UInt8] {
    var encoder = StateEncoder()
    try encoder.section("state", version: 2) { encoder throws(StateError) in
      encoder.write(UInt64(nextTable))
      try encoder.encode(tables.sorted())
    }
    return encoder.bytes
  }

  private mutating func changeParts(to bytes: [UInt8]) -> [StatePart] {
    var changes: [StatePart] = []
    let size = CheckpointLimits.partBytes
    let count = (bytes.count + size - 1) / size
    nextParts = parts
    for index in 0..<count {
      let range = index * size..<min(bytes.count, (index + 1) * size)
      if index < parts.count, parts[index].elementsEqual(bytes[range]) { continue }
      let part = Array(bytes[range])
      if index < parts.count { nextParts[index] = part } else { nextParts.append(part) }
      changes.append(StatePart(StateKey.part(index), part))
    }
    for index in count..<max(count, parts.count) {
      changes.append(StatePart(StateKey.part(index), nil))
    }
    nextParts.removeLast(nextParts.count - count)
    return changes
  }

  /// Takes over what has changed in tables, and which of them are gone.
  private mutating func takeTables(of encoder: StateEncoder) {
    guard let writer = encoder.tables else { return }
    let isOwing = !owed.isEmpty
    owed += writer.parts
    let gone = tables.subtracting(writer.numbers).sorted()
    owed += gone.map { StatePart(StateKey.dropped($0), []) }
    (tables, nextTable) = (Set(writer.numbers), writer.next)
    if isOwing { owed = Self.newest(owed) }
  }

  /// Of each part the newest change.
  private static func newest(_ changes: [StatePart]) -> [StatePart] {
    var names = Set<[UInt8]>()
    return changes.reversed().filter { names.insert($0.key).inserted }.reversed()
  }
}
