// SPDX-License-Identifier: Apache-2.0
import Testing
import WeirTesting

@testable import Streams

@Suite struct EventTableTests {
  private func directory(
    retention: Retention = Retention(),
    _ configure: (inout TableSettings) -> Void = { _ in }
  ) -> TopicDirectory {
    var settings = TableSettings()
    configure(&settings)
    return TopicDirectory(
      rules: .init(
        retention: { _ in retention },
        table: { [settings] in $0.hasPrefix("t") ? settings : nil }
      ),
      clock: ManualClock(5)
    )
  }

  private func rows(_ table: EventTable, after key: String? = nil, limit: Int = 100) -> [String] {
    table.page(after: key, limit: limit, bytes: 1 << 20).rows.map(text)
  }

  private func text(_ row: EventTable.Row) -> String {
    "\(row.offset) \(row.key)=\(String(decoding: row.event.data, as: UTF8.self))"
  }

  /// What became of an offer with a condition.
  private func offer(
    _ topic: Topic<Event>,
    _ event: Event,
    key: PublishKey? = nil,
    if condition: RowCondition? = nil
  ) -> Offer {
    topic.offer([event], key: key, if: condition) { { _ in } }
  }

  private func refusal(_ offer: Offer) -> JournalError.Kind? {
    if case .refused(.notStored(let error)) = offer { error.kind } else { nil }
  }

  @Test func `a topic is a table by its directory's rules`() async throws {
    let directory = directory()
    #expect(try directory.topic("u").table == nil)
    #expect(try directory.topic("u").tableSettings == nil)
    let topic = try directory.topic("t")
    let table = try #require(topic.table)
    try await topic.publish([.row("b", "1"), .row("a", "2"), .row("b", "3")])
    #expect(rows(table) == ["2 a=2", "3 b=3"])
    #expect(table["b"].map(text) == "3 b=3")
    #expect(table["c"] == nil)
    #expect(table.offset == 3)
    try await topic.publish([.row("b", nil), Event(data: [], format: .text, subject: "a")])
    #expect(rows(table).isEmpty)
    #expect(table.offset == 5)
    #expect(try await topic.openRows()?.statistics.count == 0)
  }

  @Test func `what a program publishes without a key is no row`() async throws {
    let topic = try directory().topic("t")
    try await topic.publish([Event(data: Array("1".utf8)), .row("", "2"), .row("a", "3")])
    let table = try #require(topic.table)
    #expect(rows(table) == ["3 a=3"])
    #expect(table.statistics.count == 1)
  }

  @Test func `rows come page by page, within a number and bytes`() async throws {
    let topic = try directory().topic("t")
    let table = try #require(topic.table)
    for number in 10..<35 { try await topic.publish([.row("k\(number)", "\(number)")]) }
    var (found, after): ([String], String?) = ([], nil)
    repeat {
      let page = table.page(after: after, limit: 7, bytes: 1 << 20)
      #expect(page.offset == 25)
      found += page.rows.map(\.key)
      after = page.next
    } while after != nil
    #expect(found == (10..<35).map { "k\($0)" })
    let weight = Event.row("k10", "10").weight
    #expect(table.page(limit: 9, bytes: 3 * weight).rows.count == 3)
    let one = table.page(limit: 9, bytes: 1)
    #expect(one.rows.count == 1 && one.next == "k10")
    #expect(table.page(limit: 25, bytes: 1 << 20).next == nil)
    #expect(table.page(after: "k34", limit: 25, bytes: 1 << 20).rows.isEmpty)
  }

  @Test func `a table keeps its rows however much its topic drops`() async throws {
    let topic = try directory(retention: Retention(maximumCount: 4)).topic("t")
    try await topic.publish([.row("old", "0")])
    for number in 0..<50 { try await topic.publish([.row("a", "\(number)")]) }
    #expect(rows(try #require(topic.table)) == ["51 a=49", "1 old=0"])
  }

  // MARK: What is refused

