// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

@Suite struct CursorTests {
  private let place: TemporaryDirectory
  private let log: TestLog

  init() throws {
    place = try TemporaryDirectory()
    log = try TestLog(place.database)
  }

  @Test func `a cursor stands where it was moved after the process was killed`() throws {
    let topic = try log.topic("t")
    let opened = try log.openCursor("c", topic, at: 5)
    #expect(!opened.wasThere && opened.cursor.place == CursorPlace(topic.epoch, 0))
    try log.append(["a", "b", "c"], to: topic)
    try log.move(opened.cursor, to: 2, at: 7)
    try log.reopen()
    let again = try log.openCursor("c", topic, at: 9)
    #expect(again.wasThere && again.cursor.place == CursorPlace(topic.epoch, 2))
    #expect(again.cursor.moved == 7 && again.cursor.used == 9)
    #expect(try log.texts(topic, after: again.cursor.place.offset) == ["c"])
  }

  @Test func `a consumer has a cursor in each topic and sees nobody else's`() throws {
    let (a, b) = (try log.topic("a"), try log.topic("b"))
    try log.append(["x"], to: a)
    let first = try log.openCursor("c", a).cursor
    let others = [try log.openCursor("c", b).cursor, try log.openCursor("d", a).cursor]
    try log.move(first, to: 1)
    for other in others {
      #expect(other.id != first.id)
      #expect(try CursorRow.find(other.id, log.writer.connected())?.place.offset == 0)
    }
  }

  @Test func `a move is one commit with what was appended`() throws {
    let topic = try log.topic("t", StorageRules(maximumBytes: 1_000))
    let cursor = try log.openCursor("c", topic).cursor
    let move = CursorMove(cursor.id, to: CursorPlace(topic.epoch, 1), at: 1)
    _ = try log.append(LogCommit([LogAppend([[1]], to: topic.id, appended: 1)], cursors: [move]))
    let further = CursorMove(cursor.id, to: CursorPlace(topic.epoch, 9), at: 1)
    let large = LogAppend([[UInt8](repeating: 0, count: 2_000)], to: topic.id, appended: 1)
    #expect(throws: StorageError.self) {
      _ = try log.append(LogCommit([large], cursors: [further]))
    }
    try log.reopen()
    #expect(try log.openCursor("c", topic).cursor.place.offset == 1)
    #expect(try log.now(topic).nextOffset == 2)
  }

  @Test func `a move of a cursor that is gone stores nothing`() throws {
    let topic = try log.topic("t")
    let cursor = try log.openCursor("c", topic).cursor
    try log.change { writer, database throws(StorageError) in
      try writer.deleteCursor(cursor.id, database)
    }
    let append = LogAppend([[1]], to: topic.id, appended: 1)
    let move = CursorMove(cursor.id, to: CursorPlace(topic.epoch, 1), at: 1)
    let error = #expect(throws: StorageError.self) {
      _ = try log.append(LogCommit([append], cursors: [move]))
    }
    #expect(error?.reason == .unknown(what: "cursor"))
    #expect(try log.now(topic).nextOffset == 1)
    #expect(throws: StorageError.self) { try log.move(cursor, to: 1) }
    #expect(throws: StorageError.self) {
      try log.change { writer, database throws(StorageError) in
        try writer.deleteCursor(cursor.id, database)
      }
    }
    #expect(try log.openCursor("c", topic).wasThere == false)
  }

  @Test func `a move waits for no sync, unless its commit does`() throws {
    let disk = FaultyDisk()
    log.settings.system = disk.name
    try log.reopen()
    let topic = try log.topic("t")
    let cursor = try log.openCursor("c", topic).cursor
    let before = disk.syncs
    for offset in 1...5 { try log.move(cursor, to: Offset(offset)) }
    #expect(disk.syncs == before)
    let move = CursorMove(cursor.id, to: CursorPlace(topic.epoch, 1), at: 1)
    _ = try log.append(LogCommit([LogAppend([[1]], to: topic.id, appended: 1)], cursors: [move]))
    #expect(disk.syncs > before)
  }

  @Test func `retention passes a cursor, which is told what it has missed`() throws {
    let topic = try log.topic("t", StorageRules(maximumCount: 8))
    let cursor = try log.openCursor("c", topic).cursor
    try log.move(cursor, to: 3)
    for number in 0..<100 { try log.append(["\(number)"], to: topic) }
    try log.writer.settle(now: 1_000)
    let first = try log.now(topic).firstOffset
    #expect(first > 80)
    let standing = try #require(try log.writer.standings(after: 0, limit: 10).first)
    #expect(standing.gap == Gap(from: 4, to: first - 1) && standing.lag == 97)
    #expect(try log.read(topic, after: 3).gap == standing.gap)
  }

  @Test func `what a cursor has to go is listed, page by page`() throws {
    let topic = try log.topic("t")
    try log.append(["a", "b", "c"], to: topic)
    let ahead = try log.openCursor("ahead", topic).cursor
    try log.move(ahead, to: 3)
    _ = try log.openCursor("behind", topic)
    let elsewhere = CursorPlace(Epoch(rawValue: 4), 17)
    try log.open(CursorRequest("former", topic: "t", startingAt: elsewhere))
    try log.open(CursorRequest("foreign", topic: "not here", startingAt: elsewhere))
    let page = try log.writer.standings(after: 0, limit: 3)
    let rest = try log.writer.standings(after: page[2].cursor.id.rawValue, limit: 3)
    let all = page + rest
    #expect(all.map(\.cursor.name) == ["ahead", "behind", "former", "foreign"])
    #expect(all.map(\.lag) == [0, 3, 3, nil])
    #expect(all.map(\.isOfFormerLife) == [false, false, true, false])
  }

  @Test func `there are no more cursors than may be`() throws {
    let topic = try log.topic("t")
    let answers = (0...StorageLimits.cursors).map { _ in Answer<OpenedCursor>() }
    log.writer.serve(
      answers.enumerated().map { number, answer in
        let start = CursorPlace(topic.epoch, 0)
        return .openCursor(
          CursorRequest("c\(number)", topic: "t", startingAt: start),
          1,
          answer.take
        )
      }
    )
    for answer in answers.dropLast() { _ = try answer.get() }
    let error = #expect(throws: StorageError.self) { _ = try answers.last?.get() }
    #expect(error?.reason == .exhausted(what: "cursors"))
    #expect(try log.openCursor("c7", topic).wasThere)
  }

  @Test(arguments: ["", String(repeating: "n", count: 256)])
  func `a name that is empty or too long is refused`(name: String) throws {
    let topic = try log.topic("t")
    #expect(throws: StorageError.self) { try log.openCursor(name, topic) }
    let start = CursorPlace(topic.epoch, 0)
    #expect(throws: StorageError.self) {
      try log.open(CursorRequest("c", topic: name, startingAt: start))
    }
  }

  @Test func `a log answers tasks`() async throws {
    let store = try EventLog(directory: "\(place.path)/data")
    let topic = try await store.openTopic("t")
    let start = CursorPlace(topic.epoch, 0)
    let request = CursorRequest("c", topic: "t", startingAt: start, lifetime: nil)
    let cursor = try await store.openCursor(request, at: 1).cursor
    try await store.moveCursors([CursorMove(cursor.id, to: CursorPlace(topic.epoch, 4), at: 2)])
    #expect(try await store.cursors().map(\.cursor.place.offset) == [4])
    #expect(try await store.cursors(after: cursor.id).isEmpty)
    try await store.deleteCursor(cursor.id)
    await #expect(throws: StorageError.self) { try await store.deleteCursor(cursor.id) }
    store.close()
  }
}
