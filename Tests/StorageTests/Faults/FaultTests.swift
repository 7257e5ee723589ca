// SPDX-License-Identifier: Apache-2.0
import StorageFaults
import Streams
import Testing

@testable import Storage

@Suite struct FaultTests {
  /// Fails calls of a short run from the `first`th on and checks it; answers whether any was reached.
  private func run(_ kind: faults_kind, from first: Int, count: Int) throws -> Bool {
    let place = try TemporaryDirectory()
    let disk = FaultyDisk()
    var settings = StorageSettings()
    settings.system = disk.name
    settings.bootID = "one"
    settings.retentionStep = 4
    settings.checkpointPages = 10
    let log = try TestLog(place.database, settings: settings)
    if first % 2 == 0 { try log.help(.byHand) }
    let workload = try Workload(log, seed: 1, keeping: 8)
    disk.arm(kind, from: first, count: count)
    for round in 0..<8 {
      _ = round % 4 == 3 ? workload.checkpoint() : workload.step()
      if round % 3 == 2 { workload.upkeep() }
    }
    let isReached = disk.calls >= first
    disk.heal()
    let name = "\(kind) from \(first), \(count)"
    // What was not known is, once the disk takes something.
    try log.writer.probe()
    workload.takeAnswers()
    for reason in workload.failures {
      #expect([.diskFull, .inputOutput].contains(reason), "\(name)")
    }
    // It goes on by itself.
    #expect(workload.step() && workload.checkpoint(), "\(name)")
    try check(workload, log, name)
    try checkAfterPowerLoss(workload, disk, name, seed: UInt64(first))
    try log.reopen()
    try check(workload, log, name)
    return isReached
  }

  /// What was acknowledged is there though the power goes now, whatever failed before.
  private func checkAfterPowerLoss(
    _ workload: Workload,
    _ disk: FaultyDisk,
    _ name: String,
    seed: UInt64
  ) throws {
    let after = try TemporaryDirectory()
    try disk.losePower(into: after.path, seed: seed)
    var settings = StorageSettings()
    settings.bootID = "two"
    let log = try TestLog(after.database, settings: settings)
    #expect(log.writer.findings.damage.isEmpty, "\(name)")
    let full = try log.now(workload.full.topic)
    #expect(full.nextOffset > workload.full.newest, "\(name)")
    for entry in try log.read(full, after: full.firstOffset - 1).entries {
      #expect(workload.full.acknowledged[entry.offset] == entry.payload, "\(name)")
    }
    let states = try StateReader(log.reader()).read(StateReadRequest(workload.pipeline))
    #expect(states.first?.value == [workload.state], "\(name)")
    #expect(try Structure.fault(log.reader()) == nil, "\(name)")
  }

  private func check(_ workload: Workload, _ log: TestLog, _ name: String) throws {
    for history in [workload.full, workload.normal] {
      let now = try log.now(history.topic)
      var next = now.firstOffset
      #expect(now.nextOffset == history.newest + 1, "\(name)")
      #expect(now.epoch == history.topic.epoch, "\(name)")
      while next < now.nextOffset {
        for entry in try log.read(history.topic, after: next - 1).entries {
          #expect(entry.offset == next, "\(name)")
          // What was refused is not there.
          #expect(history.acknowledged[entry.offset] == entry.payload, "\(name)")
          next = entry.offset + 1
        }
      }
    }
    let states = try StateReader(log.reader()).read(StateReadRequest(workload.pipeline))
    #expect(states.first?.value == [workload.state], "\(name)")
  }

  @Test(arguments: [
    (faults_io, 1), (faults_io, 5), (faults_full, 3), (faults_short, 1), (faults_dropping, 1),
    (faults_dropping, 3),
  ])
  func `a fault at any call loses nothing and passes`(kind: faults_kind, count: Int) throws {
    var first = 1
    while try run(kind, from: first, count: count) { first += isLongRun ? 1 : 3 }
    #expect(first > 100)
  }

  @Test func `a disk that stays full refuses with its reason and goes on when there is room`()
    throws
  {
    let place = try TemporaryDirectory()
    let disk = FaultyDisk()
    var settings = StorageSettings()
    settings.system = disk.name
    let log = try TestLog(place.database, settings: settings)
    let workload = try Workload(log, seed: 2)
    #expect(workload.step() && workload.checkpoint())
    disk.arm(faults_full, from: 1, count: 1 << 40)
    for _ in 0..<5 { #expect(!workload.step()) }
    #expect(Set(workload.failures) == [.diskFull])
    disk.heal()
    #expect(workload.step())
    try check(workload, log, "full")
    #expect(log.writer.statistics.reconnects == 0)
  }

  @Test func `a failed sync is not believed the next time`() throws {
    let place = try TemporaryDirectory()
    let disk = FaultyDisk()
    var settings = StorageSettings()
    settings.system = disk.name
    let log = try TestLog(place.database, settings: settings)
    let topic = try log.topic("a")
    try log.append(["x"], to: topic)
    // Some writes to the log, then its sync; which call that is SQLite says.
    var (call, stored) = (0, ["x"])
    var hasSynced = false
    repeat {
      call += 1
      disk.arm(faults_io, from: call, count: 1)
      do {
        try log.append(["y"], to: topic)
        // The sync failed, and the disk has it all the same.
        stored.append("y")
        hasSynced = true
      } catch let error as StorageError {
        hasSynced = hasSynced || error.code?.isFailedSync == true
      }
      disk.heal()
      try log.append(["between"], to: topic)
      stored.append("between")
      #expect(log.writer.statistics.reconnects == UInt64(call))
    } while !hasSynced && call < 20
    #expect(hasSynced)
    try log.append(["z"], to: topic)
    #expect(try log.texts(topic) == stored + ["z"])
    try log.reopen()
    #expect(try log.texts(topic) == stored + ["z"])
  }

  @Test func `trouble is told until the disk takes a commit again, without a publish`() throws {
    let place = try TemporaryDirectory()
    let disk = FaultyDisk()
    var settings = StorageSettings()
    settings.system = disk.name
    let log = try TestLog(place.database, settings: settings)
    let workload = try Workload(log, seed: 3)
    for kind in [faults_full, faults_io] {
      disk.arm(kind, from: 1, count: 1 << 40)
      #expect(!workload.step())
      #expect(log.writer.trouble?.reason == (kind == faults_full ? .diskFull : .inputOutput))
      var upkeep = Upkeep()
      upkeep.run(log.writer, now: 10_000)
      #expect(log.writer.trouble != nil)
      disk.heal()
      upkeep.run(log.writer, now: 10_999)
      #expect(log.writer.trouble != nil)
      upkeep.run(log.writer, now: 11_000)
      #expect(log.writer.trouble == nil)
      workload.takeAnswers()
      #expect(workload.step())
    }
  }

  @Test func `a read that fails is an error and never a wrong answer`() throws {
    let place = try TemporaryDirectory()
    let disk = FaultyDisk()
    var settings = StorageSettings()
    settings.system = disk.name
    let log = try TestLog(place.database, settings: settings)
    let topic = try log.topic("a")
    let texts = (0..<50).map { String(repeating: "\($0)", count: 300) }
    try log.append(texts, to: topic)
    var call = 1
    while true {
      disk.arm(faults_io, from: call, count: 1)
      let result = Result { try log.texts(topic) }
      let isReached = disk.calls >= call
      disk.heal()
      switch result {
      case .success(let found): #expect(found == texts)
      case .failure(let error):
        #expect((error as? StorageError)?.reason == .inputOutput)
      }
      guard isReached else { break }
      call += 1
    }
    #expect(call > 5)
  }
}
