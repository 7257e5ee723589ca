// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Storage
@testable import Streams

/// Rows of durable tables: what is expected of them is judged on the thread that writes.
@Suite struct RowConditionTests {
  private let place: TemporaryDirectory
  private var directory: String { "\(place.path)/data" }

  init() throws { place = try TemporaryDirectory() }

  private struct Life {
    let log: EventLog
    let topics: TopicDirectory

    init(
      _ directory: String,
      _ table: TableSettings = TableSettings(),
      rules: StorageRules = StorageRules(synchronous: .normal)
    ) throws {
      log = try EventLog(directory: directory, settings: StorageSettings())
      let stored = try DurableTopics(log) { _ in rules }
      topics = TopicDirectory(
        rules: .init(journal: { stored.journaling($0) }, table: { _ in table })
      )
    }

    func open() async throws -> EventTable {
      let table = try await topics.topic("t").openRows()
      return try #require(table)
    }
  }

  private func settings(_ configure: (inout TableSettings) -> Void) -> TableSettings {
    var settings = TableSettings()
    configure(&settings)
    return settings
  }

  private func publish(
    _ topic: Topic<Event>,
    _ events: [Event],
    key: String? = nil,
    if condition: RowCondition? = nil
  ) async throws(PublishError) -> Receipt {
    let outcome = OneShot<Result<Receipt, PublishError>>()
    switch topic.offer(
      events,
      key: key.map { PublishKey($0) },
      if: condition,
      makeCompletion: { { outcome.settle($0) } }
    ) {
    case .stored(let receipt): return receipt
    case .refused(let error): throw error
    case .held: return try await outcome.value().get()
    }
  }

  private func kind(_ body: () async throws(PublishError) -> Void) async -> JournalError.Kind? {
    do throws(PublishError) { try await body() } catch {
      if case .notStored(let error) = error { return error.kind }
    }
    return nil
  }

  private func rows(_ table: EventTable) -> [String] {
    table.page(limit: 10_000, bytes: .max).rows.map {
      "\($0.offset) \($0.key)=\(String(decoding: $0.event.data, as: UTF8.self))"
    }
  }

  @Test func `a table is empty before anything is stored, and is there after a restart`()
    async throws
  {
    let first = try Life(directory)
    let topic = try first.topics.topic("t")
    #expect(topic.table == nil)
    let table = try await first.open()
    #expect(rows(table).isEmpty)
    try await topic.publish([.about("b", 1), .about("a", 2), .about("b", 3)])
    #expect(rows(table) == ["2 a=2", "3 b=3"])
    first.log.close()
    let second = try Life(directory)
    #expect(rows(try await second.open()) == ["2 a=2", "3 b=3"])
    second.log.close()
  }

  @Test func `of many who have seen the same one changes it`() async throws {
    let life = try Life(directory)
    let table = try await life.open()
    let topic = table.topic
    try await topic.publish([.about("n", 0)])
    // All of them are handed to the disk before any is stored.
    let kinds = await withTaskGroup(of: JournalError.Kind?.self) { group in
      for number in 1...50 {
        group.addTask {
          await kind { () async throws(PublishError) in
            _ = try await publish(topic, [.about("n", number)], if: RowCondition { $0 == 1 })
          }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(kinds.count { $0 == nil } == 1)
    #expect(kinds.count { $0 == .notMatched(newest: 2) } == 49)
    #expect(topic.statistics.lastOffset == 2)
    life.log.close()
  }

  @Test func `a counter under many writers loses no step`() async throws {
    let life = try Life(directory)
    let table = try await life.open()
    let topic = table.topic
    try await topic.publish([.about("n", 0)])
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<20 {
            while let row = table["n"],
              let number = Int(String(decoding: row.event.data, as: UTF8.self))
            {
              let offset = row.offset
              let refused = await kind { () async throws(PublishError) in
                _ = try await publish(
                  topic,
                  [.about("n", number + 1)],
                  if: RowCondition { $0 == offset }
                )
              }
              if refused == nil { break }
            }
          }
        }
      }
    }
    #expect(rows(table) == ["161 n=160"])
    life.log.close()
  }

  @Test func `a repeated key is answered whatever the row is now, also after a restart`()
    async throws
  {
    let isNew = RowCondition { $0 == nil }
    let first = try Life(directory)
    let topic = try await first.open().topic
    let receipt = try await publish(topic, [.about("a", 1)], key: "k", if: isNew)
    #expect(try await publish(topic, [.about("a", 1)], key: "k", if: isNew).lastOffset == 1)
    first.log.close()
    let second = try Life(directory)
    let again = try await second.open().topic
    #expect(try await publish(again, [.about("a", 1)], key: "k", if: isNew) == receipt)
    let other = await kind { () async throws(PublishError) in
      _ = try await publish(again, [.about("a", 1)], key: "l", if: isNew)
    }
    #expect(other == .notMatched(newest: 1))
    second.log.close()
  }

  @Test func `a full table takes no new row, all of a publish or nothing`() async throws {
    let life = try Life(directory, settings { $0.maximumRows = 2 })
    let table = try await life.open()
    let topic = table.topic
    try await topic.publish([.about("a", 1), .about("b", 2)])
    let one = await kind { () async throws(PublishError) in
      _ = try await publish(topic, [.about("c", 3)])
    }
    let both = await kind { () async throws(PublishError) in
      _ = try await publish(topic, [.about("a", 9), .about("c", 3)])
    }
    #expect(one == .tableFull && both == .tableFull)
    try await topic.publish([.null("a"), .about("c", 3)])
    #expect(rows(table) == ["2 b=2", "4 c=3"])
    #expect(table.statistics.evicted == 0)
    life.log.close()
  }

  @Test func `rows that smaller limits take are told by no change`() async throws {
    let first = try Life(directory)
    let topic = try await first.open().topic
    for number in 0..<9 { try await topic.publish([.about("k\(number)", number)]) }
    #expect(try await first.open().changesLead(from: 0))
    first.log.close()
    let second = try Life(directory, settings { $0.maximumRows = 4 })
    let table = try await second.open()
    #expect(rows(table).count == 4)
    #expect(!table.changesLead(from: 9))
    try await table.topic.publish([.null("k8")])
    #expect(table.changesLead(from: 10))
    second.log.close()
    // Who did not come back meanwhile still has them.
    let third = try Life(directory, settings { $0.maximumRows = 4 })
    let again = try await third.open()
    #expect(rows(again).count == 3)
    #expect(!again.changesLead(from: 9))
    #expect(again.changesLead(from: 10))
    #expect(try await third.log.verify().isSound)
    third.log.close()
  }

  @Test func `what goes on with what is there may lack a row`() async throws {
    let first = try Life(directory)
    try await first.open().topic.publish([.about("a", 1)])
    first.log.close()
    let second = try Life(directory, settings { $0.recovery = .useWhatIsThere })
    #expect(try await !second.open().changesLead(from: 1))
    second.log.close()
  }
}

extension Event {
  /// The deletion of a row.
  fileprivate static func null(_ key: String) -> Event {
    Event(data: Array("null".utf8), subject: key)
  }
}
