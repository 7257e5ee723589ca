// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing
import Transport

@testable import Sinks

@Suite struct TableStreamTests {
  private final class Harness {
    let turns = Turns()
    let shard: FanOutShard
    let loopback: Loopback
    let session: EventStreamSession

    init(
      _ table: EventTable,
      after: String = "",
      isCompressed: Bool = false,
      options: SocketOptions = SocketOptions()
    ) throws {
      shard = turns.makeShard()
      loopback = try Loopback(outboundLimit: 8 << 20, options: options)
      session = EventStreamSession(
        loopback.connection,
        sources: [EventStreamSource(table)],
        resume: try ResumePoint.parse(after),
        isEnveloped: false,
        isCompressed: isCompressed,
        shard: shard,
        settings: EventStreamSettings(),
        now: MonotonicInstant(nanoseconds: 0)
      )
      turn()
    }

    func turn() {
      session.pump()
      turns.settle(shard)
    }

    /// Everything that was sent and not read yet.
    func sent() throws -> String {
      loopback.connection.socket.shutdownWrite()
      var bytes: [UInt8] = []
      while try loopback.client.read(into: &bytes) > 0 {}
      return text(bytes)
    }
  }

  private let directory = TopicDirectory(
    rules: .init(
      retention: { _ in Retention(maximumCount: 4) },
      table: { _ in TableSettings() }
    )
  )
  private let topic: Topic<Event>
  private let table: EventTable
  private var e: String { "\(topic.epoch)" }

  init() throws {
    topic = try directory.topic("t")
    table = try #require(topic.table)
  }

  private func snapshot(_ offset: Int, rows: Int) -> String {
    "event: weir.snapshot\ndata: "
      + #"{"topic":"t","epoch":"\#(e)","offset":\#(offset),"rows":\#(rows)}"# + "\n\n"
  }

  private func row(_ data: String) -> String { "event: weir.row\ndata: \(data)\n\n" }

  private func change(_ offset: Int, _ data: String) -> String {
    "event: weir.row\nid: t:\(e):\(offset)\ndata: \(data)\n\n"
  }

  private func live(_ offset: Int) -> String {
    "event: weir.live\nid: t:\(e):\(offset)\ndata: "
      + #"{"topic":"t","epoch":"\#(e)","offset":\#(offset)}"# + "\n\n"
  }

  @Test func `rows come first, then changes as rows`() throws {
    topic.append(.row("b", "1"), .row("a", "\"x\"", tags: ["kind": "k"]))
    let harness = try Harness(table)
    topic.append(.row("b", "3"), .row("a", nil))
    topic.append(event("4"), .row("c", "5"))
    harness.turn()
    #expect(
      try harness.sent() == "retry: 1000\n" + snapshot(2, rows: 2)
        + row(#"{"key":"a","offset":2,"tags":{"kind":"k"},"data":"x"}"#)
        + row(#"{"key":"b","offset":1,"data":1}"#) + live(2)
        + change(3, #"{"key":"b","offset":3,"data":3}"#)
        + change(4, #"{"key":"a","offset":4,"deleted":true}"#) + "id: t:\(e):5\n\n"
        + change(6, #"{"key":"c","offset":6,"data":5}"#)
    )
  }

  @Test func `a stream goes on behind its place without the rows`() throws {
    topic.append(.row("a", "1"), .row("b", "2"))
    topic.append(.row("a", "3"))
    let harness = try Harness(table, after: "t:\(e):2")
    #expect(
      try harness.sent() == "retry: 1000\n" + change(3, #"{"key":"a","offset":3,"data":3}"#)
    )
  }

  @Test(arguments: ["t:other:1", "t:EPOCH:99", "t:EPOCH:1"])
  func `where the place is no more the rows come anew`(place: String) throws {
    for number in 1...9 { topic.append(.row("a", "\(number)")) }
    let harness = try Harness(table, after: place.replacing("EPOCH", with: e))
    #expect(
      try harness.sent() == "retry: 1000\n" + snapshot(9, rows: 1)
        + row(#"{"key":"a","offset":9,"data":9}"#) + live(9)
    )
  }

  @Test func `who has lost changes gets the rows anew`() throws {
    let harness = try Harness(table)
    for number in 1...9 { topic.append(.row("a", "\(number)")) }
    harness.turn()
    topic.append(.row("a", "10"))
    harness.turn()
    #expect(
      try harness.sent() == "retry: 1000\n" + snapshot(0, rows: 0) + live(0)
        + snapshot(9, rows: 1) + row(#"{"key":"a","offset":9,"data":9}"#) + live(9)
        + change(10, #"{"key":"a","offset":10,"data":10}"#)
    )
  }

  @Test func `many rows come as the socket takes them, and nothing keeps old ones`() throws {
    let large = "\"" + String(repeating: "x", count: 10_000) + "\""
    for number in 1_000..<1_500 { topic.append(.row("k\(number)", large)) }
    var options = SocketOptions()
    options.sendBufferBytes = 16_384
    let harness = try Harness(table, options: options)
    // What waits is one step, whatever the table has.
    #expect(harness.session.heldBytes < 200_000)
    var (text, count): (String, Int) = ("", 0)
    while !text.contains("event: weir.live") {
      var bytes: [UInt8] = []
      count += try harness.loopback.client.read(into: &bytes)
      text = String(text.suffix(64)) + String(decoding: bytes, as: UTF8.self)
      harness.loopback.connection.becameWritable()
      harness.turn()
    }
    #expect(count > 5_000_000)
  }

  @Test func `a stream that ends among its rows is over`() throws {
    topic.append(.row("a", "1"))
    let harness = try Harness(table)
    harness.session.shutDown(spread: .zero)
    harness.turn()
    #expect(harness.session.isClosing)
    #expect(harness.shard.topicCount == 0)
  }
}
