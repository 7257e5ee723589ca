// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

@Suite struct TableLifeTests {
  private let place: TemporaryDirectory
  private var directory: String { "\(place.path)/data" }

  init() throws { place = try TemporaryDirectory() }

  private func store(
    boot: String = "one",
    rules: StorageRules = StorageRules(synchronous: .normal)
  ) throws -> DurableStore {
    var settings = StorageSettings()
    settings.bootID = boot
    settings.retentionStep = 4
    return try DurableStore(directory, settings: settings, rules: rules)
  }

  @Test func `a topic of events is a table by what its caller says, over restarts`() async throws {
    let first = try store(rules: StorageRules(synchronous: .normal, maximumCount: 1))
    let topic = try await first.openEvents()
    try await topic.publish([.about("a", 1), .about("b", 2), .about("c", 3)])
    try await topic.publish([.about("a", 4), .about("b", nil)])
    for number in 5..<20 { try await topic.publish([.about("d", number)]) }
    #expect(DurableStore.rows(topic) == ["3 c 3", "4 a 4", "20 d 19"])
    first.log.close()
    let second = try store()
    let again = try await second.openEvents()
    #expect(DurableStore.rows(again) == ["3 c 3", "4 a 4", "20 d 19"])
    #expect(again.earliest.next > 4)
    second.log.close()
  }

  @Test func `a topic that gets its table late begins with what it keeps`() async throws {
    let first = try store()
    let topic = try first.topics.topic("e")
    for number in 0..<3_000 { try await topic.publish([.about("k\(number % 700)", number)]) }
    // Opening goes in steps, with publishes between them.
    async let opened = first.openEvents()
    for number in 3_000..<3_200 { try await topic.publish([.about("k\(number % 700)", number)]) }
    _ = try await opened
    let expected = (2_500..<3_200).map { "\($0 + 1) k\($0 % 700) \($0)" }
    #expect(DurableStore.rows(topic) == expected)
    first.log.close()
    let second = try store()
    #expect(DurableStore.rows(try await second.openEvents()) == expected)
    second.log.close()
  }

  @Test func `what comes while it is opened comes once, behind its snapshot`() async throws {
    let first = try store()
    let topic = try first.topics.topic("e")
    for number in 0..<1_500 { try await topic.publish([.about("\(number)", number)]) }
    async let opened = first.openEvents()
    async let published: Void = { @Sendable in
      for number in 1_500..<2_000 { try await topic.publish([.about("\(number)", number)]) }
    }()
    _ = try await opened
    let cursor = Cursor(topic, from: .snapshot)
    _ = try await published
    var offsets: [Offset] = []
    while offsets.count < 2_000, let batch = cursor.take(limit: 300) {
      for case .run(let run) in batch.items { offsets += run.firstOffset...run.lastOffset }
    }
    #expect(offsets == Array(1...2_000))
    first.log.close()
  }

