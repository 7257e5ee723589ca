// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing
import Transport

@testable import Sinks

@Suite struct EventStreamSessionTests {
  private final class Harness {
    let turns = Turns()
    let shard: FanOutShard
    let loopback: Loopback
    let session: EventStreamSession
    private(set) var now = MonotonicInstant(nanoseconds: 0)

    init(
      _ topics: [Topic<Event>],
      after: String = "",
      filter: EventFilter? = nil,
      isEnveloped: Bool = false,
      outboundLimit: Int = 8 << 20
    ) throws {
      shard = turns.makeShard()
      loopback = try Loopback(outboundLimit: outboundLimit)
      session = EventStreamSession(
        loopback.connection,
        sources: topics.map { EventStreamSource($0) },
        resume: try ResumePoint.parse(after),
        filter: filter,
        isEnveloped: isEnveloped,
        shard: shard,
        settings: EventStreamSettings(),
        now: now
      )
      turn()
    }

    func turn() {
      session.pump()
      turns.settle(shard)
    }

    func advance(by duration: Duration) {
      now = now.advanced(by: duration)
      session.tick(now: now)
      turn()
    }

    /// Everything that was sent and not read yet.
    func sent() throws -> String {
      loopback.connection.socket.shutdownWrite()
      var bytes: [UInt8] = []
      while try loopback.client.read(into: &bytes) > 0 {}
      return text(bytes)
    }
  }

  private let a = makeTopic("a")
  private let b = makeTopic("b", count: 4)

  @Test func `a stream without a place begins with what comes`() throws {
    a.appendNumbers(1...2)
    let harness = try Harness([a])
    a.appendNumbers(3...4)
    harness.turn()
    #expect(try harness.sent() == "retry: 1000\nid: a:e:3\ndata: 3\n\nid: a:e:4\ndata: 4\n\n")
  }

  @Test func `a stream goes on behind its place`() throws {
    a.appendNumbers(1...4)
    let harness = try Harness([a], after: "a:e:2,other:x:9")
    #expect(try harness.sent() == "retry: 1000\nid: a:e:3\ndata: 3\n\nid: a:e:4\ndata: 4\n\n")
  }

