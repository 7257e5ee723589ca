// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

@Suite struct EventLogTests {
  private let place: TemporaryDirectory
  private var directory: String { "\(place.path)/data" }

  init() throws { place = try TemporaryDirectory() }

  private func payload(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test func `what was appended is read and is there after it was closed`() async throws {
    let log = try EventLog(directory: directory)
    let topic = try await log.openTopic("a")
    let append = LogAppend([payload("x"), payload("y")], to: topic.id, appended: 5)
    let receipt = try await log.append(LogCommit([append]))[0]
    #expect(receipt.lastOffset == 2)
    var now = topic
    now.nextOffset = 3
    #expect(try await log.read(ReadRequest(now, after: 0)).entries.map(\.offset) == [1, 2])
    #expect(try await log.topics().map(\.nextOffset) == [3])
    #expect(log.trouble == nil)
    log.close()
    let again = try EventLog(directory: directory)
    #expect(again.findings.wasClosed && again.findings.checkedCount == 2)
    let reopened = try await again.openTopic("a")
    #expect(reopened.nextOffset == 3 && reopened.epoch == topic.epoch)
    again.close()
  }

  @Test func `an append alone is a commit of its own`() async throws {
    let log = try EventLog(directory: directory)
    let rules = StorageRules(synchronous: .normal, maximumBytes: 1_000, atLimit: .refuse)
    let topic = try await log.openTopic("a", rules)
    // A key of long ago may be forgotten at any moment.
    let now = SystemClock().now
    let append = LogAppend([payload("x")], to: topic.id, appended: now, key: "k")
    let first = try await log.append(append)
    let again = try await log.append(append)
    #expect(first.lastOffset == 1 && !first.isRepeat)
    #expect(again.firstOffset == 1 && again.isRepeat)
    let large = LogAppend([[UInt8](repeating: 0, count: 950)], to: topic.id, appended: 7)
    let error = await #expect(throws: StorageError.self) { _ = try await log.append(large) }
    #expect(error?.reason == .topicFull(topic: "a", limitBytes: 1_000))
    log.close()
    let closed = await #expect(throws: StorageError.self) { _ = try await log.append(large) }
    #expect(closed?.reason == .closed)
  }

  @Test func `publishes of many tasks get all offsets once and in order`() async throws {
    let log = try EventLog(directory: directory)
    let topic = try await log.openTopic("a", StorageRules(synchronous: .normal))
    let offsets = try await withThrowingTaskGroup(of: [Offset].self) { group in
      for task in 0..<16 {
        group.addTask {
          var offsets: [Offset] = []
          for _ in 0..<25 {
            let append = LogAppend([[UInt8(task)], [0]], to: topic.id, appended: 1)
            let receipt = try await log.append(LogCommit([append]))[0]
            offsets += receipt.firstOffset...receipt.lastOffset
          }
          return offsets
        }
      }
      var all: [Offset] = []
      for try await offsets in group {
        #expect(offsets == offsets.sorted())
        all += offsets
      }
      return all
    }
    #expect(offsets.sorted() == Array(1...800))
    log.close()
    #expect(log.statistics.entries == 800)
    #expect(log.statistics.commits <= 402)
  }

  @Test func `what came while a transaction ran is one transaction`() async throws {
    let log = try EventLog(directory: directory)
    let topic = try await log.openTopic("a")
    // The thread is kept busy by a step until all publishes wait.
    let gate = Monitor(false)
    let before = log.statistics.commits
    try log.thread.submit(
      .steps { _ in
        gate.wait { $0 ? () : nil }
        return false
      }
    )
    let answers = (0..<100).map { _ in Answer<[AppendReceipt]>() }
    let append = LogCommit([LogAppend([[1]], to: topic.id, appended: 1)])
    for answer in answers { try log.append(append, completion: answer.take) }
    gate.withLock { isOpen in
      isOpen = true
      return ((), true)
    }
    log.close()
    #expect(try answers.map { try $0.get()[0].firstOffset } == Array(1...100))
    // Some may have come before the step: then they are a group of their own.
    #expect(log.statistics.commits - before <= 2)
  }

  @Test func `too much that waits is refused with the limit`() async throws {
    var settings = StorageSettings()
    settings.maximumQueuedRequests = 3
    let log = try EventLog(directory: directory, settings: settings)
    let topic = try await log.openTopic("a")
    let (gate, isBusy) = (Monitor(false), Monitor(false))
    try log.thread.submit(
      .steps { _ in
        isBusy.withLock { isBusy in
          isBusy = true
          return ((), true)
        }
        gate.wait { $0 ? () : nil }
        return false
      }
    )
    isBusy.wait { $0 ? () : nil }
    let commit = LogCommit([LogAppend([[1]], to: topic.id, appended: 1)])
    let answers = (0..<3).map { _ in Answer<[AppendReceipt]>() }
    for answer in answers { try log.append(commit, completion: answer.take) }
    let error = #expect(throws: StorageError.self) { try log.append(commit) { _ in } }
    #expect(error?.reason == .overloaded(limit: 3, unit: "requests"))
    #expect(log.writeQueue.refused == 1)
    gate.withLock { isOpen in
      isOpen = true
      return ((), true)
    }
    log.close()
    #expect(try answers.map { try $0.get()[0].firstOffset } == [1, 2, 3])
  }

  @Test func `a closed log refuses and its directory is free`() async throws {
    let log = try EventLog(directory: directory)
    let topic = try await log.openTopic("a")
    let taken = #expect(throws: StorageError.self) { _ = try EventLog(directory: directory) }
    if case .inUse = taken?.reason {} else { Issue.record("expected inUse, got \(taken as Any)") }
    log.close()
    log.close()
    let commit = LogCommit([LogAppend([[1]], to: topic.id, appended: 1)])
    await #expect(throws: StorageError.self) { _ = try await log.append(commit) }
    await #expect(throws: StorageError.self) {
      _ = try await log.read(ReadRequest(topic, after: 0))
    }
    try EventLog(directory: directory).close()
  }

  @Test func `readers do not keep the write-ahead log from being written back`() async throws {
    var settings = StorageSettings()
    settings.checkpointPages = 8
    let log = try EventLog(directory: directory, settings: settings)
    let topic = try await log.openTopic("a", StorageRules(synchronous: .normal))
    let isDone = Monitor(false)
    let readers = (0..<4).map { _ in
      Task {
        var reads = 0
        while !isDone.withLock({ ($0, false) }) {
          var now = topic
          now.nextOffset = 200
          _ = try await log.read(ReadRequest(now, after: 0, limit: 50))
          reads += 1
        }
        return reads
      }
    }
    let large = [UInt8](repeating: 7, count: 9_000)
    for _ in 0..<300 {
      _ = try await log.append(LogCommit([LogAppend([large], to: topic.id, appended: 1)]))
    }
    isDone.withLock { isDone in
      isDone = true
      return ((), false)
    }
    for reader in readers { _ = await reader.result }
    #expect(log.statistics.checkpoints > 3)
    // 8 pages, sixteen times that before readers wait, and one commit.
    #expect(Files.size("\(log.path)-wal") < 8 * 16 * 4_096 * 3)
    log.close()
  }
}