  @Test func `several who open a table have the same, and so has who asks later`() async throws {
    let first = try store()
    let tables = try await withThrowingTaskGroup(of: Table<Int, String>.self) { group in
      for _ in 0..<4 {
        group.addTask { try await first.stored.openTable("t", of: Int.self, String.self) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    try await tables[0].set("x", for: 1)
    #expect(tables.allSatisfy { $0[1] == "x" })
    #expect(Table(tables[2].topic)[1] == "x")
    first.log.close()
  }

  @Test func `a table that nobody opened reads what it has missed`() async throws {
    let first = try store()
    let topic = try await first.openEvents()
    try await topic.publish([.about("a", 1), .about("b", 2)])
    first.log.close()
    let second = try store()
    try await second.topics.topic("e").publish([.about("a", nil), .about("c", 3)])
    second.log.close()
    let third = try store()
    #expect(DurableStore.rows(try await third.openEvents()) == ["2 b 2", "4 c 3"])
    third.log.close()
  }

  @Test func `one that has missed what retention has deleted says so, and can begin anew`()
    async throws
  {
    let first = try store()
    let topic = try await first.openEvents()
    try await topic.publish([.about("a", 1), .about("b", 2)])
    first.log.close()
    let second = try store(rules: StorageRules(synchronous: .normal, maximumCount: 2))
    let unopened = try second.topics.topic("e")
    for number in 3..<20 { try await unopened.publish([.about("c\(number)", number)]) }
    second.log.close()
    let third = try store()
    let kept = try await third.log.topics()[0].firstOffset
    let error = await #expect(throws: TableError.self) { _ = try await third.openEvents() }
    #expect(error == .missed(topic: "e", Gap(from: 3, to: kept - 1)))
    #expect(error?.description.contains("useWhatIsThere") == true)
    let again = try await third.openEvents(recovery: .useWhatIsThere)
    let expected = (kept..<20).map { "\($0) c\($0) \($0)" }
    #expect(DurableStore.rows(again) == expected)
    third.log.close()
    let fourth = try store()
    #expect(DurableStore.rows(try await fourth.openEvents()) == expected)
    fourth.log.close()
  }

  @Test func `a table of other keys is not taken for the one that was asked for`() async throws {
    let first = try store()
    _ = try await first.openEvents()
    let ints = try await first.stored.openTable("t", of: Int.self, Int.self)
    try await ints.set(1, for: 1)
    let types = await #expect(throws: TableError.self) {
      _ = try await first.stored.openTable("t", of: String.self, Int.self)
    }
    #expect(types?.description.contains("other types") == true)
    let events = await #expect(throws: TableError.self) {
      _ = try await first.stored.openTable("e", of: String.self, Int.self)
    }
    #expect(events?.description.contains("events") == true)
    first.log.close()
    let second = try store()
    let other = await #expect(throws: TableError.self) {
      _ = try await second.openEvents(named: "id")
    }
    #expect(other == .otherDefinition(topic: "e", stored: "subject", asked: "id"))
    let keys = await #expect(throws: TableError.self) {
      _ = try await second.stored.openTable("t", of: String.self, Int.self)
    }
    #expect(keys == .otherDefinition(topic: "t", stored: "Int", asked: "String"))
    // A topic of changes is none of events: one of its name is volatile.
    #expect(second.stored.names == [] && second.stored.journaling("t") == nil)
    second.log.close()
  }

  @Test func `the table of a durable topic is not made without reading it`() async throws {
    await #expect(processExitsWith: .failure) {
      let place = try TemporaryDirectory()
      let store = try DurableStore(place.path)
      try store.topics.topic("e").keepNewest(by: { $0.subject }, deleting: { _ in false })
    }
    let topic = Topic<Streams.TableChange<String, Int>>("volatile")
    try await topic.publish([.set("a", 1)])
    #expect(try await Table.open(topic)["a"] == 1)
  }

  @Test func `its rows go along when the log begins another life`() async throws {
    let first = try store()
    let topic = try await first.openEvents()
    try await topic.publish([.about("a", 1), .about("b", 2)])
    // The machine stops: the log is not closed.
    try await first.log.backUp(to: "\(place.path)/copy")
    first.log.close()
    try EventLog.restore(from: "\(place.path)/copy", into: "\(place.path)/restored")
    let second = try DurableStore("\(place.path)/restored")
    let again = try await second.openEvents()
    #expect(again.epoch != topic.epoch)
    #expect(DurableStore.rows(again) == ["1 a 1", "2 b 2"])
    try await again.publish([.about("a", 3)])
    second.log.close()
    let third = try DurableStore("\(place.path)/restored")
    #expect(DurableStore.rows(try await third.openEvents()) == ["2 b 2", "3 a 3"])
    third.log.close()
  }

  @Test func `a pipeline writes a table, and both are there after a restart`() async throws {
    let source = Topic<Change>("source")
    for life in 0..<2 {
      let life = try (number: life, store: store())
      let table = try await life.store.stored.openTable("t", of: String.self, Int.self)
      let pipeline = source.flow(from: .earliest).pipeline("copy", into: table.topic)
      let running = Task { try await pipeline.run() }
      try await source.publish([.set("a", life.number), .delete("b"), .set("c", 7)])
      for try await change in table.flow() where change == .set("a", life.number) { break }
      running.cancel()
      _ = try? await running.value
      life.store.log.close()
    }
    let last = try store()
    let table = try await last.stored.openTable("t", of: String.self, Int.self)
    #expect(table["a"] == 1 && table["b"] == nil)
    last.log.close()
  }

  @Test func `after the machine stopped a normal topic has another epoch and its table`()
    async throws
  {
    let disk = FaultyDisk()
    var settings = StorageSettings()
    settings.system = disk.name
    settings.bootID = "one"
    let first = try DurableStore(directory, settings: settings)
    let topic = try await first.openEvents()
    for number in 0..<20 { try await topic.publish([.about("k\(number % 7)", number)]) }
    let after = try TemporaryDirectory()
    try disk.losePower(into: after.path, seed: 3)
    first.log.close()
    settings.system = nil
    settings.bootID = "two"
    let second = try DurableStore(after.path, settings: settings)
    let again = try await second.openEvents()
    let count = Int(again.statistics.lastOffset)
    #expect(again.epoch != topic.epoch && count <= 20)
    let expected = (max(0, count - 7)..<count).map { "\($0 + 1) k\($0 % 7) \($0)" }
    #expect(DurableStore.rows(again) == expected)
    second.log.close()
  }

  @Test func `an import is seen when the table is opened`() async throws {
    let first = try store()
    let topic = try await first.openEvents()
    try await topic.publish([.about("a", 1), .about("b", 2)])
    first.log.close()
    let log = try EventLog(directory: directory)
    let bringing = try TopicImport(log, topic: "e", offsets: .new)
    for event in [Event.about("b", nil), .about("c", 4)] {
      try bringing.add(EventPayload.encode(event), offset: 0, appended: 9_999_999_999_999)
    }
    try bringing.finish()
    log.close()
    let second = try store()
    #expect(DurableStore.rows(try await second.openEvents()) == ["1 a 1", "4 c 4"])
    second.log.close()
  }

  @Test func `an import into a table that was opened and is empty begins where it says`()
    async throws
  {
    let first = try store()
    _ = try await first.openEvents()
    first.log.close()
    let log = try EventLog(directory: directory)
    let bringing = try TopicImport(log, topic: "e", offsets: .own)
    try bringing.add(EventPayload.encode(.about("a", 1)), offset: 70, appended: 5)
    try bringing.finish()
    log.close()
    let second = try store()
    #expect(DurableStore.rows(try await second.openEvents()) == ["70 a 1"])
    second.log.close()
  }
}
