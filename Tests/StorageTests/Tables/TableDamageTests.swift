// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

@Suite struct TableDamageTests {
  private let place: TemporaryDirectory
  private var directory: String { "\(place.path)/data" }

  init() throws { place = try TemporaryDirectory() }

  /// A table of ten keys, changed behind its back.
  private func make(tampering sql: String) async throws {
    let store = try DurableStore(directory)
    let topic = try await store.openEvents()
    for number in 1...10 { try await topic.publish([.about("k\(number)", number)]) }
    store.log.close()
    try Database("\(directory)/weir.db", .writeExisting).execute(sql, "tamper")
  }

  private func row(_ offset: Offset) -> Int64 { RowNumber.make(TopicID(rawValue: 1), offset) }

  private func open(
    _ recovery: TableRecovery = .refuse
  ) async throws -> (rows: [String], report: VerificationReport) {
    let store = try DurableStore(directory)
    defer { store.log.close() }
    let topic = try await store.openEvents(recovery: recovery)
    return (DurableStore.rows(topic), try await store.log.verify())
  }

  private func expected(without gone: Set<Int> = []) -> [String] {
    (1...10).filter { !gone.contains($0) }.map { "\($0) k\($0) \($0)" }
  }

  @Test func `a damaged row is named and never served`() async throws {
    try await make(tampering: "UPDATE table_rows SET payload = x'0100' WHERE id = \(row(4))")
    let report = try EventLog.examine(directory: directory).verification
    #expect(report.damagedTables == [TableDamage(topic: "e", offsets: [4])])
    #expect(!report.isSound && report.damage == [])
    #expect(report.damagedTables[0].words == "its table: what was set at 4 is damaged")
    let error = await #expect(throws: TableError.self) { _ = try await open() }
    #expect(error == .damaged(topic: "e", offsets: [4]))
    #expect(error?.description.contains("what was set at 4") == true)
    let (rows, after) = try await open(.useWhatIsThere)
    #expect(rows == expected(without: [4]) && after.isSound)
    #expect(try await open().rows == expected(without: [4]))
  }

  @Test(
    arguments: [
      "DELETE FROM table_rows WHERE id = ID",
      "UPDATE table_rows SET id = id + 100 WHERE id = ID",
      "UPDATE table_rows SET appended = appended + 1 WHERE id = ID",
      "UPDATE table_rows SET format = 2 WHERE id = ID",
      "INSERT INTO table_rows SELECT id + 100, appended, format, checksum, payload "
        + "FROM table_rows WHERE id = ID",
    ]
  )
  func `a row that is gone, was moved or is there twice is seen`(sql: String) async throws {
    try await make(tampering: sql.replacing("ID", with: "\(row(4))"))
    #expect(try EventLog.examine(directory: directory).verification.damagedTables.count == 1)
    let error = await #expect(throws: TableError.self) { _ = try await open() }
    guard case .damaged("e", _) = error else { throw WrongError() }
    let (rows, after) = try await open(.useWhatIsThere)
    let without: Set<Int> = sql.hasPrefix("INSERT") ? [] : [4]
    #expect(rows == expected(without: without) && after.isSound)
  }

  @Test func `a row as it was before its last change is seen`() async throws {
    try await make(tampering: "CREATE TABLE saved AS SELECT * FROM table_rows")
    let store = try DurableStore(directory)
    let topic = try await store.openEvents()
    try await topic.publish([.about("k4", 77)])
    store.log.close()
    // What a disk does that has not written a page it said it had.
    try Database("\(directory)/weir.db", .writeExisting).execute(
      "DELETE FROM table_rows; INSERT INTO table_rows SELECT * FROM saved",
      "tamper"
    )
    let report = try EventLog.examine(directory: directory).verification
    #expect(report.damagedTables == [TableDamage(topic: "e", isIncomplete: true)])
    let error = await #expect(throws: TableError.self) { _ = try await open() }
    #expect(error == .damaged(topic: "e", offsets: []))
  }

  @Test func `what is known of a table as a whole has a checksum too`() async throws {
    try await make(tampering: "UPDATE tables SET through = 3")
    #expect(try EventLog.examine(directory: directory).verification.damagedTables.count == 1)
    let error = await #expect(throws: TableError.self) { _ = try await open() }
    #expect(error == .damaged(topic: "e", offsets: []))
    // It begins anew with the entries that are kept: all of them.
    let (rows, after) = try await open(.useWhatIsThere)
    #expect(rows == expected() && after.isSound)
  }

  @Test func `damaged entries that it has not seen are told`() async throws {
    let entry = "UPDATE entries SET payload = x'00' WHERE id = \(row(7))"
    try await make(tampering: "DELETE FROM tables; DELETE FROM table_rows; \(entry)")
    let error = await #expect(throws: TableError.self) { _ = try await open() }
    #expect(error == .damagedLog(topic: "e", Gap(from: 7, to: 7)))
    #expect(try await open(.useWhatIsThere).rows == expected(without: [7]))
  }

  @Test func `rows without a table are told`() async throws {
    try await make(tampering: "DELETE FROM tables")
    let report = try EventLog.examine(directory: directory).verification
    #expect(report.structure == ["there are rows of a table of topic 1, which has none"])
  }

  struct WrongError: Error {}
}
