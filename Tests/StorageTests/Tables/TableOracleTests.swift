// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

@Suite struct TableOracleTests {
  /// Lives of one table, with what it should be.
  private struct Lives {
    let place: TemporaryDirectory
    var rules: StorageRules
    var model: TableModel
    var random: SeededRandom

    init(seed: UInt64) throws {
      place = try TemporaryDirectory()
      random = SeededRandom(seed: seed)
      model = TableModel()
      if seed % 2 == 0 { model.maximumKeys = Int.random(in: 1...9, using: &random) }
      if seed % 3 == 0 { model.maximumBytes = Int.random(in: 5...90, using: &random) }
      let synchronous: Synchronous = seed % 5 == 0 ? .full : .normal
      rules = StorageRules(
        synchronous: synchronous,
        maximumCount: seed % 4 == 0 ? nil : UInt64.random(in: 1...20, using: &random)
      )
    }

    /// One life: opens the table, changes it by several publishers, compares, and ends.
    mutating func live() async throws -> [String] {
      var settings = StorageSettings()
      settings.retentionStep = 4
      let log = try EventLog(directory: "\(place.path)/data", settings: settings)
      let table = try await open(log)
      var faults = faults(table, "after the start")
      let sequences = (0..<3).map { _ in
        (0..<Int.random(in: 0...6, using: &random)).map { _ in random.makeChanges() }
      }
      let stored = try await publish(sequences, table.topic)
      for (changes, receipt) in stored { model.note(changes, receipt) }
      faults += self.faults(table, "at the end")
      faults += try await readFaults(table)
      log.close()
      return faults
    }

    private func open(_ log: EventLog) async throws -> Table<String, Int> {
      let stored = try DurableTopics(log) { _ in nil }
      return try await stored.openTable(
        "t",
        rules: rules,
        // What is older than the ring comes from disk, or is told as a gap.
        retention: Retention(maximumCount: 6),
        maximumKeys: model.maximumKeys,
        maximumBytes: model.maximumBytes,
        weigher: TableModel.weigher
      )
    }

    private func publish(
      _ sequences: [[[Change]]],
      _ topic: Topic<Change>
    ) async throws -> [([Change], Receipt)] {
      try await withThrowingTaskGroup(of: [([Change], Receipt)].self) { group in
        for sequence in sequences {
          group.addTask {
            var stored: [([Change], Receipt)] = []
            for changes in sequence { stored.append((changes, try await topic.publish(changes))) }
            return stored
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
    }

    /// What is wrong with the table.
    private func faults(_ table: Table<String, Int>, _ moment: String) -> [String] {
      let (through, rows) = TableModel.rows(table)
      var faults: [String] = []
      if through != model.newest { faults.append("\(moment): at \(through), not \(model.newest)") }
      let expected = model.rows(through: through)
      if rows != expected { faults.append("\(moment): \(rows), not \(expected)") }
      for row in expected where table[row.key] != row.value {
        faults.append("\(moment): '\(row.key)' is \(table[row.key].debugDescription)")
      }
      return faults
    }

    /// What is wrong with what a reader is given: a snapshot, then what follows it.
    private mutating func readFaults(_ table: Table<String, Int>) async throws -> [String] {
      let (through, rows) = TableModel.rows(table)
      let cursor = table.makeCursor()
      let changes = random.makeChanges()
      model.note(changes, try await table.topic.publish(changes))
      var offsets: [Offset] = []
      while offsets.count < rows.count + changes.count {
        guard let batch = cursor.take(limit: 2) else { return ["only \(offsets) was read"] }
        for case .run(let run) in batch.items { offsets += run.firstOffset...run.lastOffset }
      }
      let expected = rows.map(\.offset) + (through + 1...through + Offset(changes.count))
      return offsets == expected ? [] : ["\(offsets) was read, not \(expected)"]
    }
  }

  @Test func `a table is what its changes say, over restarts and whatever retention deletes`()
    async throws
  {
    for seed in seeds(16) {
      var lives = try Lives(seed: seed)
      for life in 0..<6 {
        let faults = try await lives.live()
        #expect(faults == [], "seed \(seed), life \(life)")
      }
    }
  }

  @Test func `rows of keys whose entries are long gone are there, and only those`() async throws {
    let place = try TemporaryDirectory()
    let rules = StorageRules(synchronous: .normal, maximumCount: 1)
    for life in 0..<3 {
      let log = try EventLog(directory: "\(place.path)/data")
      let stored = try DurableTopics(log) { _ in rules }
      let table = try await stored.openTable("t", of: Int.self, String.self)
      if life == 0 {
        for key in 0..<500 { try await table.set("value \(key)", for: key) }
        for key in 0..<250 { try await table.delete(2 * key) }
      }
      #expect(table.snapshot().map(\.key) == (0..<250).map { 2 * $0 + 1 })
      #expect(table[77] == "value 77" && table[76] == nil)
      #expect(table.snapshot().offset == 750)
      let topic = try await log.topics()[0]
      #expect(topic.tableCount == 250 && topic.bytes > topic.tableBytes)
      log.close()
    }
  }
}
