// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

@Suite struct KeyTests {
  private let place: TemporaryDirectory
  private let log: TestLog

  init() throws {
    place = try TemporaryDirectory()
    var settings = StorageSettings()
    settings.keyAge = .milliseconds(100)
    settings.maximumKeys = 10
    settings.retentionStep = 4
    log = try TestLog(place.database, settings: settings)
  }

  @Test func `a repeated publish gets the first one's offsets also after a restart`() throws {
    let topic = try log.topic("a")
    try log.append(["x"], to: topic, at: 1)
    let first = try log.append(["y", "z"], to: topic, at: 2, key: "k")
    let again = try log.append(["y", "z"], to: topic, at: 50, key: "k")
    #expect((again.firstOffset, again.lastOffset, again.appended) == (2, 3, 2))
    #expect(again.isRepeat && !first.isRepeat)
    try log.reopen()
    let later = try log.append(["y", "z"], to: topic, at: 60, key: "k")
    #expect(later.isRepeat && later.firstOffset == 2)
    #expect(try log.now(topic).nextOffset == 4)
    let other = try log.topic("b")
    #expect(try log.append(["y", "z"], to: other, key: "k").isRepeat == false)
  }

  @Test func `a repeat in the same group is one too`() throws {
    let topic = try log.topic("a")
    let answers = (0..<3).map { _ in Answer<[AppendReceipt]>() }
    let commit = LogCommit([LogAppend([[1]], to: topic.id, appended: 1, key: "k")])
    log.writer.serve(answers.map { .commit(commit, $0.take) })
    #expect(try answers.map { try $0.get()[0].firstOffset } == [1, 1, 1])
    #expect(try answers.map { try $0.get()[0].isRepeat } == [false, true, true])
  }

  @Test func `another publish with a known key is refused`() throws {
    let topic = try log.topic("a")
    try log.append(["yy"], to: topic, key: "k")
    for texts in [["yy", ""], ["yyy"], ["yz"]] {
      let error = #expect(throws: StorageError.self) { try log.append(texts, to: topic, key: "k") }
      #expect(error?.reason == .keyReused(count: 1))
    }
    let append = LogAppend([[1]], to: topic.id, appended: 1, key: "new")
    #expect(throws: StorageError.self) { _ = try log.append(LogCommit([append, append])) }
  }

  @Test func `a key counts for the stated time and is forgotten after it`() throws {
    let topic = try log.topic("a")
    try log.append(["x"], to: topic, at: 1_000, key: "k")
    #expect(try log.append(["x"], to: topic, at: 1_100, key: "k").isRepeat)
    let late = try log.append(["x"], to: topic, at: 1_101, key: "k")
    #expect(!late.isRepeat && late.firstOffset == 2)
    #expect(try log.append(["x"], to: topic, at: 1_150, key: "k").firstOffset == 2)
    #expect(try log.writer.expireKeys(now: 1_150) == false)
    try log.writer.settle(now: 1_202)
    #expect(try countKeys() == 0)
  }

  private func countKeys() throws -> Int64 {
    let count = try Statement("SELECT count(*) FROM keys", operation: "count", log.reader())
    _ = try count.step()
    return count.int64(0)
  }

  @Test func `too many keys go in steps, the oldest first`() throws {
    let topic = try log.topic("a")
    for number in 0..<25 { try log.append(["x"], to: topic, at: 1_000, key: "\(number)") }
    #expect(try log.writer.expireKeys(now: 1_000))
    #expect(try countKeys() == 21)
    try log.writer.settle(now: 1_000)
    #expect(try countKeys() == 10)
    #expect(try log.append(["x"], to: topic, at: 1_001, key: "15").isRepeat)
    #expect(try log.append(["x"], to: topic, at: 1_001, key: "14").isRepeat == false)
  }
}
