// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

@Suite struct RetentionTests {
  private let place: TemporaryDirectory

  init() throws { place = try TemporaryDirectory() }

  private func makeLog(step: Int = 10, total: Int64? = nil) throws -> TestLog {
    var settings = StorageSettings()
    settings.retentionStep = step
    settings.maximumTotalBytes = total
    return try TestLog(place.database, settings: settings)
  }

  private func fill(
    _ log: TestLog,
    _ topic: StoredTopic,
    _ count: Int,
    at: Timestamp = 1_000
  ) throws {
    for number in 0..<count { try log.append(["\(number % 10)"], to: topic, at: at) }
  }

  @Test func `a topic keeps at least its count and at most an eighth more`() throws {
    let log = try makeLog()
    let topic = try log.topic("a", StorageRules(maximumCount: 80))
    try fill(log, topic, 90)
    try log.writer.settle(now: 1_000)
    #expect(try log.now(topic).count == 90)
    try fill(log, topic, 1)
    try log.writer.settle(now: 1_000)
    #expect(try log.now(topic).firstOffset == 12)
    #expect(try log.now(topic).count == 80)
    #expect(try log.read(topic).gap == Gap(from: 1, to: 11))
    #expect(try log.read(topic).entries.map(\.offset) == Array(12...91))
  }

  @Test func `a step deletes no more than it may`() throws {
    let log = try makeLog()
    let topic = try log.topic("a", StorageRules(maximumCount: 8))
    try fill(log, topic, 40)
    var firsts: [Offset] = []
    repeat { firsts.append(try log.now(topic).firstOffset) } while try log.writer.retain(now: 1_000)
    firsts.append(try log.now(topic).firstOffset)
    #expect(firsts == [1, 11, 21, 31, 33])
    #expect(log.writer.statistics.deletedEntries == 32)
  }

  @Test func `topics that each have a little to delete take turns`() throws {
    let log = try makeLog(step: 64)
    let topics = try (0..<40).map { try log.topic("t\($0)", StorageRules(maximumCount: 2)) }
    for round in 0..<60 {
      for topic in topics { try log.append(["x"], to: topic) }
      for _ in 0..<2 { _ = try log.writer.retain(now: 1_000) }
      // A step has time for three of them, so each has its turn within seven rounds.
      for topic in topics {
        let kept = try log.now(topic).count
        try #require(kept <= 12, "\(topic.name) has \(kept) after \(round)")
      }
    }
    try log.writer.settle(now: 1_000)
    #expect(try topics.allSatisfy { try log.now($0).count == 2 })
  }

  @Test func `what is appended while something is overdue is to be made good, also its bytes`()
    throws
  {
    let log = try makeLog(step: 8)
    let (small, large) = (try log.topic("a", StorageRules(maximumCount: 8)), try log.topic("b"))
    try fill(log, small, 40)
    #expect(log.writer.isPressed)
    while try log.writer.retain(now: 1_000) {}
    #expect(!log.writer.isPressed)
    // Nothing is overdue: who appends owes nothing.
    var upkeep = Upkeep()
    try fill(log, large, 100)
    upkeep.run(log.writer, now: 1_000)
    #expect(!log.writer.isPressed)
    let payload = String(repeating: "x", count: 8 * Int(RetentionDebt.entryBytes))
    try log.append([payload], to: large)
    #expect(log.writer.isPressed)
  }

  @Test func `entries that are too old go, also the last`() throws {
    let log = try makeLog()
    let topic = try log.topic("a", StorageRules(maximumAge: .milliseconds(100)))
    try fill(log, topic, 25, at: 1_000)
    try fill(log, topic, 5, at: 1_050)
    try log.writer.settle(now: 1_100)
    #expect(try log.now(topic).firstOffset == 1)
    try log.writer.settle(now: 1_101)
    #expect(try log.now(topic).firstOffset == 26)
    try log.writer.settle(now: 9_999)
    #expect(try log.now(topic).count == 0)
    try log.reopen()
    let after = try log.now(topic)
    #expect((after.firstOffset, after.nextOffset, after.bytes) == (31, 31, 0))
    #expect(after.appended == 1_050)
    #expect(try log.append(["x"], to: topic, at: 2).appended == 1_050)
    #expect(try log.read(topic).gap == Gap(from: 1, to: 30))
  }

