// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@Suite struct TableOracleTests {
  private typealias Change = TableChange<Int, Int>

  /// A cursor over a table, with the state that it has told.
  private struct Reader {
    let cursor: Cursor<Change>
    var state: [Int: Int] = [:]

    /// Takes the next entries; answers whether there were some.
    mutating func take(_ limit: Int) -> Bool {
      guard let batch = cursor.take(limit: limit) else { return false }
      for change in batch.elements { state[change.key] = change.value }
      return true
    }
  }

  /// Changes at random, some of them held; dictionaries tell what is to be seen.
  @Test(arguments: 0..<80)
  func `a snapshot and the changes after it are the log`(seed: Int) async throws {
    var random = SeededGenerator(seed)
    let topic = Topic<Change>(
      "t",
      retention: Retention(maximumCount: 6 + seed % 20),
      clock: ManualClock(0)
    )
    let table = Table(topic)
    var log: [Change] = []
    var held: [[Change]] = []
    var readers: [Reader] = []
    for step in 0..<200 {
      let changes = (0..<Int.random(in: 1...3, using: &random)).map { _ -> Change in
        let key = Int.random(in: 0..<2 + seed % 40, using: &random)
        return Int.random(in: 0..<4, using: &random) == 0 ? .delete(key) : .set(key, step)
      }
      switch topic.offer(changes, completion: { _ in }) {
      case .stored: log += changes
      case .held: held.append(changes)
      case .refused(let error): throw error
      }
      if Int.random(in: 0..<9, using: &random) == 0, readers.count < 4 {
        readers.append(Reader(cursor: table.makeCursor()))
      }
      for index in readers.indices where Bool.random(using: &random) {
        _ = readers[index].take(Int.random(in: 1...4, using: &random))
      }
      while log.count < Int(topic.statistics.lastOffset) { log += held.removeFirst() }
      expect(table, isStateOf: log)
      if readers.count == 4, step % 13 == 0 {
        while readers[0].take(3) || readers[0].cursor.statistics.buffered > 0 {}
        while log.count < Int(topic.statistics.lastOffset) { log += held.removeFirst() }
        #expect(readers[0].state == state(of: log), "seed \(seed) step \(step)")
        readers.removeFirst()
        while log.count < Int(topic.statistics.lastOffset) { log += held.removeFirst() }
      }
    }
  }

  private func state(of log: [Change]) -> [Int: Int] {
    log.reduce(into: [:]) { $0[$1.key] = $1.value }
  }

  private func expect(_ table: Table<Int, Int>, isStateOf log: [Change]) {
    let expected = state(of: log)
    let snapshot = table.snapshot()
    #expect(snapshot.offset == Offset(log.count))
    #expect(snapshot.count == expected.count)
    let rows = Array(snapshot)
    #expect(Dictionary(uniqueKeysWithValues: rows.map { ($0.key, $0.value) }) == expected)
    #expect(rows.map(\.offset) == rows.map(\.offset).sorted())
    for row in rows { #expect(log[Int(row.offset) - 1] == .set(row.key, row.value)) }
  }

  /// The exact offsets: none twice, none missing, snapshot first.
  @Test(arguments: 0..<40)
  func `there is no hole and no double between snapshot and changes`(seed: Int) async throws {
    var random = SeededGenerator(seed)
    let topic = Topic<Change>("t", retention: Retention(maximumCount: 64), clock: ManualClock(0))
    let table = Table(topic)
    for step in 0..<300 {
      try await table.set(step, for: Int.random(in: 0..<30, using: &random))
    }
    let snapshot = table.snapshot()
    let cursor = table.makeCursor()
    var tally = Tally()
    for step in 0..<40 {
      if Bool.random(using: &random) { try await table.set(step, for: step) }
      tally.add(cursor.take(limit: Int.random(in: 1...5, using: &random)))
    }
    while let batch = cursor.take(limit: 9) { tally.add(batch) }
    #expect(tally.offsets == snapshot.map(\.offset) + (301..<topic.end.next))
    #expect(tally.dropped == 0)
  }

  @Test func `a publish is in the table whole or not at all, from any thread`() async throws {
    let topic = Topic<Change>("t", retention: Retention(maximumCount: 256))
    let table = Table(topic)
    try await topic.publish([.set(0, 0), .set(1, 0)])
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 1...2 {
        group.addTask {
          for value in 0..<1_000 {
            let value = worker * 10_000 + value
            try await topic.publish([.set(0, value), .delete(2), .set(1, value)])
          }
        }
      }
      for _ in 0..<2 {
        group.addTask {
          for _ in 0..<500 {
            let values = table.snapshot().map(\.value)
            #expect(values.count == 2 && values[0] == values[1])
          }
        }
      }
      group.addTask {
        let cursor = table.makeCursor()
        var state: [Int: Int] = [:]
        for _ in 0..<200 {
          guard let batch = cursor.take(limit: 256) else { continue }
          for change in batch.elements { state[change.key] = change.value }
        }
        #expect(state.count == 2)
      }
      try await group.waitForAll()
    }
    #expect(topic.statistics.lastOffset == 6_002)
    #expect(table[0] == table[1])
  }
}