  @Test func `each event of several topics says all places`() throws {
    a.appendNumbers(1...2)
    b.appendNumbers(1...2)
    let harness = try Harness([a, b], after: "b:e:1,a:e:2")
    a.appendNumbers(3...3)
    harness.turn()
    #expect(
      try harness.sent()
        == "retry: 1000\ndata: 2\nid: a:e:2,b:e:2\n\ndata: 3\nid: a:e:3,b:e:2\n\n"
    )
  }

  @Test(arguments: ["b:zz:3", "b:e:18446744073709551615", "b:e:11"])
  func `another epoch or a place that never was is told, and all that is kept is sent`(
    after: String
  ) throws {
    b.appendNumbers(1...10)
    let harness = try Harness([b], after: after)
    let expected =
      "retry: 1000\nevent: weir.reset\nid: b:e:6\n"
      + #"data: {"topic":"b","epoch":"e","offset":6}"# + "\n\n"
      + (7...10).map { "id: b:e:\($0)\ndata: \($0)\n\n" }.joined()
    #expect(try harness.sent() == expected)
  }

  @Test func `what is gone is told with the place behind it`() throws {
    b.appendNumbers(1...10)
    a.appendNumbers(1...1)
    let harness = try Harness([a, b], after: "a:e:1,b:e:2")
    let expected =
      "retry: 1000\nevent: weir.gap\nid: a:e:1,b:e:6\n"
      + #"data: {"topic":"b","from":3,"to":6}"# + "\n\n"
      + (7...10).map { "data: \($0)\nid: a:e:1,b:e:\($0)\n\n" }.joined()
    #expect(try harness.sent() == expected)
  }

  @Test func `every place that was sent resumes without loss or repetition`() throws {
    a.appendNumbers(1...4)
    b.appendNumbers(1...3)
    let whole = try Harness([a, b], after: "a:e:0,b:e:0").sent()
    let blocks = whole.dropFirst("retry: 1000\n".count).split(separator: "\n\n")
    #expect(blocks.count == 7)
    for (index, block) in blocks.enumerated() {
      let line = try #require(block.split(separator: "\n").first { $0.hasPrefix("id: ") })
      let rest = try Harness([a, b], after: String(line.dropFirst(4))).sent()
      #expect(rest.split(separator: "data: ").count - 1 == 6 - index || index == 6 && rest.isEmpty)
    }
  }

  /// Lets through what has the tag `n` of odd numbers.
  private func oddFilter() throws -> EventFilter {
    let view = try JSONView.parse(Array(#"{"key":"n","cmp":"eq","val":"1"}"#.utf8))
    return try EventFilter(tagFilter: view, limits: FilterLimits())
  }

  private func publish(_ topic: Topic<Event>, _ numbers: [Int]) {
    for number in numbers {
      topic.append(Event(data: Array("\(number)".utf8), tags: ["n": "\(number % 2)"]))
    }
  }

  @Test func `only what a filter lets through is sent, with places that are its own`() throws {
    let filter = try oddFilter()
    let one = try Harness([a], filter: filter)
    let two = try Harness([a, b], filter: filter)
    publish(a, [0, 1, 2, 3, 4])
    publish(b, [0, 0, 5, 6])
    one.turn()
    two.turn()
    #expect(
      try one.sent() == "retry: 1000\nid: a:e:2\ndata: 1\n\nid: a:e:4\ndata: 3\n\n"
    )
    let sent = try two.sent()
    #expect(sent.contains("data: 1\nid: a:e:2,b:e:"))
    #expect(sent.contains("data: 3\nid: a:e:4,b:e:"))
    #expect(sent.contains(":e:3\n\n") && !sent.contains("data: 6"))
    // It goes on behind a place, also one of an event that it did not want.
    let later = try Harness([a], after: "a:e:3", filter: filter)
    #expect(try later.sent() == "retry: 1000\nid: a:e:4\ndata: 3\n\n")
  }

  @Test func `a quiet stream with a filter tells how far nothing was for it, once`() throws {
    publish(a, [2])
    let one = try Harness([a], filter: oddFilter())
    let two = try Harness([a, b], filter: oddFilter())
    let harnesses = [one, two]
    for harness in harnesses { harness.advance(by: .seconds(60)) }
    // What goes by is more than is kept.
    publish(b, [Int](repeating: 2, count: 20))
    publish(a, [1, 4, 6])
    for harness in harnesses { harness.turn() }
    // The first finds that something was sent.
    for _ in 0..<4 {
      for harness in harnesses { harness.advance(by: .seconds(60)) }
    }
    func place(_ text: String) -> String { "event: weir.place\nid: \(text)\ndata: {}\n\n" }
    let match = "id: a:e:2\ndata: 1\n\n"
    let sent = try one.sent()
    #expect(sent.hasPrefix("retry: 1000\n" + place("a:e:1") + match), "\(sent)")
    #expect(sent.hasSuffix(match + place("a:e:4") + ":\n"), "\(sent)")
    let both = try two.sent()
    #expect(both.hasSuffix(place("a:e:4,b:e:20") + ":\n"), "\(both)")
    let later = try Harness([a, b], after: "a:e:4,b:e:20", filter: oddFilter())
    #expect(try later.sent() == "")
  }

  @Test func `a chain that has ended before the stream began ends that`() async throws {
    let bench = DerivedBench()
    let plan = try ChainPlan(text: Array(#"[{"filter":"true"}]"#.utf8))
    let derived = try await bench.subscribe(plan)
    for isClosed in [false, true] {
      if isClosed { derived.topic.close() }
      let (turns, loopback) = (Turns(), try Loopback(outboundLimit: 1 << 20))
      let shard = turns.makeShard()
      let session = EventStreamSession(
        loopback.connection,
        sources: [EventStreamSource(a), EventStreamSource(derived, of: bench.source)],
        resume: ResumePoint(),
        isEnveloped: false,
        shard: shard,
        settings: EventStreamSettings(),
        now: MonotonicInstant(nanoseconds: 0)
      )
      session.endIfClosed()
      #expect(session.isClosing == isClosed)
      // It says when to come back.
      #expect(!isClosed || loopback.connection.writtenBytes > 0)
      session.end()
    }
  }

  @Test func `envelopes are whole CloudEvents`() throws {
    let harness = try Harness([a], isEnveloped: true)
    a.append(event("1", type: "x"))
    harness.turn()
    let sent = try harness.sent()
    #expect(sent.contains("event: x\nid: a:e:1\ndata: {\"specversion\":\"1.0\",\"id\":\"e-1\","))
  }

  @Test func `a quiet stream gets a comment, a busy one does not`() throws {
    let harness = try Harness([a])
    harness.advance(by: .seconds(15))
    a.append(event("1"))
    harness.turn()
    harness.advance(by: .seconds(15))
    harness.advance(by: .seconds(15))
    #expect(try harness.sent() == ":\nretry: 1000\nid: a:e:1\ndata: 1\n\n:\n")
  }

  @Test func `a stream is never quiet for longer than the interval and a tick`() throws {
    let harness = try Harness([a])
    var quiet = 0
    for second in 1...60 {
      let before = harness.loopback.connection.writtenBytes
      if second == 10 || second == 33 { a.append(event("1")) }
      harness.advance(by: .seconds(1))
      quiet = harness.loopback.connection.writtenBytes == before ? quiet + 1 : 0
      #expect(quiet <= 15)
    }
    #expect(try harness.sent().split(separator: "\n").count { $0 == ":" } == 2)
  }

  @Test func `the end tells when to come back, spread over time`() throws {
    let harness = try Harness([a])
    harness.session.shutDown(spread: .seconds(5))
    harness.session.shutDown(spread: .seconds(5))
    #expect(harness.session.isClosing)
    #expect(harness.shard.sessionCount == 0)
    #expect(harness.shard.topicCount == 0)
    harness.loopback.connection.flush()
    let sent = try harness.sent()
    let delay = try #require(Int(sent.dropFirst("retry: ".count).dropLast()))
    #expect((1_000...6_000).contains(delay))
  }

  @Test func `a client that takes nothing stays bounded and is told what it missed`() throws {
    let small = makeTopic("s", count: 64)
    let harness = try Harness([small])
    let large = event("\"" + String(repeating: "x", count: 20_000) + "\"")
    for _ in 0..<300 {
      small.append(large)
      harness.turn()
    }
    #expect(harness.loopback.connection.isBlocked)
    #expect(harness.loopback.connection.outbound.peakCount < 160 << 10)
    var decoder = ServerSentEventDecoder()
    var (gaps, last) = (0, "")
    while !last.hasSuffix(":300") {
      var bytes: [UInt8] = []
      try #require(try harness.loopback.client.read(into: &bytes) > 0)
      decoder.receive(bytes)
      while let event = try decoder.nextEvent() {
        if event.event == "weir.gap" { gaps += 1 }
        last = event.id ?? last
      }
      harness.loopback.connection.becameWritable()
      harness.turn()
    }
    #expect(gaps > 0)
  }

  @Test func `an event larger than what may wait ends the stream and nothing else`() throws {
    let harness = try Harness([a, b], outboundLimit: 10_000)
    a.append(event("\"" + String(repeating: "x", count: 20_000) + "\""))
    a.append(event("2"))
    harness.turn()
    #expect(harness.session.isClosing)
    #expect(harness.shard.topicCount == 0)
  }
}
