// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@Suite struct TopicDirectoryTests {
  private let clock = ManualClock(0)
  private let directory: TopicDirectory

  init() {
    directory = TopicDirectory(clock: clock)
  }

  /// Moves the clock by a second and sweeps topics unused for ten.
  private func sweep(times: Int) {
    for _ in 0..<times {
      clock.advance(to: clock.now + .seconds(1))
      directory.sweep(unusedFor: .seconds(10))
    }
  }

  @Test func `a topic comes into being when it is first asked for`() throws {
    #expect(directory.existing("a") == nil)
    let topic = try directory.topic("a")
    #expect(try directory.topic("a") === topic)
    #expect(directory.existing("a") === topic)
    #expect(topic.name == "a")
  }

  @Test func `all topics are told in the order of their names`() throws {
    for name in ["c", "a", "b"] { _ = try directory.topic(name) }
    #expect(directory.all.map(\.name) == ["a", "b", "c"])
  }

  @Test func `a bad name is refused`() {
    let refusal = #expect(throws: TopicDirectory.Refusal.self) { try directory.topic("_x") }
    #expect(refusal?.description == "a topic name does not start with '_'")
  }

  @Test func `rules decide which names are allowed and what is kept`() throws {
    let directory = TopicDirectory(
      rules: .init { $0.hasPrefix("ok") ? Retention(maximumCount: 7) : nil }
    )
    #expect(try directory.topic("ok.1").retention.maximumCount == 7)
    #expect(throws: TopicDirectory.Refusal.notAllowed("no")) { try directory.topic("no") }
    #expect(directory.all.count == 1)
  }

  @Test func `there are at most as many topics as allowed`() throws {
    let directory = TopicDirectory(rules: .init(maximumTopics: 2))
    let first = try directory.topic("a")
    _ = try directory.topic("b")
    #expect(throws: TopicDirectory.Refusal.tooMany(limit: 2)) { try directory.topic("c") }
    #expect(try directory.topic("a") === first)
  }

  @Test func `an unused topic goes after its time, counted from the first sweep`() throws {
    _ = try directory.topic("a")
    sweep(times: 10)
    #expect(directory.all.count == 1)
    sweep(times: 1)
    #expect(directory.existing("a") == nil)
  }

  @Test func `a topic with an entry or a reader stays`() async throws {
    try await directory.topic("full").publish([Event(data: [])])
    let cursor = Cursor(try directory.topic("read"))
    let waited = try directory.topic("waited").notify(
      at: Position(next: 1, nextMark: 1),
      marksToo: true
    ) {}
    _ = try directory.topic("unused")
    sweep(times: 30)
    #expect(directory.all.map(\.name) == ["full", "read", "waited"])
    if let waited { directory.existing("waited")?.forget(waited) }
    sweep(times: 11)
    #expect(directory.all.map(\.name) == ["full", "read"])
    withExtendedLifetime(cursor) {}
  }

  @Test func `a topic that somebody still holds stays where it can be found`() async throws {
    var held: Topic<Event>? = try directory.topic("held")
    sweep(times: 30)
    #expect(directory.existing("held") === held)
    held = nil
    sweep(times: 11)
    #expect(directory.existing("held") == nil)
  }

  @Test func `asking for a topic counts as use`() throws {
    let epoch = try directory.topic("a").epoch
    sweep(times: 10)
    #expect(try directory.topic("a").epoch == epoch)
    sweep(times: 10)
    #expect(directory.existing("a")?.epoch == epoch)
    sweep(times: 11)
    #expect(directory.existing("a") == nil)
  }

  @Test func `events are weighed by what they hold`() async throws {
    let topic = try directory.topic("a")
    try await topic.publish([Event(data: [UInt8](repeating: 0, count: 1_000))])
    #expect(topic.statistics.bytes == 1_064)
  }

  @Test func `closing closes every topic`() async throws {
    let topic = try directory.topic("a")
    directory.close()
    await #expect(throws: PublishError.closed) { try await topic.publish([Event(data: [])]) }
  }

  @Test func `concurrent askers get the same topic`() async throws {
    let directory = directory
    let topics = try await withThrowingTaskGroup(of: Topic<Event>.self) { group in
      for _ in 0..<50 { group.addTask { try directory.topic("a") } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(topics.allSatisfy { $0 === topics[0] })
  }
}
