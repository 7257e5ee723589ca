// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

@Suite struct TopicImportTests {
  private let place: TemporaryDirectory
  private var directory: String { "\(place.path)/data" }
  private var other: String { "\(place.path)/other" }

  init() throws { place = try TemporaryDirectory() }

  /// A topic of `count` entries, ten of each instant, with marks before, among and behind them.
  private func fill(_ log: EventLog, _ count: Int) async throws -> StoredTopic {
    let topic = try await log.openTopic("a")
    let first = LogAppend([], to: topic.id, marks: [.watermark(0), .endOfInput], appended: 1)
    _ = try await log.append(LogCommit([first]))
    for start in stride(from: 1, through: count, by: 10) {
      let payloads = (start..<min(start + 10, count + 1)).map { Array("\($0)".utf8) }
      let marks: [Mark] = start % 50 == 1 ? [.watermark(Timestamp(milliseconds: Int64(start)))] : []
      let instant = Timestamp(milliseconds: Int64(start))
      let append = LogAppend(payloads, to: topic.id, marks: marks, appended: instant)
      _ = try await log.append(LogCommit([append]))
    }
    return topic
  }

  private func records(_ directory: String, after: Offset = 0) throws -> [TopicExport.Record] {
    let reader = try StoreReader(directory: directory)
    guard let topic = try reader.topics().first(where: { $0.name == "a" }) else { return [] }
    var export = TopicExport(topic, reader, after: after)
    var records: [TopicExport.Record] = []
    while let part = try export.next() { records += part.records }
    return records
  }

  @discardableResult
  private func bring(
    _ records: [TopicExport.Record],
    into directory: String,
    offsets: TopicImport.Offsets = .own
  ) throws -> TopicImport.Tally {
    let log = try EventLog(directory: directory)
    defer { log.close() }
    let topicImport = try TopicImport(log, topic: "a", offsets: offsets)
    for record in records {
      switch record {
      case .entry(let entry):
        try topicImport.add(entry.payload, offset: entry.offset, appended: entry.appended)
      case .mark(let mark):
        try topicImport.add(mark.mark, after: mark.after, appended: mark.appended)
      }
    }
    try topicImport.finish()
    return topicImport.tally
  }

  private func isSame(_ left: [TopicExport.Record], _ right: [TopicExport.Record]) -> Bool {
    left.map(withoutNumber) == right.map(withoutNumber)
  }

  /// Marks are numbered anew.
  private func withoutNumber(_ record: TopicExport.Record) -> TopicExport.Record {
    guard case .mark(let mark) = record else { return record }
    return .mark(StoredMark(number: 0, after: mark.after, mark: mark.mark, appended: mark.appended))
  }

  @Test func `what is exported and imported is the same, and nothing comes twice`() async throws {
    let log = try EventLog(directory: directory)
    _ = try await fill(log, 2_345)
    log.close()
    let all = try records(directory)
    #expect(all.count == 2_345 + 2 + 47)
    let tally = try bring(all, into: other)
    #expect(tally.stored == 2_345 && tally.marks == 49 && tally.skipped == 0)
    #expect((tally.firstOffset, tally.lastOffset) == (1, 2_345))
    #expect(isSame(try records(other), all))
    let again = try bring(all, into: other)
    #expect(again.stored == 0 && again.marks == 0 && again.skipped == 2_345)
    #expect(isSame(try records(other), all))
    #expect(try EventLog.verify(directory: other).isSound)
  }

  @Test(arguments: [1, 2, 3, 12, 55, 700, 1_000])
  func `an import that ended early goes on where it was`(taken: Int) async throws {
    let log = try EventLog(directory: directory)
    _ = try await fill(log, 1_000)
    log.close()
    let all = try records(directory)
    try bring(Array(all[..<taken]), into: other)
    try bring(all, into: other)
    #expect(isSame(try records(other), all))
  }

  @Test func `an empty topic begins at the export's offset, also after a restart`() async throws {
    let log = try EventLog(directory: directory)
    _ = try await fill(log, 100)
    log.close()
    let tail = try records(directory, after: 60)
    let tally = try bring(tail, into: other)
    #expect((tally.firstOffset, tally.lastOffset) == (61, 100))
    #expect(isSame(try records(other), tail))
    try bring(tail, into: other)
    #expect(isSame(try records(other), tail))
    let report = try EventLog.examine(directory: other)
    #expect(report.isSound)
    #expect(report.topics.map(\.firstOffset) == [61] && report.topics.map(\.nextOffset) == [101])
  }

  @Test func `what does not fit is refused, with what has to come`() async throws {
    let log = try EventLog(directory: directory)
    let a = try await log.openTopic("a")
    _ = try await log.append(LogCommit([LogAppend([[1], [2]], to: a.id, appended: 5)]))
    let topicImport = try TopicImport(log, topic: "a", offsets: .own)
    #expect(throws: TopicImport.Refusal.misplaced(expected: 3)) {
      try topicImport.add([9], offset: 4, appended: 5)
    }
    #expect(throws: TopicImport.Refusal.different(1)) {
      try topicImport.add([9], offset: 1, appended: 5)
    }
    #expect(throws: TopicImport.Refusal.different(1)) {
      try topicImport.add([1], offset: 1, appended: 6)
    }
    try topicImport.add([1], offset: 1, appended: 5)
    #expect(throws: TopicImport.Refusal.misplaced(expected: 2)) {
      try topicImport.add([1], offset: 1, appended: 5)
    }
    try topicImport.add([2], offset: 2, appended: 5)
    #expect(throws: TopicImport.Refusal.earlier(than: 5)) {
      try topicImport.add([3], offset: 3, appended: 4)
    }
    try topicImport.add([3], offset: 3, appended: 5)
    try topicImport.finish()
    #expect(topicImport.tally.stored == 1 && topicImport.tally.skipped == 2)
    #expect(throws: StorageError.self) { _ = try log.begin(a, at: 7) }
    log.close()
  }

  @Test func `with new offsets everything goes behind what is there`() async throws {
    let log = try EventLog(directory: directory)
    _ = try await fill(log, 20)
    log.close()
    let all = try records(directory)
    let tally = try bring(all, into: directory, offsets: .new)
    #expect((tally.stored, tally.firstOffset, tally.lastOffset) == (20, 21, 40))
    #expect(try EventLog.verify(directory: directory).isSound)
  }

  @Test func `an export up to an offset ends there, and behind the end there is nothing`()
    async throws
  {
    let log = try EventLog(directory: directory)
    _ = try await fill(log, 100)
    log.close()
    let reader = try StoreReader(directory: directory)
    let topic = try reader.topics()[0]
    for (after, through, expected) in [
      (0, 3, 3), (99, 200, 1), (100, 200, 0), (500, 600, 0), (Offset.max, .max, 0), (0, 0, 0),
    ] as [(Offset, Offset, Int)] {
      var export = TopicExport(topic, reader, after: after, through: through)
      var count = 0
      while let part = try export.next() {
        count += part.records.count { if case .entry = $0 { true } else { false } }
      }
      #expect(count == expected, "after \(after) through \(through)")
    }
  }
}
