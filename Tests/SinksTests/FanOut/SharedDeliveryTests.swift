// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import Transport

@testable import Sinks

@Suite struct SharedDeliveryTests {
  private func subscribe(_ harness: SocketHarness, _ channel: String = "a", id: Int = 2) throws {
    harness.send(#"{"id":\#(id),"subscribe":{"channel":"\#(channel)"}}"#)
    _ = try harness.next()
  }

  private func push(_ number: Int, _ offset: Int, channel: String = "a") -> String {
    #"{"push":{"channel":"\#(channel)","pub":{"data":\#(number),"offset":\#(offset)}}}"#
  }

  @Test func `a session that stands elsewhere gets its own part, beside those that share`() throws {
    let first = try SocketHarness()
    let others = try (1...2).map { _ in try SocketHarness(beside: first) }
    let topic = try first.topic("a")
    for harness in [first] + others { try subscribe(harness) }
    topic.appendNumbers(1...5)
    for harness in [first] + others { #expect(try harness.rest().count == 5) }
    others[0].session.subscriptions[0].cursor.next = 3
    topic.appendNumbers(6...7)
    first.turns.settle(first.shard)
    let new = [push(6, 6), push(7, 7)]
    #expect(try first.rest() == new)
    #expect(try others[0].rest() == (3...5).map { push($0, $0) } + new)
    #expect(try others[1].rest() == new)
  }

  @Test func `joined frames of which a part was written go on there, before what follows`()
    throws
  {
    let options = SocketOptions(sendBufferBytes: 4 << 10, unsentBytes: 4 << 10)
    let harness = try SocketHarness(options: options)
    let topic = try harness.topic("a")
    try subscribe(harness)
    let padding = String(repeating: "x", count: 900)
    func publish(_ numbers: ClosedRange<Int>) {
      topic.append(numbers.map { event(#""\#($0) \#(padding)""#) })
      harness.turns.settle(harness.shard)
    }
    // Until the socket takes a part of a slice.
    var published = 0
    while !harness.loopback.connection.isBlocked, published < 100_000 {
      publish(published + 1...published + 60)
      published += 60
    }
    let connection = harness.loopback.connection
    #expect(connection.isBlocked && connection.outbound.count > 0)
    #expect(connection.outbound.count < FanOutLimits.batchBytes)
    let waiting = connection.outbound.count
    publish(published + 1...published + 500)
    published += 500
    // Who takes nothing is queued nothing.
    #expect(connection.outbound.count == waiting)
    for number in 1...published {
      let text = try #require(try harness.next())
      #expect(
        text
          == #"{"push":{"channel":"a","pub":{"data":"\#(number) \#(padding)","offset":\#(number)}}}"#
      )
      guard text.contains(#""\#(number) "#) else { break }
    }
    #expect(try harness.rest().isEmpty)
  }

  @Test func `what is published while others are pumped comes once, in order`() throws {
    let harness = try SocketHarness()
    let topic = try harness.topic("a")
    let before = FakeSession(harness.shard)
    before.read(topic, in: harness.shard)
    try subscribe(harness)
    let after = FakeSession(harness.shard)
    after.read(topic, in: harness.shard)
    harness.turns.settle(harness.shard)
    for fake in [before, after] {
      let limit = fake.pumpCount + 10
      fake.onPump = { [unowned fake] in
        if fake.pumpCount <= limit { topic.append(event("0")) }
      }
    }
    topic.append(event("0"))
    harness.turns.settle(harness.shard)
    #expect(harness.turns.waitingCount == 0)
    #expect(try harness.rest() == (1...21).map { push(0, $0) })
  }

  @Test func `a session at the head of its topics has nothing to look at`() throws {
    let harness = try SocketHarness()
    let topic = try harness.topic("a")
    try subscribe(harness)
    try subscribe(harness, "b", id: 3)
    topic.appendNumbers(1...3)
    #expect(try harness.rest().count == 3)
    #expect(harness.session.due.isEmpty)
    let cursor = harness.session.subscriptions[0].cursor
    #expect(!cursor.hasNews && cursor.next == topic.end.next)
  }

  @Test func `views of one topic go each their own way, and end one by one`()
    throws
  {
    let harness = try SocketHarness()
    let topic = try harness.topic("a")
    try subscribe(harness, "a", id: 2)
    try subscribe(harness, "a?1", id: 3)
    try subscribe(harness, "a?2", id: 4)
    topic.append(event("1"))
    let channels = ["a", "a?1", "a?2"]
    #expect(try harness.rest().sorted() == channels.map { push(1, 1, channel: $0) }.sorted())
    // It has heard of news that it never reads.
    topic.append(event("2"))
    harness.send(#"{"id":5,"unsubscribe":{"channel":"a?1"}}"#)
    _ = try harness.rest()
    topic.append(event("3"))
    let rest = try harness.rest().sorted()
    #expect(rest == ["a", "a?2"].map { push(3, 3, channel: $0) }.sorted())
    #expect(harness.shard.topicCount == 1)
    for (id, channel) in [(6, "a"), (7, "a?2")] {
      harness.send(#"{"id":\#(id),"unsubscribe":{"channel":"\#(channel)"}}"#)
    }
    #expect(harness.shard.topicCount == 0)
  }
}
