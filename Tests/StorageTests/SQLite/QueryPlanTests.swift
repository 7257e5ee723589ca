// SPDX-License-Identifier: Apache-2.0
import Foundation
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

  // MARK: That there is no other statement

  /// The lines of our sources that hold any of some words, with the room's file; comments are none.
  private func lines(with words: String...) throws -> [(file: String, text: String)] {
    // …/Tests/StorageTests/SQLite/QueryPlanTests.swift
    var root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    for _ in 0..<4 { root.deleteLastPathComponent() }
    let sources = root.appendingPathComponent("Sources")
    let names = try FileManager.default.subpathsOfDirectory(atPath: sources.path)
    return try names.filter { $0.hasSuffix(".swift") }.sorted().flatMap { name in
      let bytes = try Data(contentsOf: sources.appendingPathComponent(name))
      // Few files have any of them; taking a file apart takes long.
      guard words.contains(where: { bytes.range(of: Data($0.utf8)) != nil }) else {
        return [(file: String, text: String)]()
      }
      let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      return lines.filter { line in
        !line.hasPrefix("//") && words.contains { line.contains($0) }
      }
      .map { (name, $0) }
    }
  }

  private func files(with words: String...) throws -> [String] {
    var files: Set<String> = []
    for word in words { files.formUnion(try lines(with: word).map(\.file)) }
    return files.sorted()
  }

  @Test func `only the list of statements and migrations have SQL that looks at tables`() throws {
    #expect(
      try files(with: "SELECT ", "INSERT ", "UPDATE ", "REPLACE ", "DELETE FROM ") == [
        "Storage/Directory/StateMigration.swift",
        "Storage/SQLite/SQL+Cursors.swift",
        "Storage/SQLite/SQL+Tables.swift",
        "Storage/SQLite/SQL+Webhooks.swift",
        "Storage/SQLite/SQL.swift",
      ]
    )
  }

  @Test func `nothing gets to SQLite in another way`() throws {
    #expect(try files(with: "sqlite3_prepare") == ["Storage/SQLite/Statement.swift"])
    #expect(
      try files(with: "sqlite3_exec", "sqlite3_get_table") == ["Storage/SQLite/Database.swift"]
    )
    // Those of the list, pragmas, and the one that migrates.
    #expect(
      try files(with: "= try Statement(", " Statement.init", ": Statement(") == [
        "Storage/Directory/StateMigration.swift",
        "Storage/Maintenance/StructureCheck.swift",
        "Storage/SQLite/Database+Pragmas.swift",
        "Storage/SQLite/Database.swift",
      ]
    )
    let others = try lines(with: "execute(", "Statement(\"").filter { file, text in
      file.hasPrefix("Storage/") && !file.hasPrefix("Storage/Directory/")
        && !text.contains("(\"PRAGMA ") && !text.contains("func execute(")
    }
    #expect(others.map(\.text) == [])
  }

  @Test func `nothing happens behind a statement`() throws {
    let log = try TestLog(place.database)
    let database = try log.writer.connected()
    // Plans show neither what triggers nor what foreign keys do.
    let sql = "SELECT sql FROM sqlite_schema WHERE type = 'trigger' OR sql LIKE '%REFERENCES%'"
    let hidden = try Statement(sql, operation: "look", database)
    #expect(try hidden.step() == false)
  }
}
