// SPDX-License-Identifier: Apache-2.0
import StorageFaults
import Streams
import Testing

@testable import Storage

/// Syncs of the thread that writes back which fail and lose what was written, and then a power loss.
@Suite struct WriteBackSyncTests {
  private let place: TemporaryDirectory
  private let disk = FaultyDisk()
  private let log: TestLog
  private let topic: StoredTopic
  private let text = String(repeating: "x", count: 3_000)

  init() throws {
    place = try TemporaryDirectory()
    log = try TestLog(place.database, on: disk, checkpointPages: 32)
    topic = try log.topic("a")
    try log.help(.byHand)
  }

  /// Has the other thread write back all but a commit, so that it syncs the database itself, which
  /// fails; answers somebody who still has the database open, if he is wanted.
  private func failAside(beside somebody: Bool) throws -> Database? {
    while log.writer.writeBackThread?.isBusy != true {
      try log.append([text], to: topic)
      try log.writer.writeBackIfDue()
    }
    var reader: Database? = try log.reader()
    try reader?.execute("BEGIN", "read")
    if let reader { _ = try TopicRow.read(after: 0, limit: 1, reader) }
    try log.append([text], to: topic)
    disk.dropSync(of: faults_database)
    #expect(log.writeAside())
    try reader?.execute("COMMIT", "read")
    if !somebody { reader = nil }
    return reader
  }

  /// Everything is there when the power goes now, in a database whose pages fit together.
  private func checkSurvivors(_ name: String) throws {
    let after = try TemporaryDirectory()
    try disk.losePower(into: after.path, seed: 1)
    let next = try TestLog(after.database)
    #expect(try Structure.fault(next.reader()) == nil, "\(name)")
    #expect(next.writer.findings.damage.isEmpty, "\(name)")
    #expect(
      next.writer.topics[topic.name]?.nextOffset == (try log.now(topic).nextOffset),
      "\(name)"
    )
  }

  @Test(arguments: [false, true], [false, true])
  func `a store that is closed has heard of it`(isHeardBefore: Bool, somebody: Bool) throws {
    let reader = try failAside(beside: somebody)
    try checkSurvivors("failed")
    if isHeardBefore {
      var upkeep = Upkeep()
      upkeep.run(log.writer, now: 1_000)
      try log.append([text], to: topic)
    }
    log.writer.close()
    #expect(log.writer.statistics.reconnects == 1)
    try checkSurvivors("closed")
    #expect(Files.exists("\(log.path)-wal") == somebody)
    try log.reopen()
    #expect(log.writer.findings.wasClosed)
    try checkSurvivors("opened")
    _ = reader
  }

  @Test func `a store that can't be opened again at its close leaves its log`() throws {
    _ = try failAside(beside: false)
    disk.arm(faults_io, from: 1, count: 1 << 40)
    log.writer.close()
    disk.heal()
    try checkSurvivors("closed")
    try log.reopen()
    try log.append([text], to: topic)
    log.writer.close()
    try checkSurvivors("closed again")
  }

  @Test(arguments: [false, true])
  func `what it wrote back is written back again when the database is opened`(
    somebody: Bool
  )
    throws
  {
    let reader = try failAside(beside: somebody)
    var upkeep = Upkeep()
    upkeep.run(log.writer, now: 1_000)
    #expect(log.writer.database == nil)
    try log.append([text], to: topic)
    #expect(log.writer.statistics.reconnects == 1)
    try checkSurvivors("opened")
    // The log begins anew, which it must not before all of it is in the database.
    for _ in 0..<100 {
      try log.append([text], to: topic)
      try log.writer.writeBackIfDue()
      log.writeAside()
    }
    try checkSurvivors("after")
    _ = reader
  }

  @Test func `the log's sync that fails there is the writing thread's trouble too`() throws {
    let normal = try log.topic("n", StorageRules(synchronous: .normal))
    while log.writer.writeBackThread?.isBusy != true {
      try log.append([text], to: normal)
      try log.writer.writeBackIfDue()
    }
    disk.dropSync(of: faults_log)
    #expect(log.writeAside())
    // Its descriptor is told of it, so nothing is acknowledged before the log was given to the disk anew.
    _ = try? log.append([text], to: topic)
    try log.append([text], to: topic)
    #expect(log.writer.statistics.reconnects == 1)
    try checkSurvivors("published")
  }

  @Test func `a log that is closed while it is written back loses nothing`() async throws {
    for run in seeds(20) {
      let (disk, place, after) = (FaultyDisk(), try TemporaryDirectory(), try TemporaryDirectory())
      var settings = StorageSettings()
      settings.system = disk.name
      settings.checkpointPages = 64
      let log = try EventLog(directory: place.path, settings: settings)
      let topic = try await log.openTopic("a", StorageRules())
      disk.delayDatabase(microseconds: 150)
      disk.dropSync(of: faults_database)
      let payload = [UInt8](repeating: 7, count: 3_000)
      let count = await withTaskGroup(of: Int.self) { group in
        for _ in 0..<3 {
          group.addTask {
            var count = 0
            for _ in 0..<(12 + run % 40) {
              let append = LogAppend([payload], to: topic.id, appended: 1)
              if (try? await log.append(append)) != nil { count += 1 }
            }
            return count
          }
        }
        return await group.reduce(0, +)
      }
      log.close()
      disk.dropSync(0, of: faults_database)
      try disk.losePower(into: after.path, seed: run)
      let next = try TestLog(after.database)
      let end = next.writer.topics["a"]?.nextOffset ?? 1
      // What was in doubt when the log was closed may be there.
      #expect(end > count && next.writer.findings.damage.isEmpty, "\(run)")
      #expect(try Structure.fault(next.reader()) == nil, "\(run)")
    }
  }
}
