// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

@Suite struct CursorLifeTests {
  private let place: TemporaryDirectory
  private let log: TestLog
  private static let day: Int64 = 86_400_000

  init() throws {
    place = try TemporaryDirectory()
    var settings = StorageSettings()
    settings.retentionStep = 4
    settings.bootID = "one"
    log = try TestLog(place.database, settings: settings)
  }

  private func names() throws -> [String] {
    try log.writer.standings(after: 0, limit: 100).map(\.cursor.name)
  }

  private func expire(at day: Int64) throws {
    try log.writer.settle(now: Timestamp(milliseconds: day * Self.day + 1))
  }

  @Test func `a cursor that nobody uses for thirty days goes`() throws {
    let topic = try log.topic("t")
    for number in 0..<10 { _ = try log.openCursor("c\(number)", topic, at: 0) }
    let moved = try log.openCursor("moved", topic, at: 0).cursor
    _ = try log.openCursor("opened", topic, at: 0)
    let start = CursorPlace(topic.epoch, 0)
    try log.open(CursorRequest("lasting", topic: "t", startingAt: start, lifetime: nil), at: 0)
    try log.move(moved, to: 1, at: Timestamp(milliseconds: 10 * Self.day))
    _ = try log.openCursor("opened", topic, at: Timestamp(milliseconds: 20 * Self.day))
    try expire(at: 29)
    #expect(try names().count == 13)
    try expire(at: 30)
    #expect(try names() == ["moved", "opened", "lasting"])
    #expect(log.writer.statistics.expiredCursors == 10)
    try expire(at: 45)
    #expect(try names() == ["opened", "lasting"])
    try expire(at: 4_000)
    #expect(try names() == ["lasting"])
  }

  @Test func `an expired cursor is none, also before it was taken away`() throws {
    let topic = try log.topic("t")
    let cursor = try log.openCursor("c", topic, at: 0).cursor
    try log.move(cursor, to: 7, at: 0)
    let late = Timestamp(milliseconds: 31 * Self.day)
    let again = try log.openCursor("c", topic, at: late)
    #expect(!again.wasThere && again.cursor.place.offset == 0 && again.cursor.id != cursor.id)
  }

  @Test func `a clock that was set back lets no cursor stay for ever`() throws {
    let topic = try log.topic("t")
    try expire(at: 4_000)
    _ = try log.openCursor("c", topic, at: 0)
    try expire(at: 31)
    #expect(try names() == [])
  }

  @Test func `a topic that begins another life takes its cursors along`() throws {
    let normal = try log.topic("normal", StorageRules(synchronous: .normal))
    let full = try log.topic("full")
    for topic in [normal, full] { try log.append(["a", "b", "c"], to: topic) }
    let behind = try log.openCursor("behind", normal).cursor
    try log.move(behind, to: 2)
    // As if entries that it was behind were gone with the power.
    let ahead = try log.openCursor("ahead", normal).cursor
    try log.move(ahead, to: 9)
    let elsewhere = CursorPlace(Epoch(rawValue: 4), 17)
    try log.open(CursorRequest("former", topic: "normal", startingAt: elsewhere))
    let steady = try log.openCursor("steady", full).cursor
    try log.move(steady, to: 1)
    log.settings.bootID = "two"
    try log.reopen()
    let epoch = try log.now(normal).epoch
    #expect(epoch != normal.epoch)
    let places = try log.writer.standings(after: 0, limit: 9).map(\.cursor.place)
    let expected = [
      CursorPlace(epoch, 2), CursorPlace(epoch, 3), elsewhere, CursorPlace(full.epoch, 1),
    ]
    #expect(places == expected)
  }

  @Test func `a restored copy has its cursors in its new epochs`() async throws {
    let store = try EventLog(directory: "\(place.path)/data")
    let topic = try await store.openTopic("t")
    let append = LogAppend([[1], [2], [3]], to: topic.id, appended: 1)
    _ = try await store.append(LogCommit([append]))
    let start = CursorPlace(topic.epoch, 2)
    let request = CursorRequest("c", topic: "t", startingAt: start, lifetime: nil)
    _ = try await store.openCursor(request, at: 1)
    try await store.backUp(to: "\(place.path)/copy.db")
    store.close()
    try EventLog.restore(from: "\(place.path)/copy.db", into: "\(place.path)/restored")
    let restored = try EventLog(directory: "\(place.path)/restored")
    let standing = try #require(try await restored.cursors().first)
    #expect(standing.lag == 1 && !standing.isOfFormerLife)
    #expect(standing.cursor.place.epoch != topic.epoch)
    restored.close()
  }

  @Test func `a database of the first schema gets cursors and keeps what it has`() throws {
    let old = try TemporaryDirectory()
    let database = try old.writer()
    _ = try Schema.prepare(database, migrations: Array(Schema.migrations.prefix(1)))
    #expect(try database.number("user_version") == 1)
    try database.execute(
      "INSERT INTO topics VALUES (1, 't', 5, 2, 1, 8, 1, 0, 1000)",
      "as the first version"
    )
    let log = try TestLog(old.database)
    #expect(try log.reader().number("user_version") == Schema.current)
    let topic = try log.topic("t")
    #expect(topic.nextOffset == 8 && topic.epoch == Epoch(rawValue: 5))
    #expect(try log.openCursor("c", topic).wasThere == false)
  }
}
