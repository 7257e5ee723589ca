// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@Suite struct CursorTests {
  private let clock = ManualClock(0)
  private let topic: Topic<Int>

  init() {
    topic = Topic("t", clock: clock)
  }

  @Test func `a cursor hands out what is there at once, at most the limit`() async throws {
    try await topic.publish([1, 2, 3])
    let cursor = Cursor(topic)
    #expect(try await cursor.next(limit: 2)?.elements == [1, 2])
    #expect(cursor.position.next == 3)
    #expect(try await cursor.next(limit: 2)?.elements == [3])
  }

  @Test func `a waiting cursor wakes for an entry`() async throws {
    let topic = topic
    async let batch = Cursor(topic).next()
    await eventually { topic.isInUse }
    try await topic.publish([7])
    #expect(try await batch?.elements == [7])
  }

  @Test func `a waiting cursor wakes for a mark`() async throws {
    let topic = topic
    async let batch = Cursor(topic).next()
    await eventually { topic.isInUse }
    topic.mark(.endOfInput)
    #expect(try await batch?.seen == [.mark(.endOfInput, appended: 0)])
  }

  @Test func `a waiting cursor wakes when the topic is closed`() async throws {
    let topic = topic
    async let batch = Cursor(topic).next()
    await eventually { topic.isInUse }
    topic.close()
    #expect(try await batch == nil)
  }

  @Test func `at its deadline a cursor is promised silence`() async throws {
    let (topic, clock) = (topic, clock)
    async let batch = Cursor(topic).next(until: 50)
    await clock.sleepers(1)
    clock.advance(to: 50)
    #expect(try await batch?.silentThrough == 50)
    #expect(try await batch?.items.isEmpty == true)
    #expect(try await topic.publish([1]).appended == 51, "the promise is kept")
  }

  @Test func `a promise is not given while something is unread`() async throws {
    let cursor = Cursor(topic)
    clock.advance(to: 50)
    try await topic.publish([1])
    let batch = try await cursor.next(until: 10)
    #expect(batch?.elements == [1])
    #expect(batch?.silentThrough == nil)
    #expect(try await cursor.next(until: 10)?.silentThrough == 10)
  }

  @Test func `an entry that comes before the deadline is handed out instead`() async throws {
    let (topic, clock) = (topic, clock)
    let cursor = Cursor(topic)
    let reader = Task { [lent = Lent(cursor)] in try await lent.value.next(until: 50) }
    await clock.sleepers(1)
    clock.advance(to: 49)
    try await topic.publish([1])
    #expect(try await reader.value?.seen == [.entry(1, offset: 1, appended: 49)])
  }

  @Test func `marks are held to a promise too`() async throws {
    let cursor = Cursor(topic)
    clock.advance(to: 10)
    _ = try await cursor.next(until: 10)
    topic.mark(.endOfInput)
    #expect(try await cursor.next()?.seen == [.mark(.endOfInput, appended: 11)])
  }

  @Test func `cancelling a wait leaves the cursor where it is`() async throws {
    let topic = topic
    let cursor = Cursor(topic)
    let reader = Task { [lent = Lent(cursor)] in try await lent.value.next() }
    reader.cancel()
    await #expect(throws: CancellationError.self) { try await reader.value }
    try await topic.publish([1])
    #expect(try await cursor.next()?.elements == [1])
  }

  @Test func `cancelling a wait with a deadline leaves nobody sleeping`() async throws {
    let (topic, clock) = (topic, clock)
    let reader = Task { try await Cursor(topic).next(until: 50) }
    await clock.sleepers(1)
    reader.cancel()
    await #expect(throws: CancellationError.self) { try await reader.value }
    #expect(!topic.isInUse, "no waiter and no hold is left")
  }

  @Test func `a cancelled task is handed nothing though there is something`() async throws {
    try await topic.publish([1])
    let topic = topic
    let reader = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await Cursor(topic).next()
    }
    await #expect(throws: CancellationError.self) { try await reader.value }
  }

  @Test func `a closed topic is drained, then the end is told for good`() async throws {
    try await topic.publish([1, 2])
    topic.close()
    let cursor = Cursor(topic)
    #expect(try await cursor.next(limit: 1)?.elements == [1])
    #expect(try await cursor.next(limit: 1)?.elements == [2])
    #expect(try await cursor.next() == nil)
    #expect(try await cursor.next() == nil)
  }

  @Test func `a closed topic promises silence once, for deadlines before its end`() async throws {
    clock.advance(to: 30)
    topic.close()
    clock.advance(to: 40)
    let cursor = Cursor(topic)
    #expect(try await cursor.next(until: 31) == nil)
    #expect(try await cursor.next(until: 30)?.silentThrough == 30)
    #expect(try await cursor.next(until: 30) == nil)
  }

  @Test func `what is published directly before the end is read`() async throws {
    for round in 0..<10_000 {
      let topic = Topic<Int>("t", clock: clock)
      let reader = Task { [lent = Lent(Cursor(topic))] in
        var count = 0
        while let batch = try await lent.value.next() { count += batch.count }
        return count
      }
      if round % 2 == 0 { await Task.yield() }
      try await topic.publish([1])
      try await topic.publish([2])
      topic.close()
      #expect(try await reader.value == 2)
    }
  }

  @Test func `a batch without room is a mistake of the caller`() async {
    await #expect(processExitsWith: .failure) {
      _ = try await Cursor(Topic<Int>("t")).next(limit: 0)
    }
  }
}
