// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing

@testable import Sinks

@Suite struct ServerMessageTests {
  private func json(_ message: ServerMessage) -> String { text(WireForm.json.bytes(message)) }

  @Test func `errors say code, message and whether trying again helps`() {
    #expect(
      json(.error(3, .alreadySubscribed))
        == #"{"id":3,"error":{"code":105,"message":"already subscribed"}}"#
    )
    #expect(
      json(.error(3, .heldBack("x")))
        == #"{"id":3,"error":{"code":111,"message":"too many requests: x","temporary":true}}"#
    )
  }

  @Test func `connect tells how often to expect a ping, and for how long it is`() {
    var connected = Connected(
      client: "0-1",
      version: "v",
      validity: .unbounded,
      pingSeconds: 25,
      time: 9
    )
    #expect(
      json(.connected(1, connected))
        == #"{"id":1,"connect":{"client":"0-1","version":"v","ping":25,"pong":true,"#
        + #""session":"0-1","time":9}}"#
    )
    connected = Connected(
      client: "0-1",
      version: "v",
      validity: Validity(until: 10_001, now: 9_000),
      pingSeconds: 25,
      time: 9_000,
      subscriptions: [("a", Subscribed(epoch: "e", offset: 1))]
    )
    #expect(
      json(.connected(1, connected))
        == #"{"id":1,"connect":{"client":"0-1","version":"v","expires":true,"ttl":2,"#
        + #""subs":{"a":{"recoverable":true,"positioned":true,"epoch":"e","offset":1}},"#
        + #""ping":25,"pong":true,"session":"0-1","time":9000}}"#
    )
  }

  @Test func `subscribe tells the place, and recovery only when it was asked for`() {
    #expect(
      json(.subscribed(2, Subscribed(epoch: "e", offset: 5)))
        == #"{"id":2,"subscribe":{"recoverable":true,"positioned":true,"epoch":"e","offset":5}}"#
    )
    let entry = EventEntry(event: event("1"), offset: 6, appended: 0, epoch: Epoch(rawValue: 14))
    let recovered = Subscribed(epoch: "e", offset: 6, recovered: true, publications: [entry])
    #expect(
      json(.subscribed(2, recovered))
        == #"{"id":2,"subscribe":{"recoverable":true,"positioned":true,"epoch":"e","offset":6,"#
        + #""was_recovering":true,"recovered":true,"publications":[{"data":1,"offset":6}]}}"#
    )
    #expect(json(.done(4, .publish)) == #"{"id":4,"publish":{}}"#)
  }

  @Test func `presence, history and what comes and goes name clients and places`() {
    let ada = ClientInfo(user: "ada", client: "0-1", connection: Array(#"{"n":1}"#.utf8))
    #expect(
      json(.presence(5, [("0-1", ada)]))
        == #"{"id":5,"presence":{"presence":{"0-1":{"user":"ada","client":"0-1","#
        + #""conn_info":{"n":1}}}}}"#
    )
    #expect(
      json(.presenceStats(5, clients: 2, users: 1))
        == #"{"id":5,"presence_stats":{"num_clients":2,"num_users":1}}"#
    )
    #expect(
      json(.push(channel: "a", .leave(ada)))
        == #"{"push":{"channel":"a","leave":{"info":{"user":"ada","client":"0-1","#
        + #""conn_info":{"n":1}}}}}"#
    )
    let page = HistoryPage(epoch: "e", offset: 9, publications: [])
    #expect(
      json(.history(6, page)) == #"{"id":6,"history":{"publications":[],"epoch":"e","offset":9}}"#
    )
  }

  /// The fields of a message, as far as they are numbers and texts.
  private func protobuf(_ message: ServerMessage) throws -> ProtobufMessage {
    let parts = try ProtobufStream.split(WireForm.protobuf.bytes(message))
    try #require(parts.count == 1)
    return try ProtobufMessage(Array(parts[0]))
  }

  @Test func `the other form says the same by numbers`() throws {
    let error = try protobuf(.error(3, .heldBack("x")))
    #expect(error.number(1) == 3)
    #expect(try error.message(2)?.number(1) == 111)
    #expect(try error.message(2)?.text(2) == "too many requests: x")
    #expect(try error.message(2)?.number(3) == 1)
    let entry = EventEntry(
      event: Event(data: Array("hi".utf8), format: .text, type: "t", tags: ["k": "v"]),
      offset: 6,
      appended: 0,
      epoch: Epoch(rawValue: 14)
    )
    let push = try #require(try protobuf(.push(channel: "a", .publication(entry))).message(4))
    #expect(push.text(2) == "a")
    let publication = try #require(try push.message(4))
    #expect(publication.text(4) == "hi")
    #expect(publication.number(6) == 6)
    let tags = try publication.messages(7).map { [$0.text(1), $0.text(2)] }
    #expect(tags == [["k", "v"], ["type", "t"]])
    #expect(WireForm.protobuf.bytes(.ping) == [0])
    let done = try protobuf(.done(4, .publish))
    #expect(done.number(1) == 4)
    #expect(done.fieldNumbers == [1, 8])
  }
}
