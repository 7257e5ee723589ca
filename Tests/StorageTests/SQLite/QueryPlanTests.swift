// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Storage

@Suite struct QueryPlanTests {
  private let place: TemporaryDirectory

  init() throws { place = try TemporaryDirectory() }

  private func plan(_ text: String, _ database: Database) throws -> [String] {
    let explain = try Statement("EXPLAIN QUERY PLAN \(text)", operation: "explain", database)
    var steps: [String] = []
    while try explain.step() { steps.append(explain.text(3)) }
    return steps
  }

  private func isScan(_ step: String) -> Bool {
    // The rows that an insert is given are no table.
    step.hasPrefix("SCAN") && !step.hasSuffix("CONSTANT ROWS") || step.contains("TEMP B-TREE")
      || step.contains("AUTOMATIC")
  }

  @Test func `no statement that ships goes through a table or sorts`() throws {
    let log = try TestLog(place.database)
    let database = try log.writer.connected()
    for sql in SQL.allCases {
      let steps = try plan(sql.text, database)
      #expect(!steps.contains(where: isScan), "\(sql): \(steps)")
    }
  }

  @Test func `a scan would be seen`() throws {
    let log = try TestLog(place.database)
    let database = try log.writer.connected()
    let scans = try plan("SELECT * FROM entries WHERE appended > 5", database)
    let sorts = try plan("SELECT * FROM topics WHERE id > 3 ORDER BY epoch", database)
    #expect(scans.contains(where: isScan) && sorts.contains(where: isScan))
  }
}
