// SPDX-License-Identifier: Apache-2.0

/// What is stored of a pipeline's state, as far as it must be known to store only what changes.
///
/// What is written as one is kept in parts of one size, which are compared; of tables that are written
/// entry by entry only their numbers are.
///
/// What is too much for one commit is written ahead of it: entries of a table, or parts, which the state
/// that is stored does not name. Only the last commit names them, so it makes all of them count; those
/// of a commit that never came are dropped by the next life.
struct StateImage {
  private var parts: [[UInt8]] = []
  /// The parts, when the commits that were prepared are stored.
  private var nextParts: [[UInt8]] = []
  /// How many parts may be stored under the names that the header does not mean.
  private var strayParts = 0
  /// What the header says, as it is stored.
  private var header: StateHeader?
  /// The same when the commits that were prepared are stored; `nil` if they are all ahead of it.
  private var nextHeader: StateHeader?
  /// The tables of which entries are stored, or will be.
  private var tables: Set<UInt32> = []
  private var nextTable: UInt32 = 1
  /// What an entry of each table has taken, on average.
  private var entryBytes: [UInt32: Int] = [:]
  /// What is to be stored with the next state, also because commits failed that should have.
  private var owed: [StatePart] = []
  /// The same for what may be stored before that.
  private var ahead: [StatePart] = []

  init() {}