  @Test func `a clock that is set back deletes nothing`() throws {
    let log = try makeLog()
    let topic = try log.topic("a", StorageRules(maximumAge: .milliseconds(100)))
    try fill(log, topic, 3, at: 1_000)
    try log.writer.settle(now: 5)
    #expect(try log.now(topic).count == 3)
  }

  @Test func `at its bytes a topic drops its oldest or refuses`() throws {
    let log = try makeLog()
    let limit: Int64 = 49 * 64
    let dropping = try log.topic("d", StorageRules(maximumBytes: limit))
    try fill(log, dropping, 65)
    try log.writer.settle(now: 1_000)
    #expect(try log.now(dropping).bytes == 49 * 62)
    let refusing = try log.topic("r", StorageRules(maximumBytes: limit, atLimit: .refuse))
    try fill(log, refusing, 64)
    let error = #expect(throws: StorageError.self) { try fill(log, refusing, 1) }
    #expect(error?.reason == .topicFull(topic: "r", limitBytes: limit))
    #expect(error?.isTransient == true)
    try log.writer.settle(now: 1_000)
    #expect(try log.now(refusing).count == 64)
  }

  @Test func `at the store's bytes each topic follows its policy`() throws {
    let log = try makeLog(total: 49 * 100)
    let refusing = try log.topic("r", StorageRules(atLimit: .refuse))
    let dropping = try log.topic("d", StorageRules())
    try fill(log, refusing, 60)
    try fill(log, dropping, 60)
    try log.writer.settle(now: 1_000)
    #expect(try log.now(dropping).count == 40)
    #expect(log.writer.topics.totalBytes == 49 * 100)
    let error = #expect(throws: StorageError.self) { try fill(log, refusing, 1) }
    #expect(error?.reason == .storeFull(limitBytes: 49 * 100))
    try fill(log, dropping, 1)
    try log.writer.settle(now: 1_000)
    #expect(log.writer.topics.totalBytes == 49 * 100)
  }

  @Test func `marks go with the entries before which they stand`() throws {
    let log = try makeLog()
    let topic = try log.topic("a", StorageRules(maximumCount: 8))
    for number in 1...20 {
      try log.append(["x"], to: topic, marks: [.watermark(Timestamp(milliseconds: Int64(number)))])
    }
    try log.writer.settle(now: 1_000)
    let now = try log.now(topic)
    #expect(now.firstOffset == 13)
    #expect(now.firstMark == 12)
    #expect(try log.read(topic).marks.map(\.number) == Array(12...20))
    try log.reopen()
    #expect(try log.now(topic).firstMark == 12)
    #expect(try log.now(topic).nextMark == 21)
  }

  @Test func `the file is short as soon as space was given back`() throws {
    var settings = StorageSettings()
    // Nothing else writes the write-ahead log back before the log is closed.
    settings.checkpointPages = 100_000
    let log = try TestLog(place.database, settings: settings)
    let rules = StorageRules(synchronous: .normal, maximumAge: .seconds(1))
    let topic = try log.topic("a", rules)
    let payloads = [[UInt8]](repeating: [UInt8](repeating: 7, count: 1_200), count: 100)
    for _ in 0..<100 {
      _ = try log.append(LogCommit([LogAppend(payloads, to: topic.id, appended: 1_000)]))
    }
    try log.reopen(closing: true)
    _ = try log.topic("a", rules)
    #expect(Files.size(log.path) > 8 << 20)
    try log.writer.settle(now: 9_999)
    #expect(log.writer.statistics.freedPages > 0)
    let pages = try log.writer.connected().number("page_count")
    #expect(Files.size(log.path) == Int64(pages * 4_096))
    // Free pages are kept for new entries.
    #expect(pages <= VacuumState.keptPages + 64)
  }
}
