// SPDX-License-Identifier: Apache-2.0
import Foundation
import Streams
import Testing

@testable import Storage

@Suite struct ExaminationTests {
  private let place: TemporaryDirectory
  private let log: TestLog

  init() throws {
    place = try TemporaryDirectory()
    log = try TestLog(place.database)
  }

  @Test func `a directory that is in use is read beside its user, without the structure`()
    async throws
  {
    let directory = "\(place.path)/data"
    let running = try EventLog(directory: directory)
    let topic = try await running.openTopic("a")
    _ = try await running.append(LogCommit([LogAppend([[1], [2]], to: topic.id, appended: 1)]))
    var places: [String] = []
    let report = try EventLog.examine(directory: directory) { progress in
      places.append(progress.place)
      return true
    }
    #expect(report.holder?.hasPrefix("process ") == true)
    #expect(report.isSound && !report.wasClosed && report.verification.entries == 2)
    #expect(!places.contains("structure") && places.contains("topic 'a'"))
    running.close()
    let after = try EventLog.examine(directory: directory)
    #expect(after.holder == nil && after.wasClosed && after.isSound)
    #expect(after.schema == Schema.current && after.databaseBytes > 0)
  }

  @Test func `a topic that is made meanwhile is no damage, and a lost one is`() throws {
    let lost = try log.topic("lost")
    try log.append(["1"], to: lost)
    try log.append(["1"], to: try log.topic("a"))
    try log.tamper("DELETE FROM topics WHERE name = 'lost'")
    let holding = try DirectoryLock("\(place.path)/weir.lock")
    var isMade = false
    let report = try EventLog.examine(directory: place.path) { _ in
      if !isMade {
        isMade = true
        #expect(throws: Never.self) { try log.append(["1"], to: try log.topic("new")) }
      }
      return true
    }
    _ = consume holding
    #expect(isMade && report.topics.map(\.name) == ["a"])
    let number = lost.id.rawValue
    #expect(
      report.verification.structure == ["there are entries of topic \(number), which is not there"]
    )
  }

  @Test func `damage is told by topic, with what the topics hold`() throws {
    let (a, b) = (try log.topic("a"), try log.topic("b"))
    try log.append((0..<10).map { "\($0)" }, to: a)
    try log.append(["x"], to: b)
    try log.tamper("UPDATE entries SET payload = x'00' WHERE id = \(RowNumber.make(a.id, 4))")
    log.writer.close()
    let report = try EventLog.examine(directory: place.path)
    #expect(!report.isSound && report.failure == nil)
    #expect(report.damage(of: "a") == [Damage(topic: "a", from: 4, through: 4)])
    #expect(report.damage(of: "b") == [])
    #expect(report.topics.map(\.name) == ["a", "b"])
    #expect(report.topics.map(\.count) == [10, 1])
  }

  @Test func `where even the topics can't be read, that is the damage`() throws {
    try log.append((0..<100).map { "\($0)" }, to: try log.topic("a"))
    log.writer.close()
    let database = try Database(place.database, .read)
    let root = try Statement(
      "SELECT rootpage FROM sqlite_schema WHERE name = 'topics'",
      operation: "find",
      database
    )
    #expect(try root.step())
    let page = UInt64(root.int64(0))
    root.reset()
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: place.database))
    try file.seek(toOffset: (page - 1) * 4_096)
    try file.write(contentsOf: Data(repeating: 0xA5, count: 4_096))
    try file.close()
    let report = try EventLog.examine(directory: place.path)
    #expect(!report.isSound && report.failure?.reason == .corrupt)
  }

  @Test func `another version's directory is refused with both numbers`() throws {
    _ = try log.topic("a")
    log.writer.close()
    try log.tamper("PRAGMA user_version = 99")
    let newer = #expect(throws: StorageError.self) {
      _ = try EventLog.examine(directory: place.path)
    }
    #expect(newer?.reason == .newerSchema(found: 99, supported: Schema.current))
    let reading = #expect(throws: StorageError.self) {
      _ = try StoreReader(directory: place.path)
    }
    #expect(reading?.reason == .newerSchema(found: 99, supported: Schema.current))
  }
}
