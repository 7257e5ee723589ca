// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Sinks

@Suite struct WebSocketPublishTests {
  private static let small = TopicDirectory.Rules { _ in Retention(maximumCount: 4) }

  @Test func `a publish is stored, and a refused one says why`() throws {
    let harness = try SocketHarness(rules: .init { _ in Retention(maximumBytes: 1_024) })
    harness.send(#"{"id":2,"publish":{"channel":"a?view=x","data":{"b":1}}}"#)
    let large = String(repeating: "x", count: 1_000)
    harness.send(#"{"id":3,"publish":{"channel":"a","data":"\#(large)"}}"#)
    harness.send(#"{"id":4,"publish":{"channel":"u#1","data":1}}"#)
    let replies = try harness.rest()
    #expect(replies.first == #"{"id":2,"publish":{}}"#)
    #expect(replies[1].hasPrefix(#"{"id":3,"error":{"code":106"#))
    #expect(replies[2].hasPrefix(#"{"id":4,"error":{"code":103"#))
    #expect(try harness.topic("a").statistics.lastOffset == 1)
  }

  @Test func `a publish that is held back is answered when there is room`() async throws {
    let harness = try SocketHarness(rules: Self.small)
    let topic = try harness.topic("a")
    let cursor = Cursor(topic)
    for id in 2...6 { harness.send(#"{"id":\#(id),"publish":{"channel":"a","data":1}}"#) }
    #expect(try harness.rest().count == 4)
    #expect(topic.statistics.waitingPublishes == 1)
    _ = try await cursor.next(limit: 2)
    _ = try await cursor.next(limit: 2)
    harness.turn()
    #expect(try harness.rest() == [#"{"id":6,"publish":{}}"#])
    #expect(topic.statistics.lastOffset == 5)
  }

  @Test func `a publish that is held back for too long is taken back`() throws {
    let harness = try SocketHarness(rules: Self.small)
    let topic = try harness.topic("a")
    let cursor = Cursor(topic)
    for id in 2...6 { harness.send(#"{"id":\#(id),"publish":{"channel":"a","data":1}}"#) }
    _ = try harness.rest()
    harness.advance(by: .seconds(24))
    #expect(topic.statistics.waitingPublishes == 1)
    _ = try harness.rest()
    harness.send("{}")
    harness.advance(by: .seconds(6))
    let replies = try harness.rest().filter { $0 != "{}" }
    #expect(replies.count == 1)
    #expect(replies.first?.hasPrefix(#"{"id":6,"error":{"code":111"#) == true)
    #expect(replies.first?.hasSuffix(#""temporary":true}}"#) == true)
    #expect(topic.statistics.waitingPublishes == 0)
    #expect(topic.statistics.lastOffset == 4)
    withExtendedLifetime(cursor) {}
  }

  @Test func `publishes of one id are told apart`() throws {
    var settings = WebSocketSettings()
    settings.publishTimeout = .seconds(3)
    let harness = try SocketHarness(settings, rules: Self.small)
    let topic = try harness.topic("a")
    let cursor = Cursor(topic)
    for _ in 1...4 { harness.send(#"{"id":2,"publish":{"channel":"a","data":1}}"#) }
    harness.send(#"{"id":2,"publish":{"channel":"a","data":2}}"#)
    harness.advance(by: .seconds(2))
    harness.send(#"{"id":2,"publish":{"channel":"a","data":3}}"#)
    harness.advance(by: .seconds(1))
    #expect(harness.session.held.count == 1)
    #expect(topic.statistics.waitingPublishes == 1)
    harness.session.end()
    #expect(topic.statistics.waitingPublishes == 0)
    withExtendedLifetime(cursor) {}
  }

  @Test func `a client may have only so many publishes held back`() throws {
    var settings = WebSocketSettings()
    settings.maximumHeldPublishes = 2
    let harness = try SocketHarness(settings, rules: Self.small)
    let topic = try harness.topic("a")
    let cursor = Cursor(topic)
    for id in 2...8 { harness.send(#"{"id":\#(id),"publish":{"channel":"a","data":1}}"#) }
    #expect(topic.statistics.waitingPublishes == 2)
    #expect(try harness.rest().last?.hasPrefix(#"{"id":8,"error":{"code":111"#) == true)
    withExtendedLifetime(cursor) {}
  }

  @Test func `what is held back goes with its client`() throws {
    let harness = try SocketHarness(rules: Self.small)
    let topic = try harness.topic("a")
    let cursor = Cursor(topic)
    for id in 2...6 { harness.send(#"{"id":\#(id),"publish":{"channel":"a","data":1}}"#) }
    harness.session.end()
    harness.turn()
    #expect(topic.statistics.waitingPublishes == 0)
    #expect(topic.statistics.lastOffset == 4)
    withExtendedLifetime(cursor) {}
  }
}
