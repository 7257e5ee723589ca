// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing
import Transport

@testable import Sinks

@Suite struct WebSocketBoundsTests {
  private func recover(_ topic: Topic<Event>, more: String = "") -> String {
    #"{"id":2,"subscribe":{"channel":"a","recover":true,"epoch":"\#(topic.epoch)","offset":0\#(more)}}"#
  }

  private func tagged(_ bytes: Int) -> Event {
    Event(data: Array("1".utf8), tags: ["tag": String(repeating: "x", count: bytes)])
  }

  @Test func `a flood of pings closes the session, a ping now and then does not`() throws {
    let harness = try SocketHarness()
    for _ in 1...3 {
      for _ in 1...100 { harness.send(.ping, []) }
      harness.advance(by: .seconds(1))
    }
    #expect(!harness.session.isClosing)
    for _ in 1...101 { harness.send(.ping, []) }
    #expect(harness.session.isClosing)
    #expect(harness.session.closeCode == 1_008)
  }

  @Test func `first pings of sessions that come together are spread over the interval`() {
    var settings = WebSocketSettings()
    settings.pingInterval = .seconds(10)
    let first = (1...900).map { settings.firstPing(of: $0) }
    #expect(first.allSatisfy { $0 >= .seconds(1) && $0 <= .seconds(10) })
    // A hundred in each second, give or take two.
    for second in 1..<10 {
      let count = first.count { $0 >= .seconds(second) && $0 < .seconds(second + 1) }
      #expect(abs(count - 100) <= 2, "second \(second)")
    }
  }

  @Test func `a client's own code is not one of the server's`() throws {
    let harness = try SocketHarness()
    harness.send(.close, [0x03, 0xF0])
    #expect(harness.session.isClosing)
    #expect(harness.session.closeCode == nil)
  }

  @Test func `what is held of messages that are not whole is known`() throws {
    let harness = try SocketHarness()
    var frame: [UInt8] = []
    let text = #"{"id":2,"ping":{}}"# + String(repeating: " ", count: 1_000)
    WebSocketFrame.encode(.text, Array(text.utf8), mask: 7, into: &frame)
    // Eight bytes are the frame's head.
    harness.receive(Array(frame.prefix(608)))
    #expect(harness.session.heldBytes == 600)
    harness.receive(Array(frame.dropFirst(608)))
    #expect(harness.session.heldBytes == 0)
    var fragment: [UInt8] = []
    let blanks = Array(repeating: UInt8(32), count: 500)
    WebSocketFrame.encode(.text, blanks, isFinal: false, mask: 7, into: &fragment)
    harness.receive(fragment)
    harness.send(.ping, [])
    #expect(harness.session.heldBytes == 500, "a ping between does not hide the fragment")
  }

  @Test func `replies that wait are held, and events are only as far as they were copied`() throws {
    let harness = try SocketHarness()
    let topic = try harness.topic("a")
    harness.send(#"{"id":2,"subscribe":{"channel":"a"}}"#)
    _ = try harness.next()
    let large = event("\"" + String(repeating: "x", count: 50_000) + "\"")
    while !harness.loopback.connection.isBlocked {
      topic.append(large)
      harness.turn()
    }
    #expect(harness.loopback.connection.outbound.count > 0)
    #expect(harness.session.heldBytes == 0, "the topic keeps them anyway")
    var question: [UInt8] = []
    let name = String(repeating: "n", count: 2_000)
    let text = #"{"id":3,"unsubscribe":{"channel":"\#(name)"}}"#
    WebSocketFrame.encode(.text, Array(text.utf8), mask: 7, into: &question)
    for _ in 1...100 { harness.receive(question) }
    let held = harness.session.heldBytes
    #expect(held > 2_000)
    while harness.session.heldBytes > 0 { _ = try harness.nextEvent() }
  }

  @Test func `tags count for what may be recovered`() throws {
    var settings = WebSocketSettings()
    settings.maximumRecoveryBytes = 10_000
    let harness = try SocketHarness(settings)
    let topic = try harness.topic("a")
    for _ in 1...2 { topic.append(tagged(4_000)) }
    harness.send(recover(topic))
    #expect(try #require(try harness.next()).contains(#""recovered":true,"publications":[{"#))
    harness.send(#"{"id":3,"unsubscribe":{"channel":"a"}}"#)
    _ = try harness.next()
    topic.append(tagged(4_000))
    harness.send(recover(topic))
    let answer = try #require(try harness.next())
    #expect(answer.contains(#""offset":3,"was_recovering":true,"recovered":false}"#))
    topic.append(event("4"))
    #expect(
      try harness.rest() == [#"{"push":{"channel":"a","pub":{"data":4,"offset":4}}}"#]
    )
  }

  @Test(arguments: [false, true])
  func `a recovery that grows beyond the room for output is none`(saysSo: Bool) throws {
    let harness = try SocketHarness(outboundLimit: 20_000)
    let topic = try harness.topic("a")
    // Each of these is written as six bytes.
    topic.append(
      Event(data: Array(repeating: 1, count: 5_000), format: .text)
    )
    harness.send(recover(topic, more: saysSo ? #","flag":2"# : ""))
    let answer = try #require(try harness.next())
    #expect(
      answer.contains(
        saysSo ? #""code":112"# : #""offset":1,"was_recovering":true,"recovered":false}"#
      )
    )
    #expect(!harness.session.isClosing)
    #expect(harness.shard.topicCount == (saysSo ? 0 : 1))
  }

  @Test func `a session that has no room for the news of a gap closes and nothing else`() throws {
    let harness = try SocketHarness(
      rules: TopicDirectory.Rules { _ in Retention(maximumCount: 4) },
      outboundLimit: 400
    )
    let topic = try harness.topic("a")
    let channel = "a?" + String(repeating: "v", count: 200)
    harness.send(#"{"id":2,"subscribe":{"channel":"\#(channel)","data":{"gaps":true}}}"#)
    _ = try harness.next()
    topic.appendNumbers(1...20)
    // Leaves no room behind it, and lets the session believe that there is none to wait for.
    let cursor = harness.session.subscriptions[0].cursor
    cursor.hear(topic.end.next)
    _ = harness.loopback.connection.send(Array(repeating: 0, count: 300))
    harness.session.pump(cursor)
    #expect(harness.session.isClosing)
    #expect(harness.session.subscriptions.isEmpty)
  }

  @Test func `a session that could not send goes on with all that is new when it can`() throws {
    let harness = try SocketHarness()
    let topics = try ["a", "b"].map { try harness.topic($0) }
    harness.send(#"{"id":2,"subscribe":{"channel":"a"}}"#)
    harness.send(#"{"id":3,"subscribe":{"channel":"b"}}"#)
    _ = try (harness.next(), harness.next())
    let large = event("\"" + String(repeating: "x", count: 100_000) + "\"")
    for _ in 1...200 {
      topics[0].append(large)
      harness.turn()
    }
    #expect(harness.loopback.connection.isBlocked)
    topics[1].append(event("7"))
    harness.turn()
    var last: [String] = []
    while last.count < 1 {
      let text = try #require(try harness.next())
      if text.contains(#""channel":"b""#) { last.append(text) }
    }
    #expect(last == [#"{"push":{"channel":"b","pub":{"data":7,"offset":1}}}"#])
  }
}
