// SPDX-License-Identifier: Apache-2.0
import StorageFaults
import Streams
import Testing

@testable import Storage

@Suite struct TableFaultTests {
  /// A run on a disk that fails, with what was acknowledged.
  private final class Run: Sendable {
    let directory: TemporaryDirectory
    let disk = FaultyDisk()
    let log: EventLog
    let table: Table<String, Int>
    private let model = Guarded(TableModel())
    let maximumKeys: Int

    init(seed: UInt64, keeping count: UInt64?, ignoringSyncs: Bool = false) async throws {
      directory = try TemporaryDirectory()
      if ignoringSyncs { disk.ignoreSyncs() }
      maximumKeys = seed % 2 == 0 ? 5 : 100
      log = try EventLog(directory: directory.path, settings: Self.settings(disk))
      let rules = StorageRules(maximumCount: count)
      let stored = try DurableTopics(log) { _ in rules }
      table = try await Self.open(stored, maximumKeys)
    }

    private static func settings(_ disk: FaultyDisk) -> StorageSettings {
      var settings = StorageSettings()
      settings.system = disk.name
      settings.bootID = "one"
      settings.retentionStep = 4
      settings.checkpointPages = 20
      return settings
    }

    static func open(
      _ stored: DurableTopics,
      _ maximumKeys: Int
    ) async throws -> Table<String, Int> {
      try await stored.openTable(
        "t",
        maximumKeys: maximumKeys,
        weigher: TableModel.weigher
      )
    }

    /// Publishes by several tasks; each ends when something was refused, or goes on.
    func publish(_ count: Int, seed: UInt64, goingOn: Bool) async {
      await withTaskGroup(of: Void.self) { group in
        for task in 0..<3 {
          group.addTask { [self] in
            var random = SeededRandom(seed: seed &* 31 &+ UInt64(task))
            for _ in 0..<count {
              let changes = random.makeChanges()
              do {
                let receipt = try await table.topic.publish(changes)
                model.withLock { $0.note(changes, receipt) }
              } catch {
                if !goingOn { return }
              }
            }
          }
        }
      }
    }

    /// Publishes until it fails; what was not answered then waits for the disk, or the log's end.
    func publishUntilTrouble(_ count: Int, seed: UInt64) async -> Task<Void, Never> {
      let isDone = Guarded(false)
      let publishing = Task {
        await publish(count, seed: seed, goingOn: false)
        isDone.withLock { $0 = true }
      }
      while log.trouble == nil, !isDone.withLock({ $0 }) { await Task.yield() }
      return publishing
    }

    var acknowledged: Offset { model.withLock { $0.newest } }

    /// What is wrong with a table, as far as it has come.
    func fault(_ table: Table<String, Int>, _ log: EventLog) async throws -> String? {
      let (through, rows) = TableModel.rows(table)
      guard through >= acknowledged else { return "acknowledged changes are gone: \(through)" }
      var model = model.withLock { $0 }
      model.maximumKeys = maximumKeys
      // What was refused and is there all the same, the log tells.
      for (offset, change) in try await unknown(model, through, log) {
        model.note(change, at: offset)
      }
      let expected = model.rows(through: through)
      return rows == expected ? nil : "\(rows), not \(expected)"
    }

    private func unknown(
      _ model: TableModel,
      _ through: Offset,
      _ log: EventLog
    ) async throws -> [(Offset, Change)] {
      guard let topic = try await log.topics().first(where: { $0.name == "t" }) else { return [] }
      let known = model.changes.keys
      var found: [(Offset, Change)] = []
      for offset in 1..<through + 1 where !known.contains(offset) {
        let batch = try await log.read(ReadRequest(topic, after: offset - 1, limit: 1))
        guard let entry = batch.entries.first, entry.offset == offset else { continue }
        guard let change: Change = ChangeForm.decode(entry.payload) else { continue }
        found.append((offset, change))
      }
      return found
    }
  }

