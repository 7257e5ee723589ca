// SPDX-License-Identifier: Apache-2.0
public import Streams

/// What is damaged of a topic's table.
public struct TableDamage: Hashable, Sendable {
  /// The topic's name.
  public let topic: String
  /// The offsets at which damaged rows were set, at most a hundred of them.
  public internal(set) var offsets: [Offset] = []
  /// Whether rows are there that should not be, or are not there that should.
  public internal(set) var isIncomplete = false

  /// What is wrong, in words.
  public var words: String {
    var parts: [String] = []
    if !offsets.isEmpty { parts.append("what was set at \(offsets.firstOnes) is damaged") }
    if isIncomplete { parts.append("rows are gone, or older than what was stored") }
    return "its table: " + parts.joined(separator: "; ")
  }
}

/// The tables of topics: every row is looked at, and whether they are those that were stored.
extension Verifier {
  mutating func checkTables(_ topics: [StoredTopic]) throws(StorageError) {
    for topic in topics where goesOn("table of topic '\(topic.name)'") {
      // One instant for all of a table, whose bounds keep that short.
      let transaction = try Transaction(reading: database)
      let damage = try tableDamage(topic)
      transaction.end()
      if let damage { report.damagedTables.append(damage) }
    }
    try checkLostRows(Set(topics.map(\.id)))
  }

  private func tableDamage(_ topic: StoredTopic) throws(StorageError) -> TableDamage? {
    do throws(StorageError) {
      guard let table = try TableRow.read(topic.id, database), !table.isDiscarded else {
        return nil
      }
      var damage = TableDamage(topic: topic.name)
      var found = table.withoutRows
      var after: Offset? = 0
      while let offset = after {
        let page = try TableReader(database: database).read(topic.id, after: offset)
        for row in page.rows { found.add(checksum: row.checksum, payload: row.payload.count) }
        damage.offsets += page.damaged.prefix(StorageLimits.namedOffsets - damage.offsets.count)
        after = page.next
      }
      damage.isIncomplete = damage.offsets.isEmpty && found != table
      return damage.offsets.isEmpty && !damage.isIncomplete ? nil : damage
    } catch {
      guard error.reason == .corrupt else { throw error }
      return TableDamage(topic: topic.name, isIncomplete: true)
    }
  }

  /// Rows of tables that are not there.
  private mutating func checkLostRows(_ topics: Set<TopicID>) throws(StorageError) {
    let transaction = try Transaction(reading: database)
    let tables = try TableRow.read(database)
    var next: Int64 = 0
    while goesOn("tables"), let topic = try firstTable(from: next) {
      if tables[topic] == nil {
        report.structure.append(
          "there are rows of a table of topic \(topic.rawValue), which has none"
        )
      }
      guard topic.rawValue < RowNumber.maximumTopic else { break }
      next = RowNumber.make(TopicID(rawValue: topic.rawValue + 1), 0)
    }
    transaction.end()
  }

  /// The topic of the first row from a number on.
  private func firstTable(from row: Int64) throws(StorageError) -> TopicID? {
    let statement = try database.statement(.firstTableRow)
    defer { statement.reset() }
    statement.bind(row, at: 1)
    return try statement.step() ? RowNumber.topic(statement.int64(0)) : nil
  }
}
