// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

@Suite struct ReadingTests {
  private let place: TemporaryDirectory
  private let log: TestLog

  init() throws {
    place = try TemporaryDirectory()
    log = try TestLog(place.database)
  }

  @Test func `a read is bounded by entries and by bytes but gives at least one`() throws {
    let topic = try log.topic("a")
    try log.append((0..<10).map { "number \($0)" }, to: topic)
    #expect(try log.read(topic, limit: 3).entries.map(\.offset) == [1, 2, 3])
    #expect(try log.read(topic, after: 3, bytes: 16).entries.map(\.offset) == [4, 5])
    #expect(try log.read(topic, after: 9, bytes: 1).entries.map(\.offset) == [10])
    #expect(try log.read(topic, after: 10) == StoredBatch())
    #expect(try log.read(topic, after: 99) == StoredBatch())
  }

  @Test func `a read goes no further than the topic that it was given`() throws {
    let topic = try log.topic("a")
    try log.append(["x"], to: topic)
    let then = try log.now(topic)
    try log.append(["y"], to: topic)
    let batch = try LogReader(log.reader()).read(ReadRequest(then, after: 0))
    #expect(batch.entries.map(\.offset) == [1])
  }

  @Test func `marks stand where they were set`() throws {
    let topic = try log.topic("a")
    try log.append(["a", "b"], to: topic, marks: [.watermark(1)], at: 1)
    try log.append([], to: topic, marks: [.watermark(2)], at: 2)
    try log.append(["c"], to: topic, marks: [.watermark(3), .endOfInput], at: 3)
    let all = try log.read(topic)
    #expect(all.marks.map(\.number) == [1, 2, 3, 4])
    #expect(all.marks.map(\.after) == [2, 2, 3, 3])
    #expect(all.marks.map(\.mark) == [.watermark(1), .watermark(2), .watermark(3), .endOfInput])
    #expect(all.marks.map(\.appended) == [1, 2, 3, 3])
    #expect(try log.read(topic, after: 2).marks.map(\.number) == [1, 2, 3, 4])
    #expect(try log.read(topic, after: 2, firstMark: 2).marks.map(\.number) == [2, 3, 4])
    #expect(try log.read(topic, after: 3).marks.map(\.number) == [3, 4])
    #expect(try log.read(topic, limit: 1).marks == [])
  }

  @Test func `more marks than a read gives come with the next ones`() throws {
    let topic = try log.topic("a")
    for round in 1...3 {
      try log.append(["x"], to: topic, marks: [.watermark(Timestamp(milliseconds: Int64(round)))])
    }
    var (after, mark) = (Offset(0), UInt64(1))
    var seen: [String] = []
    while true {
      let batch = try log.read(topic, after: after, firstMark: mark, limit: 2)
      if batch.entries.isEmpty, batch.marks.isEmpty { break }
      seen += batch.entries.map { "e\($0.offset)" } + batch.marks.map { "m\($0.number)" }
      after = batch.entries.last?.offset ?? after
      mark = batch.marks.last.map { $0.number + 1 } ?? mark
    }
    #expect(seen == ["e1", "e2", "m1", "m2", "e3", "m3"])
  }

  // MARK: Damage

  private func damage(_ topic: StoredTopic, after: Offset = 0) -> StorageError.Reason? {
    #expect(throws: StorageError.self) { _ = try log.read(topic, after: after) }?.reason
  }

  @Test func `a flipped byte is named and never served`() throws {
    let topic = try log.topic("a")
    try log.append(["aa", "bb", "cc"], to: topic)
    try log.tamper("UPDATE entries SET payload = x'6263' WHERE payload = x'6262'")
    #expect(try log.texts(topic) == ["aa"])
    #expect(damage(topic, after: 1) == .damaged(topic: "a", from: 2, through: 2))
    #expect(try log.texts(topic, after: 2) == ["cc"])
  }

  @Test(arguments: ["appended = 7", "position = 9", "checksum = checksum + 1", "format = 2"])
  func `every column is covered`(change: String) throws {
    let topic = try log.topic("a")
    try log.append(["aa"], to: topic)
    try log.tamper("UPDATE entries SET \(change)")
    #expect(damage(topic) == .damaged(topic: "a", from: 1, through: 1))
  }

  @Test func `a hole is an error and not a gap`() throws {
    let topic = try log.topic("a")
    try log.append(["a", "b", "c", "d"], to: topic)
    try log.tamper("DELETE FROM entries WHERE payload IN (x'62', x'63')")
    #expect(try log.texts(topic) == ["a"])
    #expect(damage(topic, after: 1) == .damaged(topic: "a", from: 2, through: 3))
    #expect(damage(topic, after: 2) == .damaged(topic: "a", from: 3, through: 3))
    try log.tamper("DELETE FROM entries WHERE payload = x'64'")
    #expect(damage(topic, after: 1) == .damaged(topic: "a", from: 2, through: 4))
  }

  @Test func `a missing start is told too`() throws {
    let topic = try log.topic("a")
    try log.append(["a", "b"], to: topic)
    try log.tamper("DELETE FROM entries WHERE payload = x'61'")
    #expect(damage(topic) == .damaged(topic: "a", from: 1, through: 1))
    try log.reopen()
    #expect(try log.now(topic).firstOffset == 1)
    #expect(log.writer.findings.damage == [Damage(topic: "a", from: 1, through: 1)])
  }

  @Test func `the start looks at the newest entries`() throws {
    let (a, b) = (try log.topic("a"), try log.topic("b"))
    try log.append((0..<600).map { "\($0)" }, to: a)
    try log.append((0..<600).map { "\($0)" }, to: b)
    try log.reopen()
    #expect(log.writer.findings.damage == [])
    #expect(log.writer.findings.checkedCount == 1_000)
    try log.tamper("UPDATE entries SET checksum = 0 WHERE payload IN (CAST('50' AS BLOB))")
    try log.tamper("UPDATE entries SET checksum = 0 WHERE payload = CAST('590' AS BLOB)")
    try log.reopen()
    #expect(log.writer.findings.damage.map(\.from) == [591, 591])
  }

  @Test func `entries behind marks for which there is no room come with the next read`() throws {
    let topic = try log.topic("a")
    let marks = (1...3).map { Mark.watermark(Timestamp(milliseconds: $0)) }
    try log.append(["x"], to: topic, marks: marks)
    try log.append(["yy", "zzz"], to: topic)
    let first = try log.read(topic, limit: 2)
    #expect(first.entries.map(\.payload) == [Array("x".utf8)] && first.marks.count == 2)
    let next = try log.read(topic, after: 1, firstMark: first.nextMark, limit: 2)
    #expect(next.entries.map(\.payload) == [Array("yy".utf8), Array("zzz".utf8)])
    #expect(next.entries.map(\.offset) == [2, 3] && next.marks.map(\.number) == [3])
  }
}