  /// What was stored, in the order of the names.
  ///
  /// - Throws: ``StateError`` if it is damaged.
  init(_ stored: [StatePart]) throws(StateError) {
    if let bytes = stored.first(where: { $0.key == StateKey.header })?.value {
      header = try StateHeader(bytes)
    }
    let named = header ?? StateHeader()
    tables = named.tables
    nextTable = named.nextTable
    var strays = Set<UInt32>()
    for part in stored {
      if let index = StateKey.index(of: part.key) {
        if index.isMoved != named.isMoved {
          strayParts = max(strayParts, index.index + 1)
        } else if let value = part.value {
          parts.append(value)
        }
      } else if let table = StateKey.table(of: part.key) {
        nextTable = max(nextTable, table.number + 1)
        if table.kind == StateKey.entry, !tables.contains(table.number) {
          strays.insert(table.number)
        }
      }
    }
    entryBytes = Self.entryBytes(of: stored)
    nextParts = parts
    owed += strays.sorted().map { StatePart(StateKey.dropped($0), []) }
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
  /// - Parameters:
  ///   - leastTableKeys: The keys from which on a table is written entry by entry.
  ///   - commitBytes: How much of a table that is new one commit takes, about.
  ///   - changeBytes: How much of a table that is stored changes in one commit at most; where more has
  ///     changed the table is written anew.
  /// - Returns: The encoder.
  func makeEncoder(
    leastTableKeys: Int = CheckpointLimits.leastTableKeys,
    commitBytes: Int = CheckpointLimits.commitBytes,
    changeBytes: Int = CheckpointLimits.changeBytes
  ) -> StateEncoder {
    var encoder = StateEncoder()
    encoder.tables = TableWriter(
      next: nextTable,
      leastKeys: leastTableKeys,
      named: header?.tables ?? [],
      entryBytes: entryBytes,
      commitBytes: commitBytes,
      changeBytes: changeBytes
    )
    return encoder
  }

  /// Whether the commits that were prepared are all ahead of the state, of which more is to be written.
  var isAhead: Bool { nextHeader == nil }

  /// Prepares commits, to be stored one after the other.
  ///
  /// - Parameters:
  ///   - encoder: What has written the next state, or as much of it as one commit takes.
  ///   - changeBytes: How much of what is written as one changes in one commit at most; where more has,
  ///     all of it is written anew.
  /// - Returns: For each the parts that are to be stored: what has changed since the last commit that
  ///   was. What counts is in the last one.
  /// - Throws: ``StateError``.
  mutating func prepare(
    _ encoder: StateEncoder,
    changeBytes: Int = CheckpointLimits.changeBytes
  ) throws(StateError) -> [[StatePart]] {
    takeTables(of: encoder)
    if encoder.tables?.isPartial == true {
      nextHeader = nil
      return [ahead]
    }
    let wasMoved = header?.isMoved ?? false
    var changes = changeParts(to: encoder.bytes, isMoved: wasMoved)
    var commits: [[StatePart]] = []
    var next = StateHeader(tables: tables, nextTable: nextTable, isMoved: wasMoved)
    if changes.reduce(0, { $0 + ($1.value?.count ?? 0) }) > changeBytes {
      next.isMoved = !wasMoved
      commits = moveParts(isMoved: next.isMoved, changeBytes)
      changes = parts.indices.map { StatePart(StateKey.part($0, isMoved: wasMoved), nil) }
    }
    let kept = next.isMoved == wasMoved ? 0 : nextParts.count
    for index in kept..<max(kept, strayParts) {
      changes.append(StatePart(StateKey.part(index, isMoved: !wasMoved), nil))
    }
    strayParts = max(strayParts, kept)
    nextHeader = next
    if next != header {
      changes.append(StatePart(StateKey.header, try next.encoded()))
    }
    return commits + [changes + ahead + owed]
  }

  /// Hears that the commits that were prepared are stored.
  mutating func settle() {
    ahead = []
    guard let nextHeader else { return }
    (parts, header) = (nextParts, nextHeader)
    (owed, strayParts) = ([], 0)
  }

  // MARK: What is written as one

  private mutating func changeParts(to bytes: [UInt8], isMoved: Bool) -> [StatePart] {
    var changes: [StatePart] = []
    let size = CheckpointLimits.partBytes
    let count = (bytes.count + size - 1) / size
    nextParts = parts
    for index in 0..<count {
      let range = index * size..<min(bytes.count, (index + 1) * size)
      if index < parts.count, parts[index].elementsEqual(bytes[range]) { continue }
      let part = Array(bytes[range])
      if index < parts.count { nextParts[index] = part } else { nextParts.append(part) }
      changes.append(StatePart(StateKey.part(index, isMoved: isMoved), part))
    }
    for index in count..<max(count, parts.count) {
      changes.append(StatePart(StateKey.part(index, isMoved: isMoved), nil))
    }
    nextParts.removeLast(nextParts.count - count)
    return changes
  }

  /// All parts under names that the state which is stored does not use.
  private func moveParts(isMoved: Bool, _ commitBytes: Int) -> [[StatePart]] {
    let step = max(1, commitBytes / CheckpointLimits.partBytes)
    return stride(from: 0, to: nextParts.count, by: step).map { start in
      (start..<min(nextParts.count, start + step)).map { index in
        StatePart(StateKey.part(index, isMoved: isMoved), nextParts[index])
      }
    }
  }

  // MARK: Tables

  private static func entryBytes(of stored: [StatePart]) -> [UInt32: Int] {
    var sums: [UInt32: (count: Int, bytes: Int)] = [:]
    for part in stored {
      guard let table = StateKey.table(of: part.key), let value = part.value else { continue }
      let sum = sums[table.number] ?? (0, 0)
      sums[table.number] = (sum.count + 1, sum.bytes + part.key.count + value.count)
    }
    return sums.mapValues { $0.bytes / $0.count }
  }

  /// Takes over what has changed in tables, and which of them are gone.
  private mutating func takeTables(of encoder: StateEncoder) {
    guard let writer = encoder.tables else { return }
    let isOwing = !owed.isEmpty
    ahead += writer.ahead
    owed += writer.changes
    nextTable = writer.next
    tables.formUnion(writer.numbers)
    entryBytes = writer.entryBytes
    guard !writer.isPartial else { return }
    let gone = tables.subtracting(writer.numbers).sorted()
    owed += gone.map { StatePart(StateKey.dropped($0), []) }
    tables = Set(writer.numbers)
    entryBytes = entryBytes.filter { tables.contains($0.key) }
    if isOwing { owed = Self.newest(owed) }
  }

  /// Of each part the newest change.
  private static func newest(_ changes: [StatePart]) -> [StatePart] {
    var names = Set<[UInt8]>()
    return changes.reversed().filter { names.insert($0.key).inserted }.reversed()
  }
}
