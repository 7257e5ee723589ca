// SPDX-License-Identifier: Apache-2.0
import Foundation
import Streams
import Testing

@testable import Storage

@Suite struct BackupTests {
  private let place: TemporaryDirectory
  private var copy: String { "\(place.path)/copy.db" }

  init() throws { place = try TemporaryDirectory() }

  private func append(_ log: EventLog, _ topic: StoredTopic, _ count: Int) async throws {
    for number in 0..<count {
      let payload = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 2_000)
      _ = try await log.append(LogCommit([LogAppend([payload], to: topic.id, appended: 1)]))
    }
  }

  @Test func `a copy made under publishing is whole, and restores with new epochs`() async throws {
    let log = try EventLog(directory: "\(place.path)/data")
    let topic = try await log.openTopic("a", StorageRules(synchronous: .normal))
    try await append(log, topic, 500)
    async let publishing: Void = append(log, topic, 500)
    let steps = Monitor(0)
    try await log.backUp(to: copy) { copied, total in
      steps.withLock { steps in
        steps += 1
        return (copied < total, false)
      }
    }
    try await publishing
    log.close()
    #expect(steps.withLock { ($0, false) } > 2)
    #expect(!Files.exists("\(copy).partial"))

    let restored = "\(place.path)/restored"
    try EventLog.restore(from: copy, into: restored)
    let report = try EventLog.verify(directory: restored)
    #expect(report.isSound && 500...1_000 ~= report.entries)
    let again = try EventLog(directory: restored)
    #expect(again.findings.wasClosed && again.findings.renewed == [])
    let after = try await again.openTopic("a", StorageRules(synchronous: .normal))
    #expect(after.epoch != topic.epoch && after.nextOffset == report.entries + 1)
    again.close()
  }

  @Test func `a file that is there is not overwritten`() async throws {
    let log = try EventLog(directory: "\(place.path)/data")
    try Data("mine".utf8).write(to: URL(fileURLWithPath: copy))
    await #expect(throws: StorageError.self) { try await log.backUp(to: copy) }
    #expect(try String(contentsOfFile: copy, encoding: .utf8) == "mine")
    log.close()
    let error = #expect(throws: StorageError.self) {
      try EventLog.restore(from: copy, into: "\(place.path)/data")
    }
    #expect(error?.reason == .exists)
  }

  @Test func `a copy that is cancelled leaves nothing`() async throws {
    let log = try EventLog(directory: "\(place.path)/data")
    let topic = try await log.openTopic("a", StorageRules(synchronous: .normal))
    try await append(log, topic, 400)
    let path = copy
    let error = await #expect(throws: StorageError.self) {
      try await log.backUp(to: path) { _, _ in false }
    }
    #expect(error?.reason == .cancelled)
    #expect(!Files.exists(copy) && !Files.exists("\(copy).partial"))
    try await append(log, topic, 1)
    log.close()
  }

  @Test func `what is no copy is refused and nothing is made`() throws {
    try Data(repeating: 7, count: 10_000).write(to: URL(fileURLWithPath: copy))
    let target = "\(place.path)/target"
    let error = #expect(throws: StorageError.self) {
      try EventLog.restore(from: copy, into: target)
    }
    #expect(error?.reason == .notADatabase)
    let left = try FileManager.default.contentsOfDirectory(atPath: target)
    #expect(left == ["weir.lock"])
  }

  @Test func `a damaged copy is refused`() async throws {
    let log = try EventLog(directory: "\(place.path)/data")
    let topic = try await log.openTopic("a", StorageRules(synchronous: .normal))
    try await append(log, topic, 100)
    try await log.backUp(to: copy)
    log.close()
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: copy))
    try file.seek(toOffset: try file.seekToEnd() / 2 / 4_096 * 4_096)
    try file.write(contentsOf: Data(repeating: 0xA5, count: 4_096))
    try file.close()
    let error = #expect(throws: StorageError.self) {
      try EventLog.restore(from: copy, into: "\(place.path)/target")
    }
    #expect(error?.reason == .corrupt)
  }
}
