// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@Suite struct ConflationTests {
  private let clock = ManualClock(5)
  /// Keeps four entries.
  private let topic: Topic<Progress>
  private let byKey = Progress.conflation()

  init() {
    topic = Topic("t", retention: Retention(maximumCount: 4), clock: clock)
  }

  private func publish(_ entries: Progress...) async throws {
    for entry in entries { try await topic.publish([entry]) }
  }

  @Test func `a cursor that keeps up sees every entry`() async throws {
    let cursor = Cursor(topic, overrun: .latest(byKey))
    for value in 0..<20 {
      try await publish(Progress(1, value))
      #expect(cursor.take(limit: 9)?.elements == [Progress(1, value)])
    }
    #expect(cursor.statistics.conflated == 0)
  }

  @Test func `of what is unread the newest entry per key comes, by offset`() async throws {
    let cursor = Cursor(topic, overrun: .latest(byKey))
    try await publish(Progress(1, 1), Progress(2, 2), Progress(1, 3), Progress(3, 4))
    #expect(
      cursor.take(limit: 9)?.seen == [
        .entry(Progress(2, 2), offset: 2, appended: 5),
        .entry(Progress(1, 3), offset: 3, appended: 5),
        .entry(Progress(3, 4), offset: 4, appended: 5),
      ]
    )
    #expect(cursor.statistics.conflated == 1)
    #expect(cursor.statistics.delivered == 3)
  }

  @Test func `a newest entry comes though the topic dropped it long ago`() async throws {
    let cursor = Cursor(topic, overrun: .latest(byKey))
    try await publish(Progress(7, 0))
    for value in 1...50 { try await publish(Progress(1, value)) }
    #expect(topic.statistics.firstOffset == 48)
    #expect(cursor.take(limit: 9)?.elements == [Progress(7, 0), Progress(1, 50)])
    #expect(cursor.statistics.dropped == 0)
  }

  @Test func `terminal entries come, each before anything newer of its key`() async throws {
    let cursor = Cursor(topic, overrun: .latest(byKey))
    let done = Progress(1, 1, isDone: true)
    let doneAgain = Progress(1, 3, isDone: true)
    try await publish(Progress(1, 0), done, Progress(1, 2), doneAgain, Progress(1, 4))
    for value in 5...60 { try await publish(Progress(1, value)) }
    #expect(cursor.take(limit: 9)?.elements == [done, doneAgain, Progress(1, 60)])
  }

  @Test func `a small batch goes on where it stopped, with what came meanwhile`() async throws {
    let cursor = Cursor(topic, overrun: .latest(byKey))
    try await publish(Progress(1, 1), Progress(2, 2), Progress(3, 3))
    #expect(cursor.take(limit: 1)?.elements == [Progress(1, 1)])
    try await publish(Progress(2, 4), Progress(1, 5))
    #expect(cursor.take(limit: 1)?.elements == [Progress(3, 3)])
    #expect(cursor.take(limit: 9)?.elements == [Progress(2, 4), Progress(1, 5)])
    #expect(cursor.take(limit: 9) == nil)
  }

  @Test func `marks keep their places among the entries`() async throws {
    let cursor = Cursor(topic, overrun: .latest(byKey))
    try await publish(Progress(1, 1))
    topic.mark(.watermark(10))
    try await publish(Progress(2, 2), Progress(1, 3))
    topic.mark(.endOfInput)
    #expect(
      cursor.take(limit: 9)?.seen == [
        .mark(.watermark(10), appended: 5),
        .entry(Progress(2, 2), offset: 2, appended: 5),
        .entry(Progress(1, 3), offset: 3, appended: 5),
        .mark(.endOfInput, appended: 5),
      ]
    )
  }

  @Test func `beyond the most keys the oldest go, and the cursor is told`() async throws {
    let cursor = Cursor(topic, overrun: .latest(Progress.conflation(maximumKeys: 2)))
    try await publish(Progress(1, 1), Progress(2, 2), Progress(2, 3), Progress(3, 4))
    #expect(
      cursor.take(limit: 9)?.seen == [
        .gap(from: 1, to: 1),
        .entry(Progress(2, 3), offset: 3, appended: 5),
        .entry(Progress(3, 4), offset: 4, appended: 5),
      ]
    )
    let statistics = cursor.statistics
    #expect(statistics.dropped == 1)
    #expect(statistics.conflated == 1)
    #expect(statistics.offered == 4)
  }

  @Test func `who has read an entry is not told that it went`() async throws {
    let cursor = Cursor(topic, overrun: .latest(Progress.conflation(maximumKeys: 2)))
    for key in 1...9 {
      try await publish(Progress(key, key))
      #expect(cursor.take(limit: 9)?.elements == [Progress(key, key)])
    }
    #expect(cursor.statistics.dropped == 0)
  }

  @Test func `beyond its bytes the oldest go, but never the newest entry`() async throws {
    let topic = Topic<Progress>("t", clock: clock, weigher: .each { $0.value })
    let conflation = Conflation<Progress>(by: \.key, maximumBytes: 10)
    let cursor = Cursor(topic, overrun: .latest(conflation))
    for (key, weight) in [(1, 4), (2, 4), (3, 4)] { try await topic.publish([.init(key, weight)]) }
    #expect(cursor.take(limit: 9)?.elements.map(\.key) == [2, 3])
    try await topic.publish([Progress(4, 50)])
    #expect(cursor.take(limit: 9)?.elements.map(\.key) == [4])
    #expect(cursor.statistics.dropped == 1)
  }

  @Test func `terminal entries that wait are bounded, and the cursor is told`() async throws {
    let cursor = Cursor(topic, overrun: .latest(Progress.conflation(maximumKeys: 2)))
    for value in 1...5 { try await publish(Progress(1, value, isDone: true)) }
    #expect(cursor.take(limit: 9)?.seen.first == .gap(from: 1, to: 2))
    #expect(cursor.statistics.delivered == 3)
  }

  @Test func `terminal entries that all have read leave the index`() async throws {
    final class Token: Sendable {}
    let topic = Topic<Token>("t", retention: Retention(maximumCount: 2))
    let policy = OverrunPolicy<Token>.latest(by: { _ in 0 }, terminal: { _ in true })
    let cursor = Cursor(topic, overrun: policy)
    weak var first: Token?
    do {
      let token = Token()
      first = token
      try await topic.publish([token])
    }
    for _ in 0..<200 {
      try await topic.publish([Token()])
      _ = cursor.take(limit: 9)
    }
    #expect(first == nil)
    #expect(cursor.statistics.delivered == 201)
  }

  @Test func `cursors with the same conflation share an index, which goes with the last`()
    async throws
  {
    do {
      let one = Cursor(topic, overrun: .latest(byKey))
      try await publish(Progress(7, 0))
      for value in 1...9 { try await publish(Progress(1, value)) }
      let two = Cursor(topic, from: .after(topic.epoch, 9), overrun: .latest(byKey))
      #expect(two.take(limit: 9)?.elements == [Progress(1, 9)])
      #expect(one.take(limit: 9)?.elements == [Progress(7, 0), Progress(1, 9)])
    }
    let anew = Cursor(topic, overrun: .latest(byKey))
    #expect(anew.take(limit: 9)?.elements == [Progress(1, 9)])
  }

  @Test func `an index lets its elements go with its last cursor`() async throws {
    final class Token: Sendable {}
    let topic = Topic<Token>("t", retention: Retention(maximumCount: 2))
    weak var first: Token?
    do {
      let cursor = Cursor(
        topic,
        overrun: .latest(by: { ObjectIdentifier($0) })
      )
      do {
        let token = Token()
        first = token
        try await topic.publish([token])
      }
      for _ in 0..<50 { try await topic.publish([Token()]) }
      #expect(first != nil)
      withExtendedLifetime(cursor) {}
    }
    #expect(first == nil)
  }

  @Test func `a waiting cursor wakes, holds nobody back and ends with its topic`() async throws {
    let topic = topic
    let cursor = Cursor(topic, overrun: .latest(byKey))
    let reader = Task { [lent = Lent(cursor)] in try await lent.value.next() }
    await eventually { topic.isInUse }
    for value in 0..<9 { try await publish(Progress(1, value)) }
    #expect(try await reader.value?.elements.last?.key == 1)
    topic.close()
    while try await cursor.next() != nil {}
    #expect(cursor.statistics.buffered == 0)
  }

  @Test func `a flow conflates`() async throws {
    let flow = topic.flow(from: .earliest, overrun: .latest(by: \.key))
    var iterator = flow.makeAsyncIterator()
    try await publish(Progress(1, 1), Progress(2, 2), Progress(1, 3))
    #expect(try await iterator.next() == Progress(2, 2))
    #expect(try await iterator.next() == Progress(1, 3))
  }
}
