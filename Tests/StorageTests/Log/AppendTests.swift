// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

@Suite struct AppendTests {
  private let place: TemporaryDirectory
  private let log: TestLog

  init() throws {
    place = try TemporaryDirectory()
    log = try TestLog(place.database)
  }

  @Test func `groups of every size are there, each entry in its place`() throws {
    let (a, b) = (try log.topic("a"), try log.topic("b"))
    var expected: [StoredTopic: [String]] = [a: [], b: []]
    for count in 1...75 {
      for topic in [a, b] {
        let texts = (0..<count).map { "\(topic.name) \(count) \($0)" }
        expected[topic]?.append(contentsOf: texts)
        try log.append(texts, to: topic)
      }
    }
    for topic in [a, b] {
      var (found, after): ([String], Offset) = ([], 0)
      while let last = try log.read(topic, after: after, limit: 91).entries.last?.offset {
        found += try log.read(topic, after: after, limit: 91).entries.map {
          String(decoding: $0.payload, as: UTF8.self)
        }
        after = last
      }
      #expect(found == expected[topic])
    }
  }

  @Test func `entries get consecutive offsets and come back as they were`() throws {
    let topic = try log.topic("a")
    let first = try log.append(["x", "", "z"], to: topic, at: 5)
    let second = try log.append(["ä"], to: topic, at: 6)
    #expect((first.firstOffset, first.lastOffset, first.appended) == (1, 3, 5))
    #expect((second.firstOffset, second.lastOffset) == (4, 4))
    #expect(first.epoch == topic.epoch)
    let batch = try log.read(topic)
    #expect(batch.entries.map(\.offset) == [1, 2, 3, 4])
    #expect(batch.entries.map(\.appended) == [5, 5, 5, 6])
    #expect(try log.texts(topic) == ["x", "", "z", "ä"])
  }

  @Test func `topics do not see each other`() throws {
    let (a, b) = (try log.topic("a"), try log.topic("b"))
    for round in 0..<5 {
      try log.append(["a\(round)"], to: a)
      try log.append(["b\(round)", "c\(round)"], to: b)
    }
    #expect(try log.texts(a) == (0..<5).map { "a\($0)" })
    #expect(try log.read(b).entries.map(\.offset) == Array(1...10))
    #expect(a.epoch != b.epoch)
  }

  @Test func `an instant never goes back`() throws {
    let topic = try log.topic("a")
    try log.append(["x"], to: topic, at: 9)
    #expect(try log.append(["y"], to: topic, at: 3).appended == 9)
    try log.reopen()
    #expect(try log.append(["z"], to: topic, at: 4).appended == 9)
  }

  @Test func `a log that is opened again goes on where it was`() throws {
    let topic = try log.topic("a")
    try log.append(["x", "y"], to: topic, marks: [.endOfInput], at: 7)
    let before = try log.now(topic)
    try log.reopen()
    let after = try log.topic("a")
    #expect(after == before)
    #expect(try log.append(["z"], to: topic).firstOffset == 3)
    #expect(try log.texts(topic) == ["x", "y", "z"])
  }

  @Test func `a commit of several appends is one`() throws {
    let (a, b) = (try log.topic("a"), try log.topic("b", StorageRules(maximumBytes: 100)))
    let appends = [
      LogAppend([[1]], to: a.id, appended: 1),
      LogAppend([Array(repeating: 0, count: 200)], to: b.id, appended: 1),
    ]
    let error = #expect(throws: StorageError.self) { _ = try log.append(LogCommit(appends)) }
    #expect(error?.reason == .tooLarge(limit: 100, unit: "bytes"))
    #expect(try log.now(a).nextOffset == 1)
    #expect(try log.texts(a) == [])
  }

  @Test func `a commit may bring more than a topic keeps, whose oldest go`() throws {
    let topic = try log.topic("a", StorageRules(maximumBytes: 1_000))
    let parts = (0..<50).map { number in
      LogAppend([[UInt8](repeating: UInt8(number), count: 100)], to: topic.id, appended: 1)
    }
    let receipts = try log.append(LogCommit(parts))
    #expect(receipts.map(\.lastOffset) == (1...50).map { Offset($0) })
    try log.writer.settle(now: 1_000)
    let now = try log.now(topic)
    #expect(now.bytes <= 1_000 && now.count > 3 && now.nextOffset == 51)
  }

