// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Testing

@testable import Storage
@testable import Streams

/// Durable topics that are tables by their directory's rules: nothing is stored that these have not
/// seen, though nobody reads them.
@Suite struct RequiredTableTests {
  private let place: TemporaryDirectory
  private var directory: String { "\(place.path)/data" }

  init() throws { place = try TemporaryDirectory() }

  private struct Life {
    let log: EventLog
    let topic: Topic<Event>

    init(
      _ directory: String,
      maximumRows: Int = 100,
      keeping maximumCount: UInt64? = nil,
      recovery: TableRecovery = .refuse,
      clock: any EngineClock = SystemClock()
    ) throws {
      var settings = StorageSettings()
      settings.retentionStep = 4
      log = try EventLog(directory: directory, settings: settings)
      let rules = StorageRules(synchronous: .normal, maximumCount: maximumCount)
      let stored = try DurableTopics(log) { _ in rules }
      var table = TableSettings()
      (table.maximumRows, table.recovery) = (maximumRows, recovery)
      let topics = TopicDirectory(
        rules: .init(journal: { stored.journaling($0) }, table: { [table] _ in table }),
        clock: clock
      )
      topic = try topics.topic("t")
    }

    func rows() async throws -> [String] {
      let table = try #require(try await topic.openRows())
      return table.page(limit: 1_000, bytes: .max).rows.map {
        "\($0.offset) \($0.key)=\(String(decoding: $0.event.data, as: UTF8.self))"
      }
    }

    /// Publishes; answers why it was refused.
    func refusal(_ events: [Event]) async -> JournalError? {
      do throws(PublishError) {
        _ = try await topic.publish(events)
        return nil
      } catch {
        if case .notStored(let error) = error { return error }
        return JournalError(.closed, "\(error)")
      }
    }
  }

  @Test func `what retention deletes before anybody reads the table is in it`() async throws {
    let first = try Life(directory, keeping: 2)
    try await first.topic.publish([.about("cold", 1)])
    for number in 2...40 { try await first.topic.publish([.about("hot", number)]) }
    first.log.close()
    let second = try Life(directory, keeping: 2)
    for number in 41...80 { try await second.topic.publish([.about("hot", number)]) }
    #expect(try await second.log.topics()[0].firstOffset > 1)
    #expect(try await second.rows() == ["1 cold=1", "80 hot=80"])
    second.log.close()
  }

  @Test func `limits hold though nobody has read the table`() async throws {
    let first = try Life(directory, maximumRows: 2)
    #expect(await first.refusal([.about("a", 1), .about("b", 2)]) == nil)
    #expect(await first.refusal([.about("c", 3)])?.kind == .tableFull)
    first.log.close()
    let second = try Life(directory, maximumRows: 2)
    #expect(await second.refusal([.about("c", 3)])?.kind == .tableFull)
    #expect(await second.refusal([.about("b", 4)]) == nil)
    #expect(try await second.rows() == ["1 a=1", "3 b=4"])
    second.log.close()
  }

  @Test func `what is published while the table is read comes in order, each once`() async throws {
    let first = try Life(directory, maximumRows: 3_000)
    for batch in 0..<25 {
      let events = (0..<100).map { Event.about("k\(batch * 100 + $0)", $0) }
      try await first.topic.publish(events)
    }
    first.log.close()
    let second = try Life(directory, maximumRows: 3_000)
    let outcomes = (0..<200).map { _ in OneShot<Result<Receipt, PublishError>>() }
    for (number, outcome) in outcomes.enumerated() {
      _ = second.topic.offer(
        [.about("n\(number)", number)],
        completion: { outcome.settle($0) }
      )
    }
    _ = try await second.topic.openRows()
    for (number, outcome) in outcomes.enumerated() {
      #expect(try await outcome.value().get().lastOffset == Offset(2_501 + number))
    }
    #expect(try await second.rows().first == "1 k0=0")
    #expect(second.topic.table?.statistics.count == 2_700)
    second.log.close()
  }

  @Test func `a damaged table takes nothing, and is looked at again after a while`() async throws {
    let clock = SetClock()
    let first = try Life(directory, clock: clock)
    try await first.topic.publish([.about("a", 1)])
    first.log.close()
    let disk = try Database("\(directory)/weir.db", .writeExisting)
    try disk.execute("UPDATE table_rows SET appended = appended + 1", "tamper")
    let second = try Life(directory, clock: clock)
    let damaged = TableError.damaged(topic: "t", offsets: [1])
    let error = await second.refusal([.about("b", 2)])
    #expect(error?.kind == .tableUnavailable && error?.description == damaged.description)
    let errors = await withTaskGroup(of: TableError?.self) { group in
      for _ in 0..<20 {
        group.addTask {
          do throws(TableError) { _ = try await second.topic.openRows() } catch { return error }
          return nil
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(errors == Array(repeating: damaged, count: 20))
    try disk.execute("UPDATE table_rows SET appended = appended - 1", "mend")
    // As it was read before.
    await #expect(throws: damaged) { _ = try await second.topic.openRows() }
    #expect(second.topic.statistics.lastOffset == 1)
    clock.advance(by: .seconds(5))
    #expect(await second.refusal([.about("b", 2)]) == nil)
    #expect(try await second.rows() == ["1 a=1", "2 b=2"])
    second.log.close()
  }

  @Test func `what waits for a table has limits`() {
    func commit(_ bytes: Int) -> WaitingCommit {
      let payload = [UInt8](repeating: 0, count: bytes)
      let append = JournalAppend(payloads: [payload], marks: [], appended: 0)
      return WaitingCommit(commit: JournalCommit([append]), sides: []) { _ in }
    }
    var many = WaitingCommits()
    for _ in 0..<WaitingCommits.maximumCount {
      #expect(many.takes(commit(1)))
      many.add(commit(1))
    }
    #expect(!many.takes(commit(1)))
    var large = WaitingCommits()
    large.add(commit(WaitingCommits.maximumBytes - 1))
    #expect(large.takes(commit(1)) && !large.takes(commit(2)))
  }
}

/// A clock that a test moves.
private final class SetClock: EngineClock {
  private let instant = Mutex(Timestamp(milliseconds: 1_000))

  var now: Timestamp { instant.withLock { $0 } }

  func advance(by duration: Duration) { instant.withLock { $0 = $0 + duration } }

  func sleep(until deadline: Timestamp) async throws { throw CancellationError() }
}
