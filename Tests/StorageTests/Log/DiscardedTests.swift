// SPDX-License-Identifier: Apache-2.0
import StorageFaults
import Streams
import Testing

@testable import Storage

@Suite struct DiscardedTests {
  private let place: TemporaryDirectory

  init() throws { place = try TemporaryDirectory() }

  private func makeLog(_ disk: FaultyDisk? = nil) throws -> TestLog {
    var settings = StorageSettings()
    settings.retentionStep = 10
    settings.system = disk?.name
    return try TestLog(place.database, settings: settings)
  }

  private func count(_ table: String, _ log: TestLog) throws -> Int {
    let sql = "SELECT count(*) FROM \(table)"
    let statement = try Statement(sql, operation: "count", log.writer.connected())
    _ = try statement.step()
    return Int(statement.int64(0))
  }

  /// All rows that a topic may have, but its own.
  private func rows(_ log: TestLog) throws -> Int {
    try ["entries", "marks", "keys", "table_rows"].reduce(0) { try $0 + count($1, log) }
  }

  private func delete(_ topic: StoredTopic, _ log: TestLog) throws {
    let answer = Answer<Void>()
    log.writer.serve([.deleteTopic(topic.id, answer.take)])
    try answer.get()
  }

  private func fill(_ topic: StoredTopic, _ log: TestLog) throws {
    for number in 0..<35 {
      try log.append(["\(number)"], to: topic, marks: [.watermark(5)], key: "\(number)")
    }
  }

  @Test func `a deleted topic goes bit by bit, and its name is free at once`() throws {
    let log = try makeLog()
    let topic = try log.topic("a")
    try fill(topic, log)
    try delete(topic, log)
    #expect(log.writer.topics.totalBytes == 0 && log.writer.topics["a"] == nil)
    let again = try log.topic("a")
    try log.append(["new"], to: again, key: "1")
    var (left, steps) = (try rows(log), 0)
    #expect(left == 3 * 35 - 10 + 2)
    var isMore = true
    while isMore {
      isMore = try log.writer.deleteDiscarded()
      let now = try rows(log)
      #expect(left - now <= 10)
      (left, steps) = (now, steps + 1)
    }
    #expect(left == 2 && steps >= 10)
    #expect(try count("topics", log) == 1)
    #expect(try log.texts(again) == ["new"])
  }

  @Test func `it goes on after a crash, and nobody gets the number meanwhile`() throws {
    let log = try makeLog()
    let topic = try log.topic("a")
    try fill(topic, log)
    try delete(topic, log)
    _ = try log.writer.deleteDiscarded()
    try log.reopen()
    #expect(log.writer.topics.all.isEmpty)
    let again = try log.topic("a")
    #expect(again.id != topic.id && again.nextOffset == 1)
    try log.append(["new"], to: again)
    let report = try Verifier(log.reader()) { _ in true }.verified()
    #expect(report.isSound && report.topics == 1)
    try log.reopen(closing: true)
    try log.writer.settle(now: 1_000)
    #expect(try rows(log) == 1)
    #expect(try log.texts(again) == ["new"])
  }

  @Test func `large entries are a step of few`() throws {
    let log = try makeLog()
    let topic = try log.topic("a")
    let large = [UInt8](repeating: 1, count: 400_000)
    for _ in 0..<8 {
      _ = try log.append(LogCommit([LogAppend([large], to: topic.id, appended: 1)]))
    }
    try delete(topic, log)
    #expect(try count("entries", log) == 5)
    #expect(try log.writer.deleteDiscarded())
    #expect(try count("entries", log) == 2)
    try log.writer.settle(now: 1)
    #expect(try rows(log) == 0 && count("topics", log) == 0)
  }

  @Test(arguments: [faults_io, faults_full])
  func `a fault at any call leaves no row and takes none of another topic`(
    kind: faults_kind
  ) throws {
    var (call, isReached) = (0, true)
    while isReached {
      call += 1
      let place = try TemporaryDirectory()
      let disk = FaultyDisk()
      var settings = StorageSettings()
      settings.retentionStep = 10
      settings.system = disk.name
      let log = try TestLog(place.database, settings: settings)
      let (topic, other) = (try log.topic("a"), try log.topic("b"))
      try fill(topic, log)
      try log.append(["b"], to: other)
      disk.arm(kind, from: call, count: 1)
      do { try delete(topic, log) } catch {}
      var upkeep = Upkeep()
      for second in 0..<30 {
        upkeep.run(log.writer, now: Timestamp(milliseconds: 1_000 * Int64(second)))
      }
      isReached = disk.calls >= call
      disk.heal()
      // Whether it was deleted after all is not known when the commit has failed.
      if log.writer.topics["a"] != nil { try delete(topic, log) }
      try log.writer.settle(now: 60_000)
      #expect(try rows(log) == 1 && count("topics", log) == 1, "\(kind) \(call)")
      #expect(try log.texts(other) == ["b"])
    }
    #expect(call > 10)
  }

  // MARK: Tables

  /// A table of fifty rows, closed.
  private func makeTable() async throws {
    let store = try DurableStore(place.path)
    let topic = try await store.openEvents()
    try await topic.publish((0..<50).map { (number: Int) in .about("k\(number)", number) })
    store.log.close()
  }

  private func discardTable(_ log: TestLog) throws {
    try log.change { writer, database throws(StorageError) in
      guard let cell = writer.topics.cell(writer.topics.all[0].id) else { return }
      try writer.discardTable(of: cell, database)
    }
  }

  @Test func `a table that is discarded goes bit by bit, also after a crash`() async throws {
    try await makeTable()
    let log = try makeLog()
    try discardTable(log)
    let before = log.writer.topics.all[0]
    #expect(before.tableCount == nil && before.tableBytes > 0)
    #expect(try log.writer.deleteDiscarded())
    #expect(try count("table_rows", log) == 40)
    #expect(log.writer.topics.all[0].tableBytes < before.tableBytes)
    #expect(try Verifier(log.reader()) { _ in true }.verified().isSound)
    try log.reopen()
    #expect(try count("table_rows", log) == 40)
    try log.writer.settle(now: 1_000)
    #expect(try count("table_rows", log) == 0)
    #expect(log.writer.topics.all[0].tableBytes == 0)
    log.writer.close()
    // The next one takes note of what the log keeps.
    let store = try DurableStore(place.path)
    #expect(DurableStore.rows(try await store.openEvents()).count == 50)
    store.log.close()
  }

  @Test func `one that begins anew waits until the rows of the former are gone`() async throws {
    try await makeTable()
    var settings = StorageSettings()
    settings.retentionStep = 10
    let store = try DurableStore(place.path, settings: settings)
    let commits = store.log.statistics.commits
    let topic = try await store.openEvents(named: "other", recovery: .useWhatIsThere)
    #expect(DurableStore.rows(topic).count == 50)
    // Upkeep may have deleted some of them too.
    #expect(store.log.statistics.commits - commits >= 2)
    try await topic.publish([.about("k1", nil)])
    #expect(DurableStore.rows(topic).count == 49)
    #expect(try await store.log.verify().isSound)
    store.log.close()
    let again = try DurableStore(place.path)
    #expect(DurableStore.rows(try await again.openEvents(named: "other")).count == 49)
    again.log.close()
  }
}

extension Verifier {
  /// What it finds of everything but the structure.
  fileprivate consuming func verified() throws -> VerificationReport {
    try run(checkingStructure: false)
  }
}
