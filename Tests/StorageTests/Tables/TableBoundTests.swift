// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

@Suite struct TableBoundTests {
  private let place: TemporaryDirectory
  private var directory: String { "\(place.path)/data" }

  init() throws { place = try TemporaryDirectory() }

  private func count(_ sql: String) throws -> Int64 {
    let database = try Database("\(directory)/weir.db", .read)
    let statement = try Statement(sql, operation: "count", database)
    _ = try statement.step()
    return statement.int64(0)
  }

  @Test func `what goes in memory goes on disk, and smaller bounds let more go`() async throws {
    let first = try DurableStore(directory)
    let topic = try await first.openEvents(maximumKeys: 10)
    for number in 0..<50 { try await topic.publish([.about("k\(number)", number)]) }
    #expect(try count("SELECT count(*) FROM table_rows") == 10)
    first.log.close()
    let second = try DurableStore(directory)
    let again = try await second.openEvents(maximumKeys: 4)
    #expect(DurableStore.rows(again) == (46..<50).map { "\($0 + 1) k\($0) \($0)" })
    #expect(try count("SELECT count(*) FROM table_rows") == 4)
    #expect(try await second.log.topics()[0].tableCount == 4)
    #expect(try await second.log.verify().isSound)
    second.log.close()
  }

  @Test func `several changes of a key in a transaction are one row`() async throws {
    let store = try DurableStore(directory)
    let topic = try await store.openEvents()
    try await topic.publish((0..<100).map { .about("a", $0) } + [.about("b", 1), .about("b", nil)])
    #expect(DurableStore.rows(topic) == ["100 a 99"])
    #expect(try count("SELECT count(*) FROM table_rows") == 1)
    store.log.close()
  }

  @Test func `rows count in the limits of the topic, whose entries make room for them`()
    async throws
  {
    var rules = StorageRules(synchronous: .normal, maximumBytes: 20_000)
    let store = try DurableStore(directory, rules: rules)
    let topic = try await store.openEvents()
    for number in 0..<400 { try await topic.publish([.about("k\(number % 100)", number)]) }
    var now = try await store.log.topics()[0]
    while now.bytes > 20_000 {
      await Task.yield()
      now = try await store.log.topics()[0]
    }
    #expect(now.tableCount == 100 && now.tableBytes > 5_000 && now.count > 10)
    #expect(topic.statistics.storedBytes > now.tableBytes)
    store.log.close()
    rules.atLimit = .refuse
    let refusing = try DurableStore(directory, rules: rules)
    let full = try await refusing.openEvents()
    let error = await #expect(throws: PublishError.self) {
      for number in 0..<400 { try await full.publish([.about("n\(number)", number)]) }
    }
    guard case .notStored(let reason) = error else { throw WrongError() }
    #expect(reason.kind == .full)
    #expect(try await refusing.log.topics()[0].bytes <= 20_000)
    refusing.log.close()
  }

  @Test func `a table larger than its topic may be leaves the log little, and goes on`()
    async throws
  {
    let rules = StorageRules(synchronous: .normal, maximumBytes: 3_000)
    let store = try DurableStore(directory, rules: rules)
    let topic = try await store.openEvents()
    for number in 0..<200 { try await topic.publish([.about("k\(number)", number)]) }
    #expect(DurableStore.rows(topic).count == 200)
    store.log.close()
    let again = try DurableStore(directory)
    #expect(DurableStore.rows(try await again.openEvents()).count == 200)
    again.log.close()
  }

  @Test func `a deleted topic leaves no row`() async throws {
    let store = try DurableStore(directory)
    let topic = try await store.openEvents()
    try await topic.publish([.about("a", 1)])
    try await store.log.deleteTopic(try await store.log.topics()[0])
    #expect(try count("SELECT count(*) FROM table_rows") == 0)
    #expect(try count("SELECT count(*) FROM tables") == 0)
    store.log.close()
  }

  @Test func `a change that can't be written down is refused, and nothing of it is stored`()
    async throws
  {
    let store = try DurableStore(directory)
    let table = try await store.stored.openTable("t", of: String.self, Stubborn.self)
    try await table.set(Stubborn(isStubborn: false), for: "a")
    let error = await #expect(throws: PublishError.self) {
      try await table.topic.publish([
        .set("b", Stubborn(isStubborn: false)), .set("c", Stubborn(isStubborn: true)),
      ])
    }
    #expect(error?.description.contains("can't be written down") == true)
    #expect(table.snapshot().map(\.key) == ["a"])
    store.log.close()
  }

  struct WrongError: Error {}

  struct Stubborn: Codable {
    var isStubborn: Bool

    func encode(to encoder: any Encoder) throws {
      if isStubborn { throw WrongError() }
      var container = encoder.singleValueContainer()
      try container.encode(isStubborn)
    }

    init(isStubborn: Bool) { self.isStubborn = isStubborn }
    init(from decoder: any Decoder) throws {
      isStubborn = try decoder.singleValueContainer().decode(Bool.self)
    }
  }
}