  @Test func `a commit that is more than a topic may hold, which refuses, waits for room`() throws {
    let rules = StorageRules(maximumBytes: 1_000, atLimit: .refuse)
    let topic = try log.topic("a", rules)
    let part = LogAppend([[UInt8](repeating: 1, count: 400)], to: topic.id, appended: 1)
    let error = #expect(throws: StorageError.self) {
      _ = try log.append(LogCommit([part, part, part]))
    }
    // It is not the publisher's end: a pipeline has to bring it whole, once there is room.
    #expect(error?.reason == .topicFull(topic: "a", limitBytes: 1_000))
    let whole = LogAppend([[UInt8](repeating: 1, count: 1_001)], to: topic.id, appended: 1)
    let large = #expect(throws: StorageError.self) { _ = try log.append(LogCommit([whole])) }
    #expect(large?.reason == .tooLarge(limit: 1_000, unit: "bytes"))
    _ = try log.append(LogCommit([part, part]))
    let full = #expect(throws: StorageError.self) { _ = try log.append(LogCommit([part])) }
    #expect(full?.reason == .topicFull(topic: "a", limitBytes: 1_000))
  }

  @Test func `a refused request leaves the others of its group alone`() throws {
    let topic = try log.topic("a")
    let (good, bad) = (Answer<[AppendReceipt]>(), Answer<[AppendReceipt]>())
    log.writer.serve([
      .commit(LogCommit([LogAppend([[1]], to: TopicID(rawValue: 99), appended: 1)]), bad.take),
      .commit(LogCommit([LogAppend([[2]], to: topic.id, appended: 1)]), good.take),
    ])
    #expect(try good.get()[0].firstOffset == 1)
    let error = #expect(throws: StorageError.self) { _ = try bad.get() }
    #expect(error?.reason == .unknown(what: "topic"))
    #expect(log.writer.statistics.commits == 2)
  }

  @Test func `one full topic syncs the whole group`() throws {
    let normal = try log.topic("n", StorageRules(synchronous: .normal))
    let full = try log.topic("f", StorageRules(synchronous: .full))
    func syncs(_ topics: [StoredTopic]) -> UInt64 {
      let before = log.writer.statistics.syncedCommits
      log.writer.serve(
        topics.map { .commit(LogCommit([LogAppend([[1]], to: $0.id, appended: 1)])) { _ in } }
      )
      return log.writer.statistics.syncedCommits - before
    }
    #expect(syncs([normal]) == 0)
    #expect(syncs([normal, full]) == 1)
    #expect(syncs([normal, normal]) == 0)
    #expect(syncs([full]) == 1)
  }

  @Test func `bounds of an append are told`() throws {
    let topic = try log.topic("a", StorageRules(maximumBytes: 1 << 30))
    func reason(_ append: LogAppend) throws -> StorageError.Reason? {
      #expect(throws: StorageError.self) { _ = try log.append(LogCommit([append])) }?.reason
    }
    let large = [UInt8](repeating: 0, count: StorageLimits.entryBytes + 1)
    #expect(
      try reason(LogAppend([large], to: topic.id, appended: 1))
        == .tooLarge(limit: StorageLimits.entryBytes, unit: "bytes of an entry")
    )
    let many = [[UInt8]](repeating: [], count: StorageLimits.entriesPerAppend + 1)
    #expect(
      try reason(LogAppend(many, to: topic.id, appended: 1))
        == .tooLarge(limit: StorageLimits.entriesPerAppend, unit: "entries")
    )
    let key = String(repeating: "k", count: 256)
    #expect(
      try reason(LogAppend([[]], to: topic.id, appended: 1, key: key))
        == .tooLarge(limit: 255, unit: "bytes of a key")
    )
    #expect(throws: StorageError.self) { _ = try log.topic(String(repeating: "n", count: 256)) }
    #expect(try log.now(topic).count == 0)
  }

  @Test func `a deleted topic is gone and its name begins another life`() throws {
    let topic = try log.topic("a")
    try log.append(["x"], to: topic, marks: [.endOfInput], key: "k")
    let answer = Answer<Void>()
    log.writer.serve([.deleteTopic(topic.id, answer.take)])
    try answer.get()
    #expect(log.writer.topics.totalBytes == 0)
    let again = try log.topic("a")
    #expect(again.epoch != topic.epoch)
    #expect(try log.append(["y"], to: again, key: "k").firstOffset == 1)
    #expect(try log.texts(again) == ["y"])
  }
}
