// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct TableTests {
  private typealias Change = TableChange<String, Int>

  private let clock = ManualClock(5)
  /// Keeps four changes.
  private let topic: Topic<Change>
  private let table: Table<String, Int>

  init() {
    topic = Topic("t", retention: Retention(maximumCount: 4), clock: clock)
    table = Table(topic)
  }

  private func rows(_ snapshot: TableSnapshot<String, Int>) -> [String] {
    snapshot.map { "\($0.offset) \($0.key)=\($0.value)" }
  }

  @Test func `a key has its newest value, or none`() async throws {
    #expect(table["a"] == nil)
    try await table.set(1, for: "a")
    try await table.set(2, for: "b")
    try await table.set(3, for: "a")
    #expect(table["a"] == 3)
    #expect(table["b"] == 2)
    try await table.delete("a")
    try await table.delete("never there")
    #expect(table["a"] == nil)
    #expect(table.statistics.count == 1)
  }

  @Test func `a table keeps what its topic has dropped`() async throws {
    try await table.set(0, for: "old")
    for value in 1...50 { try await table.set(value, for: "a") }
    #expect(topic.statistics.firstOffset == 48)
    #expect(table["old"] == 0)
    #expect(rows(table.snapshot()) == ["1 old=0", "51 a=50"])
  }

  @Test func `a snapshot is at one offset and stays as it is`() async throws {
    try await topic.publish([.set("a", 1), .set("b", 2)])
    let snapshot = table.snapshot()
    try await topic.publish([.delete("a"), .set("b", 3)])
    for value in 0..<2_000 { try await table.set(value, for: "\(value)") }
    #expect(rows(snapshot) == ["1 a=1", "2 b=2"])
    #expect(snapshot.offset == 2)
    #expect(snapshot.count == 2)
    #expect(snapshot.epoch == topic.epoch)
    #expect(snapshot.map(\.appended) == [5, 5])
  }

  @Test func `a table made late has what its topic keeps`() async throws {
    let topic = Topic<Change>("u", retention: Retention(maximumCount: 4))
    for value in 1...6 { try await topic.publish([.set("\(value % 5)", value)]) }
    try await topic.publish([.delete("4")])
    #expect(rows(Table(topic).snapshot()) == ["5 0=5", "6 1=6"])
  }

  @Test func `a topic has one table`() async throws {
    try await Table(topic).set(1, for: "a")
    for value in 0..<9 { try await table.set(value, for: "b") }
    #expect(Table(topic)["a"] == 1)
  }

  @Test func `a cursor gives the snapshot by offset, then every change`() async throws {
    for (key, value) in [("a", 1), ("b", 2), ("a", 3), ("c", 4), ("d", 5), ("e", 6)] {
      try await table.set(value, for: key)
    }
    let cursor = table.makeCursor()
    #expect(cursor.opening.snapshot == 6)
    #expect(cursor.opening.isRecovered)
    #expect(cursor.statistics.buffered == 5)
    #expect(cursor.take(limit: 2)?.elements == [.set("b", 2), .set("a", 3)])
    try await table.set(7, for: "b")
    try await table.delete("d")
    #expect(
      try await cursor.next(limit: 9)?.elements == [.set("c", 4), .set("d", 5), .set("e", 6)]
    )
    #expect(cursor.statistics.delivered == 5)
    #expect(
      try await cursor.next()?.seen == [
        .entry(.set("b", 7), offset: 7, appended: 5), .entry(.delete("d"), offset: 8, appended: 5),
      ]
    )
    let statistics = cursor.statistics
    #expect(statistics.offered == 7)
    #expect(statistics.delivered == 7)
    #expect(cursor.take(limit: 9) == nil)
  }

  @Test func `an empty table has an empty snapshot`() async throws {
    let cursor = table.makeCursor()
    #expect(cursor.opening.snapshot == 0)
    #expect(cursor.take(limit: 9) == nil)
    try await table.set(1, for: "a")
    #expect(cursor.take(limit: 9)?.elements == [.set("a", 1)])
  }

  @Test func `publishers wait for who still reads the snapshot`() async throws {
    for key in ["a", "b", "c"] { try await table.set(1, for: key) }
    let cursor = table.makeCursor()
    for value in 0..<4 { try await table.set(value, for: "d") }
    guard case .held = topic.offer([.delete("a")], completion: { _ in }) else {
      return #expect(Bool(false), "the changes behind the snapshot are all needed")
    }
    var seen: [Change] = []
    while let batch = cursor.take(limit: 2) { seen += batch.elements }
    #expect(
      seen == ["a", "b", "c"].map { .set($0, 1) } + (0..<4).map { .set("d", $0) } + [.delete("a")]
    )
  }

  @Test func `a mark that stands behind the newest entry comes after the snapshot`() async throws {
    try await table.set(1, for: "a")
    topic.mark(.endOfInput)
    let cursor = table.makeCursor()
    #expect(cursor.take(limit: 9)?.elements == [.set("a", 1)])
    #expect(cursor.take(limit: 9)?.seen == [.mark(.endOfInput, appended: 5)])
  }

  @Test func `an offset that is gone is answered with the snapshot`() async throws {
    for value in 1...9 { try await table.set(value, for: "\(value % 2)") }
    let cursor = Cursor(topic, from: .after(topic.epoch, 2))
    #expect(!cursor.opening.isRecovered)
    #expect(cursor.opening.snapshot == 9)
    #expect(cursor.take(limit: 9)?.elements == [.set("0", 8), .set("1", 9)])
    let known = Cursor(topic, from: .after(topic.epoch, 7))
    #expect(known.opening.isRecovered)
    #expect(known.take(limit: 9)?.elements == [.set("0", 8), .set("1", 9)])
  }

  @Test func `a topic of anything can be a table`() async throws {
    let topic = Topic<Progress>("u", retention: Retention(maximumCount: 2))
    topic.keepNewest(by: \.key, deleting: { $0.isDone })
    for value in 0..<9 { try await topic.publish([Progress(value % 4, value)]) }
    try await topic.publish([Progress(2, 9, isDone: true)])
    let cursor = Cursor(topic, from: .snapshot)
    #expect(cursor.opening.snapshot == 10)
    #expect(cursor.take(limit: 9)?.elements == [.init(1, 5), .init(3, 7), .init(0, 8)])
    try await topic.publish([Progress(1, 10)])
    #expect(cursor.take(limit: 9)?.elements == [.init(1, 10)])
  }

  @Test func `a topic that is no table has no snapshot`() async throws {
    let topic = Topic<Int>("u")
    try await topic.publish([1])
    let cursor = Cursor(topic, from: .snapshot)
    #expect(!cursor.opening.isRecovered)
    #expect(cursor.opening.snapshot == nil)
    #expect(cursor.take(limit: 9)?.elements == [1])
  }

  @Test func `a flow over a table runs through operators`() async throws {
    try await table.set(1, for: "a")
    try await table.set(2, for: "b")
    var iterator = table.flow().compactMap { $0.value }.map { $0 * 10 }.makeAsyncIterator()
    #expect(try await iterator.next() == 10)
    #expect(try await iterator.next() == 20)
    try await table.set(3, for: "b")
    #expect(try await iterator.next() == 30)
  }

  @Test func `each reading of a flow has a snapshot of its own`() async throws {
    let flow = table.flow()
    try await table.set(1, for: "a")
    var first = flow.makeAsyncIterator()
    try await table.set(2, for: "a")
    var second = flow.makeAsyncIterator()
    #expect(try await first.next() == .set("a", 1))
    #expect(try await first.next() == .set("a", 2))
    #expect(try await second.next() == .set("a", 2))
  }

  @Test func `beyond the most keys the oldest go and are counted`() async throws {
    let table = Table(Topic<Change>("u"), maximumKeys: 2)
    for (key, value) in [("a", 1), ("b", 2), ("a", 3), ("c", 4)] {
      try await table.set(value, for: key)
    }
    #expect(rows(table.snapshot()) == ["3 a=3", "4 c=4"])
    #expect(table.statistics == TableTests.statistics(of: table, count: 2, evicted: 1))
  }

  private static func statistics(
    of table: Table<String, Int>,
    count: Int,
    evicted: UInt64
  ) -> TableStatistics {
    #expect(table.statistics.count == count)
    #expect(table.statistics.evicted == evicted)
    #expect(table.statistics.bytes == count * MemoryLayout<Change>.stride)
    return table.statistics
  }

  @Test func `deleting a key gives its memory back`() async throws {
    final class Token: Sendable {}
    let topic = Topic<TableChange<Int, Token>>("u", retention: Retention(maximumCount: 2))
    let table = Table(topic)
    weak var token: Token?
    do {
      let value = Token()
      token = value
      try await table.set(value, for: 0)
    }
    for key in 1...300 { try await table.set(Token(), for: key) }
    #expect(token != nil)
    try await table.delete(0)
    #expect(token == nil)
    for key in 1...300 { try await table.delete(key) }
    #expect(table.statistics.count == 0)
    #expect(table.statistics.bytes == 0)
  }

  @Test func `a table with a value is in use though its topic is empty`() async throws {
    let topic = Topic<Change>(
      "u",
      retention: Retention(maximumAge: .milliseconds(10)),
      clock: clock
    )
    let table = Table(topic)
    try await table.set(1, for: "a")
    clock.advance(to: 100)
    #expect(topic.statistics.count == 0)
    #expect(topic.isInUse)
    #expect(table["a"] == 1)
    try await table.delete("a")
    clock.advance(to: 200)
    #expect(!topic.isInUse)
  }
}
