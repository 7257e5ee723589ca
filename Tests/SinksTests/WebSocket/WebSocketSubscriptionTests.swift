// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Sinks

@Suite struct WebSocketSubscriptionTests {
  private func push(_ channel: String, _ number: Int) -> String {
    #"{"push":{"channel":"\#(channel)","pub":{"data":\#(number),"offset":\#(number)}}}"#
  }

  private func reply(_ topic: Topic<Event>, offset: Int, id: Int = 2, more: String = "") -> String {
    #"{"id":\#(id),"subscribe":{"recoverable":true,"positioned":true,"#
      + #""epoch":"\#(topic.epoch)","offset":\#(offset)\#(more)}}"#
  }

  @Test func `a subscriber gets what comes after it, in order`() throws {
    let harness = try SocketHarness()
    let topic = try harness.topic("a")
    topic.appendNumbers(1...3)
    harness.send(#"{"id":2,"subscribe":{"channel":"a"}}"#)
    topic.appendNumbers(4...200)
    #expect(try harness.rest() == [reply(topic, offset: 3)] + (4...200).map { push("a", $0) })
    #expect(harness.shard.topicCount == 1)
  }

  @Test func `topics of the address are subscribed to as if by a first message`() throws {
    let harness = try SocketHarness(connects: false)
    let topic = try harness.topic("a")
    topic.appendNumbers(1...3)
    harness.session.subscribe(atOnceTo: ["a", "_b", "a"], now: harness.now)
    topic.appendNumbers(4...4)
    let rest = try harness.rest()
    #expect(rest.count == 5)
    #expect(rest[0].hasPrefix(#"{"id":1,"connect":{"client":""#))
    #expect(rest[1] == reply(topic, offset: 3))
    #expect(rest[2].hasPrefix(#"{"id":3,"error":{"code":107,"#))
    #expect(rest[3].hasPrefix(#"{"id":4,"error":{"code":105,"#))
    #expect(rest[4] == push("a", 4))
  }

  @Test func `an address without topics changes nothing`() throws {
    let harness = try SocketHarness(connects: false)
    harness.session.subscribe(atOnceTo: [], now: harness.now)
    #expect(try harness.rest().isEmpty)
    #expect(!harness.session.isConnected)
  }

  @Test func `recovery gives every missed publication, then what comes`() throws {
    let harness = try SocketHarness()
    let topic = try harness.topic("a")
    topic.appendNumbers(1...5)
    harness.send(
      #"{"id":2,"subscribe":{"channel":"a","recover":true,"epoch":"\#(topic.epoch)","offset":3}}"#
    )
    topic.appendNumbers(6...6)
    let more =
      #","was_recovering":true,"recovered":true,"publications":["#
      + #"{"data":4,"offset":4},{"data":5,"offset":5}]"#
    #expect(try harness.rest() == [reply(topic, offset: 5, more: more), push("a", 6)])
  }

  @Test func `an up-to-date client recovers nothing`() throws {
    let harness = try SocketHarness()
    let topic = try harness.topic("a")
    topic.appendNumbers(1...5)
    harness.send(
      #"{"id":2,"subscribe":{"channel":"a","recover":true,"epoch":"\#(topic.epoch)","offset":5}}"#
    )
    let more = #","was_recovering":true,"recovered":true"#
    #expect(try harness.rest() == [reply(topic, offset: 5, more: more)])
  }

  @Test(arguments: [
    ("zz", "3"), ("", "3"), ("EPOCH", "6"), ("EPOCH", "18446744073709551615"), ("EPOCH", "1"),
  ])
  func `a place that is none, gone or too far back is not recovered`(
    epoch: String,
    offset: String
  ) throws {
    var settings = WebSocketSettings()
    settings.maximumRecovery = 3
    let harness = try SocketHarness(settings)
    let topic = try harness.topic("a")
    topic.appendNumbers(1...5)
    let epoch = epoch == "EPOCH" ? "\(topic.epoch)" : epoch
    let place = #""channel":"a","recover":true,"epoch":"\#(epoch)","offset":\#(offset)"#
    harness.send(#"{"id":2,"subscribe":{\#(place),"flag":2}}"#)
    #expect(
      try harness.rest() == [#"{"id":2,"error":{"code":112,"message":"unrecoverable position"}}"#]
    )
    harness.send(#"{"id":3,"subscribe":{\#(place)}}"#)
    let more = #","was_recovering":true,"recovered":false"#
    #expect(try harness.rest() == [reply(topic, offset: 5, id: 3, more: more)])
  }

  @Test func `missed publications that the topic dropped are not recovered`() throws {
    let harness = try SocketHarness(
      rules: TopicDirectory.Rules { _ in Retention(maximumCount: 4) }
    )
    let topic = try harness.topic("a")
    topic.appendNumbers(1...10)
    harness.send(
      #"{"id":2,"subscribe":{"channel":"a","recover":true,"epoch":"\#(topic.epoch)","offset":5}}"#
    )
    let more = #","was_recovering":true,"recovered":false"#
    #expect(try harness.rest() == [reply(topic, offset: 10, more: more)])
  }

  @Test func `a recovery larger than its limit in bytes is none`() throws {
    var settings = WebSocketSettings()
    settings.maximumRecoveryBytes = 3
    let harness = try SocketHarness(settings)
    let topic = try harness.topic("a")
    topic.appendNumbers(10...11)
    harness.send(
      #"{"id":2,"subscribe":{"channel":"a","recover":true,"epoch":"\#(topic.epoch)","offset":0}}"#
    )
    #expect(try harness.next()?.contains(#""recovered":false"#) == true)
  }

  @Test func `views of a topic are channels of their own`() throws {
    let harness = try SocketHarness()
    let topic = try harness.topic("a")
    harness.send(
      #"{"id":2,"subscribe":{"channel":"a"}}"# + "\n"
        + #"{"id":3,"subscribe":{"channel":"a?view=b"}}"#
    )
    #expect(try harness.rest().count == 2)
    topic.appendNumbers(1...1)
    harness.turn()
    #expect(Set(try harness.rest()) == [push("a", 1), push("a?view=b", 1)])
    harness.send(#"{"id":4,"unsubscribe":{"channel":"a"}}"#)
    topic.appendNumbers(2...2)
    harness.turn()
    #expect(try harness.rest() == [#"{"id":4,"unsubscribe":{}}"#, push("a?view=b", 2)])
    harness.send(#"{"id":5,"unsubscribe":{"channel":"a?view=b"}}"#)
    #expect(harness.shard.topicCount == 0)
    #expect(topic.isInUse)
  }

  @Test func `a second subscription, one too many and a bad name are refused`() throws {
    var settings = WebSocketSettings()
    settings.maximumChannels = 1
    let harness = try SocketHarness(
      settings,
      rules: TopicDirectory.Rules(maximumTopics: 1) { $0 == "no" ? nil : Retention() }
    )
    let long = String(repeating: "x", count: 256)
    for (id, channel) in ["no", "_a", "", "a b", long, "u#1", "a", "a", "b"].enumerated() {
      harness.send(#"{"id":\#(id + 2),"subscribe":{"channel":"\#(channel)"}}"#)
    }
    let codes = try harness.rest().map { reply in
      reply.firstRange(of: #""code":"#).map { reply[$0.upperBound...].prefix(3) } ?? "ok"
    }
    #expect(codes == ["102", "107", "107", "107", "107", "103", "ok", "105", "106"])
  }

  @Test func `whoever wants gaps is told of them where they are`() throws {
    let harness = try SocketHarness(
      rules: TopicDirectory.Rules { _ in Retention(maximumCount: 4) }
    )
    let topic = try harness.topic("a")
    harness.send(#"{"id":2,"subscribe":{"channel":"a","data":{"gaps":true}}}"#)
    _ = try harness.next()
    topic.appendNumbers(1...10)
    harness.turn()
    let gap =
      #"{"push":{"channel":"a","pub":{"data":null,"offset":6,"tags":{"weir-gap":"1-6"}}}}"#
    #expect(try harness.rest() == [gap] + (7...10).map { push("a", $0) })
  }

  @Test func `others are sent away to find out what they can recover`() throws {
    let harness = try SocketHarness(
      rules: TopicDirectory.Rules { _ in Retention(maximumCount: 4) }
    )
    let topic = try harness.topic("a")
    harness.send(#"{"id":2,"subscribe":{"channel":"a"}}"#)
    _ = try harness.next()
    topic.appendNumbers(1...10)
    harness.turn()
    #expect(
      try harness.rest() == [
        #"{"push":{"channel":"a","unsubscribe":{"code":2500,"reason":"insufficient state"}}}"#
      ]
    )
    #expect(harness.shard.topicCount == 0)
    #expect(!harness.session.isClosing)
    harness.send(#"{"id":3,"subscribe":{"channel":"a"}}"#)
    #expect(try harness.rest() == [reply(topic, offset: 10, id: 3)])
  }
}
