// SPDX-License-Identifier: Apache-2.0
import CSQLite
import StorageFaults
import Streams
import Testing

@testable import Storage

/// Syncs that fail and lose what was written, as on ext4 and XFS, and then a power loss.
@Suite struct FailedSyncTests {
  private let place: TemporaryDirectory
  private let disk = FaultyDisk()
  private let log: TestLog
  private let topic: StoredTopic
  private let text = String(repeating: "x", count: 3_000)

  init() throws {
    place = try TemporaryDirectory()
    log = try TestLog(place.database, on: disk, checkpointPages: 32)
    topic = try log.topic("a")
  }

  /// A connection that stands in the log, so that what comes later can't be written back.
  private func standing() throws -> Database {
    let reader = try log.reader()
    try reader.execute("BEGIN", "read")
    _ = try TopicRow.read(after: 0, limit: 1, reader)
    return reader
  }

  /// The texts that are there when the power goes now, in a database whose pages fit together.
  private func survivors(_ name: String) throws -> [String] {
    let after = try TemporaryDirectory()
    try disk.losePower(into: after.path, seed: 1)
    let next = try TestLog(after.database)
    #expect(try Structure.fault(next.reader()) == nil, "\(name)")
    #expect(next.writer.findings.damage.isEmpty, "\(name)")
    let found = try #require(next.writer.topics[topic.name], "\(name)")
    return try next.texts(found)
  }

  /// Writes some of the log back, unsynced because a reader stands in it, then the rest, whose sync
  /// loses all of it; answers somebody who still has the database open, if he is wanted.
  private func failToWriteBack(beside somebody: Bool) throws -> Database? {
    for _ in 0..<20 { try log.append([text], to: topic) }
    var reader: Database? = try standing()
    try log.append([text], to: topic)
    try log.writer.writeBack(SQLITE_CHECKPOINT_PASSIVE, log.writer.connected())
    try reader?.execute("COMMIT", "read")
    if !somebody { reader = nil }
    disk.dropSync(of: faults_database)
    let error = #expect(throws: StorageError.self) {
      try log.writer.writeBack(SQLITE_CHECKPOINT_PASSIVE, log.writer.connected())
    }
    if let error { log.writer.noteUpkeepFailure(error) }
    return reader
  }

  @Test(arguments: [false, true])
  func `what was written back before a failed sync is written back again`(somebody: Bool) throws {
    let reader = try failToWriteBack(beside: somebody)
    #expect(try survivors("failed").count == 21)
    try log.append([text], to: topic)
    #expect(log.writer.statistics.reconnects == 1)
    #expect(try survivors("reopened").count == 22)
    log.writer.close()
    #expect(try survivors("closed").count == 22)
    _ = reader
  }

  @Test func `a log whose writing back failed is not removed by who closes it`() throws {
    _ = try failToWriteBack(beside: false)
    log.writer.close()
    #expect(try survivors("closed").count == 21)
    try log.reopen()
    #expect(try survivors("opened").count == 21)
  }

  @Test(arguments: [false, true])
  func `what follows a failed sync of the log does not depend on what it lost`(
    somebody: Bool
  )
    throws
  {
    let normal = try log.topic("n", StorageRules(synchronous: .normal))
    try log.append(["first"], to: topic)
    var reader: Database? = try standing()
    if !somebody { reader = nil }
    for _ in 0..<5 { try log.append([text], to: normal) }
    disk.dropSync(of: faults_log)
    _ = try? log.append(["doubt"], to: topic)
    for number in 0..<5 { try log.append(["\(number)"], to: topic) }
    #expect(log.writer.statistics.reconnects == 1)
    #expect(try survivors("published") == log.texts(topic))
    log.writer.close()
    _ = reader
  }

  /// Of the log the disk has the beginning, the rest was lost by the sync; then the power goes at each
  /// call in turn while the database is opened again.
  @Test func `a database is never newer than the log that the disk has`() throws {
    let normal = try log.topic("n", StorageRules(synchronous: .normal))
    var (call, isReached) = (0, true)
    while isReached {
      call += 1
      for _ in 0..<3 { try log.append([text], to: topic) }
      for _ in 0..<8 { try log.append([text], to: normal) }
      let known = try log.texts(topic)
      disk.dropSync(of: faults_log)
      disk.arm(faults_power, from: call)
      _ = try? log.append(["doubt"], to: topic)
      isReached = disk.calls >= call
      let found = try survivors("\(call)")
      #expect(found.prefix(known.count) == known[...], "\(call)")
      disk.heal()
      disk.dropSync(0, of: faults_log)
      try log.writer.probe()
    }
    #expect(call > 10)
  }

  @Test func `what a process that is gone could not sync is given to the disk at the start`() throws
  {
    let normal = try log.topic("n", StorageRules(synchronous: .normal))
    try log.append(["first"], to: topic)
    for _ in 0..<5 { try log.append([text], to: normal) }
    disk.dropSync(of: faults_log)
    disk.arm(faults_io, from: 12, count: 1 << 40)
    _ = try? log.append(["doubt"], to: topic)
    disk.heal()
    try log.reopen()
    try log.append(["last"], to: topic)
    #expect(try survivors("opened") == log.texts(topic))
  }
}