  private func losePower(seed: UInt64, ignoringSyncs: Bool = false) async throws -> String? {
    // More than can be on their way: what was refused and is there all the same is read.
    let count: UInt64? = seed % 3 == 0 ? nil : 12
    let run = try await Run(seed: seed, keeping: count, ignoringSyncs: ignoringSyncs)
    var random = SeededRandom(seed: seed &* 7_919)
    let isAtSync = seed % 3 == 0
    let first = Int.random(in: 1...(isAtSync ? 25 : 300), using: &random)
    run.disk.arm(isAtSync ? faults_power_at_sync : faults_power, from: first)
    let publishing = await run.publishUntilTrouble(15, seed: seed)
    let after = try TemporaryDirectory()
    let sector = Bool.random(using: &random) ? 512 : 4_096
    try run.disk.losePower(into: after.path, seed: seed, sectorBytes: sector)
    run.log.close()
    await publishing.value
    var settings = StorageSettings()
    settings.bootID = "two"
    let log = try EventLog(directory: after.path, settings: settings)
    defer { log.close() }
    // The rows on disk have all the log has, before a table reads what it may have missed.
    for topic in try await log.topics() {
      guard let table = topic.table else { continue }
      if table.through + 1 != topic.nextOffset { return "the rows are those of \(table.through)" }
    }
    let table = try await Run.open(try DurableTopics(log) { _ in nil }, run.maximumKeys)
    if let fault = try await run.fault(table, log) { return fault }
    let report = try await log.verify()
    return report.isSound ? nil : "\(report)"
  }

  @Test func `after a power loss the table is what the log says`() async throws {
    for seed in seeds(60) {
      let fault = try await losePower(seed: seed)
      #expect(fault == nil, "seed \(seed)")
    }
  }

  @Test func `with syncs that do nothing the same test fails`() async throws {
    var found = 0
    for seed in 0..<UInt64(20) {
      do {
        found += try await losePower(seed: seed, ignoringSyncs: true) == nil ? 0 : 1
      } catch {
        // The database can't even be opened.
        found += 1
      }
    }
    #expect(found > 5)
  }

  /// Lets some calls fail in the middle of publishing, heals, and goes on in the same process.
  private func fail(_ kind: faults_kind, from first: Int, count: Int, seed: UInt64) async throws {
    let run = try await Run(seed: seed, keeping: nil)
    await run.publish(3, seed: seed, goingOn: true)
    run.disk.arm(kind, from: first, count: count)
    await run.publish(8, seed: seed &+ 1, goingOn: true)
    run.disk.heal()
    await run.publish(3, seed: seed &+ 2, goingOn: true)
    let name = "\(kind) from \(first), \(count)"
    guard !run.table.topic.hasLostItsLife else { return run.log.close() }
    #expect(try await run.fault(run.table, run.log) == nil, "\(name)")
    #expect(try await run.log.verify().isSound, "\(name)")
    run.log.close()
  }

  @Test func `what is acknowledged after a fault is in the table, also repeated`() async throws {
    var (survived, refused) = (0, 0)
    for first in 1..<40 {
      let run = try await Run(seed: 1, keeping: nil)
      let topic = run.table.topic
      try await topic.publish([.set("a", 1)])
      let reader = Task {
        for try await change in run.table.flow() where change == .set("b", first) { return true }
        return false
      }
      run.disk.arm(faults_io, from: first)
      let receipt = try? await topic.publish([.set("b", first)], key: "k")
      run.disk.heal()
      if receipt != nil { #expect(run.table["b"] == first, "\(first)") }
      let again = try await topic.publish([.set("b", first)], key: "k")
      #expect(receipt == nil || receipt == again)
      #expect(run.table["b"] == first, "\(first)")
      #expect(run.table.snapshot().offset == topic.statistics.lastOffset, "\(first)")
      #expect(topic.statistics.lastOffset == 2, "\(first)")
      #expect(try await reader.value)
      if receipt == nil { refused += 1 }
      if receipt != nil, run.log.statistics.reconnects > 0 { survived += 1 }
      run.log.close()
    }
    #expect(survived > 0 && refused > 0, "\(survived) \(refused)")
  }

  @Test(arguments: [(faults_io, 1), (faults_io, 4), (faults_full, 3), (faults_short, 1)])
  func `after a fault at any call memory and disk have the same table`(
    kind: faults_kind,
    count: Int
  ) async throws {
    for first in stride(from: 1, to: 160, by: isLongRun ? 1 : 7) {
      try await fail(kind, from: first, count: count, seed: UInt64(first))
    }
  }
}
