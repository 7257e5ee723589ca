// SPDX-License-Identifier: Apache-2.0
import Foundation
import Streams
import Testing

@testable import Storage

@Suite struct VerificationTests {
  private let place: TemporaryDirectory
  private let log: TestLog

  init() throws {
    place = try TemporaryDirectory()
    log = try TestLog(place.database)
  }

  private func verify() throws -> VerificationReport {
    log.writer.close()
    return try EventLog.verify(directory: place.path)
  }

  private func fill(_ topic: StoredTopic, _ count: Int) throws {
    try log.append((0..<count).map { "\($0)" }, to: topic, marks: [.watermark(5)])
  }

  @Test func `a sound store is found sound`() throws {
    let (a, b) = (try log.topic("a", StorageRules(maximumCount: 3)), try log.topic("b"))
    try fill(a, 10)
    try fill(b, 5_000)
    try log.writer.settle(now: 1)
    let report = try verify()
    #expect(report.isSound)
    #expect(report.topics == 2 && report.entries == 5_003)
  }

  @Test func `damage is named by topic and range`() throws {
    let (a, b) = (try log.topic("a"), try log.topic("b"))
    try fill(a, 5_000)
    try fill(b, 10)
    let id = RowNumber.make(a.id, 0)
    try log.tamper(
      "UPDATE entries SET payload = x'00' WHERE id BETWEEN \(id + 1_999) AND \(id + 2_003)"
    )
    try log.tamper("DELETE FROM entries WHERE id BETWEEN \(id + 4_000) AND \(id + 4_001)")
    try log.tamper("UPDATE marks SET instant = 6 WHERE id < \(RowNumber.make(b.id, 0))")
    let report = try verify()
    #expect(
      report.damage == [
        Damage(topic: "a", from: 1_999, through: 2_003),
        Damage(topic: "a", from: 4_000, through: 4_001),
        Damage(topic: "a", from: 5_000, through: 5_000),
      ]
    )
    #expect(!report.isSound && report.structure.isEmpty)
  }

  @Test func `entries without a topic and damaged state are told`() throws {
    let (a, b) = (try log.topic("a"), try log.topic("b"))
    try fill(a, 3)
    try fill(b, 3)
    let opened = Answer<OpenedPipeline>()
    log.writer.serve([.openPipeline("p", definition: "", opened.take)])
    let pipeline = try opened.get().id
    _ = try log.append(LogCommit([], states: [StateChange([1], for: [1], of: pipeline)]))
    try log.tamper("DELETE FROM topics WHERE name = 'b'")
    try log.tamper("UPDATE state_blocks SET checksum = 0")
    let report = try verify()
    #expect(report.structure == ["there are entries of topic \(b.id.rawValue), which is not there"])
    #expect(report.damagedPipelines == ["p"])
    #expect(report.damage == [])
  }

  @Test func `a page that is overwritten is found, and what it held is named`() throws {
    let topic = try log.topic("a")
    try fill(topic, 5_000)
    log.writer.close()
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: place.database))
    let pages = try file.seekToEnd() / 4_096
    // Some page in the middle is one of the entries'.
    try file.seek(toOffset: pages / 2 * 4_096)
    try file.write(contentsOf: Data(repeating: 0xA5, count: 4_096))
    try file.close()
    let report = try EventLog.verify(directory: place.path)
    #expect(!report.structure.isEmpty)
    #expect(report.damage.allSatisfy { $0.topic == "a" })
    let lost = report.damage.reduce(0) { $0 + $1.through - $1.from + 1 }
    #expect(1...5_000 ~= lost)
  }

  @Test func `it tells how far it is and ends when it is told to`() throws {
    let topic = try log.topic("a")
    try fill(topic, 10_000)
    log.writer.close()
    let seen = Monitor<[UInt64]>([])
    let report = try EventLog.verify(directory: place.path) { progress in
      seen.withLock { seen in
        seen.append(progress.entries)
        return (progress.entries < 4_000, false)
      }
    }
    #expect(report.isCancelled && !report.isSound)
    #expect(seen.withLock { ($0, false) }.last == 4_000)
    #expect(report.entries == 4_000)
  }

  @Test func `what is not there or in use is told`() async throws {
    let missing = #expect(throws: StorageError.self) {
      _ = try EventLog.verify(directory: "\(place.path)/none")
    }
    #expect(missing?.reason == .unknown(what: "database"))
    let data = "\(place.path)/data"
    let running = try EventLog(directory: data)
    let error = #expect(throws: StorageError.self) { _ = try EventLog.verify(directory: data) }
    if case .inUse = error?.reason {} else { Issue.record("expected inUse") }
    let topic = try await running.openTopic("a")
    _ = try await running.append(LogCommit([LogAppend([[1]], to: topic.id, appended: 1)]))
    let report = try await running.verify()
    #expect(report.isSound && report.entries == 1)
    running.close()
  }
}
