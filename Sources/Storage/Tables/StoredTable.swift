// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// What is known of a topic's table on disk as a whole.
struct StoredTable: Hashable, Sendable {
  /// How the payloads of its topic are written.
  enum Form: Int64, Hashable, Sendable {
    /// As events.
    case events = 1
    /// As changes of a program's own types.
    case changes = 2
  }

  var form: Form
  /// What its keys are.
  var definition: String
  /// The newest offset that its rows take into account.
  var through: Offset
  /// How many rows there are.
  var count: Int64 = 0
  /// What they count for in limits of bytes.
  var bytes: Int64 = 0
  /// The sum of their checksums: so a row that is gone, or is there again, shows.
  var digest: Int64 = 0
  /// The newest offset by which rows have gone that no change says so of; 0 if none have.
  ///
  /// There were too many, or they were damaged. Who has rows from before can't go on with changes alone.
  var evictedAt: Offset = 0
  /// Whether nobody may use it any more: its rows are deleted bit by bit.
  var isDiscarded = false
  /// Whether this itself is what was stored.
  var isIntact = true

  /// Makes a table without rows, of which nothing is missed up to an offset.
  init(_ form: Form, _ definition: String, through: Offset) {
    (self.form, self.definition, self.through) = (form, definition, through)
  }

  /// The same before its rows are counted.
  var withoutRows: StoredTable {
    var table = StoredTable(form, definition, through: through)
    table.evictedAt = evictedAt
    return table
  }

  /// Takes note of a row that was written.
  mutating func add(checksum: Int64, payload count: Int) {
    self.count += 1
    bytes += EntryFormat.weight(count)
    digest &+= checksum
  }

  /// Takes note of a row that was deleted.
  mutating func remove(checksum: Int64, payload count: Int) {
    self.count -= 1
    bytes -= EntryFormat.weight(count)
    digest &-= checksum
  }
}

/// The rows of the table of tables.
enum TableRow {
  /// Gives topics their tables.
  static func complete(
    _ topics: inout [StoredTopic],
    _ database: Database
  ) throws(StorageError) {
    let all = try read(database)
    guard !all.isEmpty else { return }
    for index in topics.indices { topics[index].table = all[topics[index].id] }
  }

  /// All tables.
  static func read(_ database: Database) throws(StorageError) -> [TopicID: StoredTable] {
    var tables: [TopicID: StoredTable] = [:]
    var next: Int64 = 0
    while true {
      let rows = try database.rows(.readTables, next, 1_000) {
        (TopicID(rawValue: $0.int64(0)), table($0))
      }
      guard let last = rows.last else { return tables }
      for (topic, table) in rows { tables[topic] = table }
      guard last.0.rawValue >= next, last.0.rawValue < .max else { return tables }
      next = last.0.rawValue + 1
    }
  }

  /// The table of one topic.
  static func read(
    _ topic: TopicID,
    _ database: Database
  ) throws(StorageError) -> StoredTable? {
    let rows = try database.rows(.readTables, topic.rawValue, 1) { ($0.int64(0), table($0)) }
    return rows.first.flatMap { $0.0 == topic.rawValue ? $0.1 : nil }
  }

  private static func table(_ row: Statement) -> StoredTable {
    let number = row.int64(1)
    let isDiscarded = number > discarded
    let form = StoredTable.Form(rawValue: isDiscarded ? number - discarded : number)
    var table = StoredTable(
      form ?? .changes,
      row.text(2),
      through: Offset(bitPattern: row.int64(3))
    )
    (table.count, table.bytes, table.digest) = (row.int64(4), row.int64(5), row.int64(6))
    table.evictedAt = Offset(bitPattern: row.int64(8))
    let checksum = checksum(of: table, TopicID(rawValue: row.int64(0)))
    table.isDiscarded = isDiscarded
    table.isIntact = form != nil && checksum == row.int64(7)
    return table
  }

  /// A table that is discarded has its form's number and this.
  private static let discarded: Int64 = 2

  private static func number(of table: StoredTable) -> Int64 {
    table.form.rawValue + (table.isDiscarded ? discarded : 0)
  }

  private static func checksum(of table: StoredTable, _ topic: TopicID) -> Int64 {
    var numbers = [
      topic.rawValue, number(of: table), Int64(bitPattern: table.through), table.count,
      table.bytes, table.digest,
    ]
    // Left out where there is none, as schema 3 did, whose checksums stay as they are.
    if table.evictedAt > 0 { numbers.append(Int64(bitPattern: table.evictedAt)) }
    return Checksum.ofTable(numbers, definition: table.definition)
  }

  static func insert(
    _ table: StoredTable,
    of topic: TopicID,
    _ database: Database
  ) throws(StorageError) {
    let statement = try database.statement(.insertTable)
    statement.bind(topic.rawValue, at: 1)
    statement.bind(number(of: table), at: 2)
    statement.bind(table.definition, at: 3)
    statement.bind(Int64(bitPattern: table.through), at: 4)
    statement.bind(table.count, at: 5)
    statement.bind(table.bytes, at: 6)
    statement.bind(table.digest, at: 7)
    statement.bind(checksum(of: table, topic), at: 8)
    statement.bind(Int64(bitPattern: table.evictedAt), at: 9)
    try statement.run()
  }

  static func update(
    _ table: StoredTable,
    of topic: TopicID,
    _ database: Database
  ) throws(StorageError) {
    try database.run(
      .updateTable,
      topic.rawValue,
      number(of: table),
      Int64(bitPattern: table.through),
      table.count,
      table.bytes,
      table.digest,
      checksum(of: table, topic),
      Int64(bitPattern: table.evictedAt)
    )
  }
}