  @Test func `a row is set only if it is what its publisher has seen`() async throws {
    let topic = try directory().topic("t")
    let isNew = RowCondition { $0 == nil }
    guard case .stored = offer(topic, .row("a", "1"), if: isNew) else { throw WrongOffer() }
    #expect(refusal(offer(topic, .row("a", "2"), if: isNew)) == .notMatched(newest: 1))
    let isFirst = RowCondition { $0 == 1 }
    guard case .stored = offer(topic, .row("a", "3"), if: isFirst) else { throw WrongOffer() }
    #expect(refusal(offer(topic, .row("a", "4"), if: isFirst)) == .notMatched(newest: 2))
    #expect(refusal(offer(topic, .row("b", "4"), if: isFirst)) == .notMatched(newest: nil))
    #expect(topic.statistics.lastOffset == 2)
    let other = try directory().topic("u")
    #expect(refusal(offer(other, .row("a", "1"), if: isNew)) == .notMatched(newest: nil))
  }

  @Test func `a repeated publish gets its receipt, whatever the row is now`() async throws {
    let topic = try directory().topic("t")
    let (key, isNew) = (PublishKey("k"), RowCondition { $0 == nil })
    guard case .stored(let first) = offer(topic, .row("a", "1"), key: key, if: isNew),
      case .stored(let again) = offer(topic, .row("a", "1"), key: key, if: isNew)
    else { throw WrongOffer() }
    #expect(first == again)
    #expect(topic.statistics.lastOffset == 1)
  }

  @Test func `what was held back is judged when it is stored`() async throws {
    let topic = try directory(retention: Retention(maximumCount: 4)).topic("t")
    let cursor = Cursor(topic, from: .latest)
    for number in 0..<4 { try await topic.publish([.row("a", "\(number)")]) }
    let outcome = OneShot<Result<Receipt, PublishError>>()
    let isFourth = RowCondition { $0 == 4 }
    guard case .held = offer(topic, .row("a", "held"), if: isFourth) else { throw WrongOffer() }
    let later = topic.offer([.row("a", "later")], key: PublishKey("k"), if: isFourth) {
      { outcome.settle($0) }
    }
    guard case .held = later else { throw WrongOffer() }
    while cursor.take(limit: 1) != nil {}
    guard case .failure(.notStored(let error)) = await outcome.value() else { throw WrongOffer() }
    #expect(error.kind == .notMatched(newest: 5))
    #expect(topic.statistics.lastOffset == 5)
    #expect(topic.statistics.rememberedKeys == 0)
    #expect(rows(try #require(topic.table)) == ["5 a=held"])
  }

  @Test func `a full table takes no new row, but changes and deletions`() async throws {
    let topic = try directory { $0.maximumRows = 2 }.topic("t")
    let table = try #require(topic.table)
    try await topic.publish([.row("a", "1"), .row("b", "2")])
    #expect(refusal(offer(topic, .row("c", "3"))) == .tableFull)
    // All or nothing.
    let both = topic.offer([.row("a", "9"), .row("c", "3")], key: nil) { { _ in } }
    #expect(refusal(both) == .tableFull)
    try await topic.publish([.row("a", "3")])
    // Each of a publish takes its place before the next.
    let late = topic.offer([.row("c", "4"), .row("b", nil)], key: nil) { { _ in } }
    #expect(refusal(late) == .tableFull)
    try await topic.publish([.row("b", nil), .row("c", "4")])
    #expect(rows(table) == ["3 a=3", "5 c=4"])
    try await topic.publish([.row("a", nil)])
    try await topic.publish([.row("d", "5")])
    #expect(rows(table) == ["5 c=4", "7 d=5"])
    #expect(table.statistics.evicted == 0)
    #expect(table.changesLead(from: 0))
  }

  @Test func `bytes are bounded too`() async throws {
    let weight = Event.row("a", "1").weight
    let topic = try directory { $0.maximumBytes = 3 * weight }.topic("t")
    try await topic.publish([.row("a", "1"), .row("b", "2"), .row("c", "3")])
    #expect(refusal(offer(topic, .row("a", "11"))) == .tableFull)
    try await topic.publish([.row("a", "9")])
    try await topic.publish([.row("b", nil), .row("a", "1234")])
    #expect(try #require(topic.table).statistics.bytes == 2 * weight + 3)
  }

