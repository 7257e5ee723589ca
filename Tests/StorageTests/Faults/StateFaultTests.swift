// SPDX-License-Identifier: Apache-2.0
import StorageFaults
import Streams
import Testing

@testable import Storage

@Suite struct StateFaultTests {
  private func settings(_ disk: FaultyDisk) -> StorageSettings {
    var settings = StorageSettings()
    settings.system = disk.name
    settings.bootID = "one"
    settings.stateStepBytes = 1_000
    settings.checkpointPages = 20
    return settings
  }

  /// Fails calls of a run from the `first`th on; answers whether any was reached.
  private func run(_ kind: faults_kind, from first: Int, count: Int) throws -> Bool {
    let place = try TemporaryDirectory()
    let disk = FaultyDisk()
    let log = try TestLog(place.database, settings: settings(disk))
    if first % 2 == 0 { try log.help(.byHand) }
    let model = try StateModel(log, seed: 4, keys: 20)
    for _ in 0..<6 { #expect(model.commit(3)) }
    disk.arm(kind, from: first, count: count)
    let name = "\(kind) from \(first), \(count)"
    var isReached = false
    for _ in 0..<6 {
      if !model.commit(3) {
        // Whether it is there after all has to be known before the next one.
        isReached = true
        disk.heal()
        #expect(try model.fault(in: log) == nil, "\(name)")
      }
      for _ in 0..<3 { model.merge() }
    }
    isReached = isReached || disk.calls >= first
    disk.heal()
    #expect(try model.fault(in: log) == nil, "\(name)")
    #expect(model.commit(), "\(name)")
    try log.writer.settle(now: 1)
    #expect(try model.fault(in: log) == nil, "\(name)")
    try log.reopen()
    #expect(try model.fault(in: log) == nil, "\(name)")
    return isReached
  }

  @Test(arguments: [(faults_io, 1), (faults_io, 5), (faults_full, 3), (faults_short, 1)])
  func `a fault at any call of a merge loses and brings back no key`(
    kind: faults_kind,
    count: Int
  ) throws {
    var first = 1
    while try run(kind, from: first, count: count) { first += isLongRun ? 1 : 5 }
    #expect(first > 100)
  }

  private struct Loss {
    var fault: String?
    /// Whether the power went before the run was over.
    var hasFailed = false
    /// Whether it left a merge that was not done.
    var isMerging = false
  }

  private func losePower(
    seed: UInt64,
    ignoringSyncs: Bool = false,
    helper: TestLog.Helper = .none
  ) throws -> Loss {
    let (before, after) = (try TemporaryDirectory(), try TemporaryDirectory())
    let disk = FaultyDisk()
    if ignoringSyncs { disk.ignoreSyncs() }
    var random = SeededRandom(seed: seed &* 7_919)
    let log = try TestLog(before.database, settings: settings(disk))
    try log.help(helper)
    let model = try StateModel(log, seed: seed, keys: 20)
    let kind = seed % 3 == 0 ? faults_power_at_sync : faults_power
    disk.arm(kind, from: Int.random(in: seed % 3 == 0 ? 1...60 : 300...1_500, using: &random))
    var loss = Loss()
    for _ in 0..<60 where !loss.hasFailed {
      loss.hasFailed = !model.commit(Int.random(in: 1...6, using: &random))
      for _ in 0..<Int.random(in: 0...3, using: &random) { model.merge() }
    }
    let sector = Bool.random(using: &random) ? 512 : 4_096
    try disk.losePower(into: after.path, seed: seed, sectorBytes: sector)
    log.writer.disconnect()
    var later = StorageSettings()
    later.bootID = "two"
    let reopened = try TestLog(after.database, settings: later)
    let table = try reopened.writer.segments(reopened.writer.connected())
    loss.isMerging = table.nextMerge().map { $0.blocks > 0 } ?? false
    loss.fault = try model.fault(in: reopened)
    try reopened.writer.settle(now: 1)
    if loss.fault == nil { loss.fault = try model.fault(in: reopened) }
    return loss
  }

  @Test func `a power loss in the middle of a merge loses and brings back no key`() throws {
    var (failed, merging) = (0, 0)
    for seed in seeds(80) {
      let helper: TestLog.Helper = [.none, .byHand, .thread][Int(seed / 3) % 3]
      let loss = try losePower(seed: seed, helper: helper)
      #expect(loss.fault == nil, "seed \(seed)")
      // How far it came is chance there.
      guard helper != .thread else { continue }
      failed += loss.hasFailed ? 1 : 0
      merging += loss.isMerging ? 1 : 0
    }
    #expect(failed > 20 && merging > 3, "\(failed) \(merging)")
  }

  @Test func `with syncs that do nothing the same test fails`() throws {
    var found = 0
    for seed in 0..<UInt64(20) {
      do {
        found += try losePower(seed: seed, ignoringSyncs: true).fault == nil ? 0 : 1
      } catch {
        // The database can't even be opened.
        found += 1
      }
    }
    #expect(found > 5)
  }
}
