// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Sinks

@Suite struct FanOutNewsTests {
  private let turns = Turns()
  private let topic = makeTopic("a")

  @Test func `a new reader is pumped alone, and hears of what comes`() {
    let shard = turns.makeShard()
    let (first, second) = (FakeSession(shard), FakeSession(shard))
    topic.append(event("1"))
    first.read(topic, in: shard)
    turns.settle(shard)
    second.read(topic, in: shard)
    turns.settle(shard)
    #expect(first.pumpCount == 1)
    #expect(second.pumpCount == 1)
    topic.append(event("2"))
    turns.settle(shard)
    #expect(first.pumpCount == 2)
    #expect(second.pumpCount == 2)
    #expect(turns.waitingCount == 0)
  }

  @Test func `a new reader that comes with news is pumped once`() {
    let shard = turns.makeShard()
    let (first, second) = (FakeSession(shard), FakeSession(shard))
    first.read(topic, in: shard)
    turns.settle(shard)
    topic.append(event("1"))
    second.read(topic, in: shard)
    turns.settle(shard)
    #expect(first.pumpCount == 2)
    #expect(second.pumpCount == 1)
  }

  @Test func `a session hears which topics have news`() {
    let shard = turns.makeShard()
    let session = FakeSession(shard)
    let others = (1...3).map { makeTopic("t\($0)") }
    for topic in others + [topic] { session.read(topic, in: shard) }
    turns.settle(shard)
    let heard = session.heard.count
    #expect(Set(session.heard) == ["a", "t1", "t2", "t3"])
    topic.append(event("1"))
    turns.settle(shard)
    #expect(session.heard.dropFirst(heard) == ["a"])
    others[1].append(event("1"))
    topic.append(event("2"))
    turns.settle(shard)
    #expect(session.heard.dropFirst(heard + 1).sorted() == ["a", "t2"])
    #expect(session.pumpCount == 3)
  }

  @Test func `views do not keep the others from being encoded once`() {
    let store = FrameLogStore()
    let views = (1...20).map { store.log(topic, .webSocket(channel: "a?\($0)")) }
    #expect(views.count(where: \.keepsFrames) == FanOutLimits.keptViews)
    let formats: [WireFormat] = [
      .webSocket(channel: "a"), .eventStream(topic: "a"), .eventStreamLines(topic: "a"),
      .cloudEventStream(topic: "a"), .cloudEventStreamLines(topic: "a"),
    ]
    let logs = formats.map { store.log(topic, $0) }
    for (format, log) in zip(formats, logs) {
      #expect(log.keepsFrames)
      #expect(store.log(topic, format) === log)
    }
    withExtendedLifetime(views) {}
  }

  @Test func `frames beyond the bounds are dropped in steps, and none too many`() {
    let topic = makeTopic("a", count: 16_384)
    let log = FrameLog(topic, .eventStreamLines(topic: "a"))
    let total = FrameLog.maximumFrames + 255
    var next: Offset = 1
    while next <= Offset(total) {
      topic.append(event("1"))
      next = log.slice(from: next, maximumCount: 1, maximumBytes: 1).next
    }
    // Still there: nothing is encoded again.
    let encoded = log.encodedCount
    #expect(log.slice(from: 1, maximumCount: 1, maximumBytes: 1).next == 2)
    topic.append(event("1"))
    next = log.slice(from: next, maximumCount: 1, maximumBytes: 1).next
    #expect(log.encodedCount == encoded + 1)
    #expect(log.keptFrameCount == FrameLog.maximumFrames)
    for _ in 1...256 {
      topic.append(event("1"))
      next = log.slice(from: next, maximumCount: 1, maximumBytes: 1).next
    }
    #expect(log.keptFrameCount == FrameLog.maximumFrames)
  }
}