  @Test(
    arguments: [
      (nil, "has its key"), ("", "has its key"), ("..", "no place in a URL"),
      ("a\u{7}", "control"), ("e\u{301}", "form C"), (String(repeating: "k", count: 256), "255"),
    ] as [(String?, String)]
  )
  func `not every text is a key`(key: String?, words: String) {
    let event = Event(data: Array("1".utf8), subject: key)
    let violation = #expect(throws: RowViolation.self) { try TableSettings().check(event) }
    #expect(violation?.field == .key)
    #expect(violation?.description.contains(words) == true)
  }

  @Test func `keys and data have their sizes`() throws {
    var settings = TableSettings()
    (settings.maximumKeyBytes, settings.maximumValueBytes) = (3, 4)
    try settings.check(.row("é1", "1234"))
    try settings.check(.row("a/b", nil))
    #expect(throws: RowViolation.self) { try settings.check(.row("abcd", "1")) }
    let violation = #expect(throws: RowViolation.self) { try settings.check(.row("a", "12345")) }
    #expect(violation?.field == .data)
  }

  // MARK: Many at once

  @Test func `of many who count up with what they have seen none loses a step`() async throws {
    let topic = try directory().topic("t")
    let table = try #require(topic.table)
    try await topic.publish([.row("n", "0")])
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<200 {
            while let row = table["n"],
              let text = String(validating: row.event.data, as: UTF8.self),
              let number = Int(text)
            {
              let offset = row.offset
              let change = Event.row("n", "\(number + 1)")
              let offer = topic.offer([change], key: nil, if: .init { $0 == offset }) { { _ in } }
              if case .stored = offer { break }
            }
          }
        }
      }
    }
    #expect(rows(table) == ["1601 n=1600"])
  }

  /// Random publishes, some too much, some with conditions; a model says what becomes of them.
  @Test(arguments: 0..<60)
  func `a table is what its model says`(seed: Int) async throws {
    var random = SeededGenerator(seed)
    let most = 3 + seed % 9
    let topic = try directory(retention: Retention(maximumCount: 8)) { $0.maximumRows = most }
      .topic("t")
    let table = try #require(topic.table)
    var model: [String: (offset: Offset, data: String)] = [:]
    for step in 0..<400 {
      let key = "k\(Int.random(in: 0..<2 * most, using: &random))"
      let data = Int.random(in: 0..<3, using: &random) == 0 ? nil : "\(step)"
      var expected: Offset?
      let isConditional = Bool.random(using: &random)
      if Bool.random(using: &random) { expected = model[key]?.offset }
      let wanted = expected
      let condition = isConditional ? RowCondition { $0 == wanted } : nil
      let offer = offer(topic, .row(key, data), if: condition)
      let isMet = !isConditional || model[key]?.offset == wanted
      let fits = data == nil || model[key] != nil || model.count < most
      guard isMet, fits else {
        let kind = isMet ? JournalError.Kind.tableFull : .notMatched(newest: model[key]?.offset)
        #expect(refusal(offer) == kind, "seed \(seed) step \(step)")
        continue
      }
      guard case .stored(let receipt) = offer else { throw WrongOffer() }
      model[key] = data.map { (receipt.lastOffset, $0) }
    }
    let expected = model.sorted { $0.key < $1.key }.map { "\($1.offset) \($0)=\($1.data)" }
    #expect(rows(table) == expected, "seed \(seed)")
    #expect(table.statistics.evicted == 0)
  }
}

private struct WrongOffer: Error {}

extension Event {
  /// A row with JSON data; without data the deletion of one.
  fileprivate static func row(_ key: String, _ data: String?) -> Event {
    Event(data: Array((data ?? "null").utf8), subject: key)
  }
}
