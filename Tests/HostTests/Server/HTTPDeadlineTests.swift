// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing
import Transport

@testable import Host

private let host = "Host: localhost\r\n"
private let ndjson = "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n"

@Suite struct HTTPDeadlineTests {
  /// A topic with a lossless reader that takes nothing: two publishes of two fill it.
  private func harnessWithStuckReader() throws -> (ConnectionHarness, Topic<Event>, Cursor<Event>) {
    let harness = try ConnectionHarness {
      $0.topics = [.init(pattern: "a", retention: Retention(maximumCount: 4))]
    }
    let topic = try harness.topic("a")
    return (harness, topic, Cursor(topic))
  }

  private func chunk(_ text: String) -> String {
    String(text.utf8.count, radix: 16) + "\r\n\(text)\r\n"
  }

  @Test func `a connection without a request ends silently`() throws {
    let harness = try ConnectionHarness()
    harness.advance(by: .seconds(14))
    #expect(!harness.http.isDone)
    harness.advance(by: .seconds(1))
    #expect(harness.http.isDone)
    #expect(try harness.statuses() == [])
  }

  @Test func `a head that trickles is answered 408, however long it trickles`() throws {
    let harness = try ConnectionHarness()
    harness.receive("G")
    for byte in "ET /healthz HT" {
      harness.advance(by: .seconds(1))
      harness.receive(String(byte))
    }
    #expect(!harness.http.isLingering)
    harness.advance(by: .seconds(1))
    #expect(harness.http.isLingering)
    #expect(try harness.statuses() == [408])
  }

  @Test func `a second head has its time from its first byte on`() throws {
    let harness = try ConnectionHarness()
    harness.receive("GET /healthz HTTP/1.1\r\n\(host)\r\n")
    harness.advance(by: .seconds(70))
    harness.receive("G")
    harness.advance(by: .seconds(14))
    #expect(!harness.http.isLingering && !harness.http.isDone)
    harness.advance(by: .seconds(1))
    #expect(try harness.statuses() == [200, 408])
  }

  @Test func `an idle connection ends after a while`() throws {
    let harness = try ConnectionHarness()
    harness.receive("GET /healthz HTTP/1.1\r\n\(host)\r\n")
    harness.advance(by: .seconds(74))
    #expect(!harness.http.isDone)
    harness.advance(by: .seconds(1))
    #expect(harness.http.isDone)
  }

  @Test func `who takes an answer slowly is waited for, who takes none is not`() throws {
    let harness = try ConnectionHarness()
    let topic = try harness.topic("a")
    for _ in 1...20 {
      let event = Event(data: Array(repeating: 49, count: 100_000))
      _ = topic.offer([event], completion: { _ in })
    }
    harness.receive("GET /v1/topics/a/events?after=0 HTTP/1.1\r\n\(host)\r\n")
    #expect(!harness.http.connection.isClear)
    harness.advance(by: .seconds(75))
    #expect(!harness.http.isDone, "the kernel has taken a part")
    var taken: [UInt8] = []
    while taken.count < 100_000 {
      _ = try harness.client.read(into: &taken)
      harness.http.connection.becameWritable()
      harness.http.connection.flush()
    }
    harness.advance(by: .seconds(75))
    #expect(!harness.http.isDone, "the client has")
    #expect(!harness.http.connection.isClear)
    harness.advance(by: .seconds(75))
    #expect(harness.http.isDone)
    let counts = harness.services.statistics.refusals.filter { $0.count > 0 }
    #expect(counts.map(\.reason) == [.slowReader])
  }

  @Test func `a body that trickles is answered 408`() throws {
    let harness = try ConnectionHarness()
    harness.receive("POST /v1/topics/a/events HTTP/1.1\r\n\(host)Content-Length: 1000\r\n\r\n")
    for _ in 1...6 {
      harness.receive("1")
      harness.advance(by: .seconds(10))
    }
    #expect(try harness.statuses() == [408])
  }

  @Test func `a body that nobody wants has an end too`() throws {
    let harness = try ConnectionHarness()
    harness.receive("POST /nowhere HTTP/1.1\r\n\(host)Content-Length: 1000\r\n\r\n")
    for _ in 1...8 {
      harness.receive("1")
      harness.advance(by: .seconds(10))
    }
    #expect(harness.http.isDone)
    #expect(try harness.statuses() == [404])
  }

  @Test func `a streamed body may take for ever, but not pause`() throws {
    let harness = try ConnectionHarness()
    harness.receive("POST /v1/topics/a/events HTTP/1.1\r\n\(host)\(ndjson)\r\n")
    for _ in 1...10 {
      harness.receive(chunk("1\n"))
      harness.advance(by: .seconds(29))
    }
    #expect(!harness.http.isLingering)
    harness.advance(by: .seconds(1))
    #expect(try harness.statuses() == [408])
    #expect(try harness.topic("a").statistics.lastOffset == 10)
  }

  @Test func `a peer that is done with sending ends whatever is not at work`() throws {
    for start in [
      "", "GET /he", "POST /v1/topics/a/events HTTP/1.1\r\n\(host)Content-Length: 9\r\n\r\n1",
    ] {
      let harness = try ConnectionHarness()
      if !start.isEmpty { harness.receive(start) }
      harness.http.receiveEnd()
      #expect(harness.http.isDone)
      #expect(try harness.topic("a").statistics.lastOffset == 0)
    }
    let streaming = try ConnectionHarness()
    streaming.receive(
      "POST /v1/topics/a/events HTTP/1.1\r\n\(host)\(ndjson)\r\n" + chunk("1\n2") + "5"
    )
    streaming.http.receiveEnd()
    #expect(streaming.http.isDone)
    #expect(try streaming.topic("a").statistics.lastOffset == 1)
  }

  @Test func `a held publish is taken back at its deadline`() throws {
    let (harness, topic, cursor) = try harnessWithStuckReader()
    let post = "POST /v1/topics/a/events HTTP/1.1\r\n\(host)Content-Length: 5\r\n\r\n[1,2]"
    harness.receive(post + post + post)
    #expect(!harness.http.wantsInput)
    #expect(topic.statistics.waitingPublishes == 1)
    harness.http.receiveEnd()
    #expect(!harness.http.isDone)
    harness.advance(by: .seconds(19))
    #expect(topic.statistics.waitingPublishes == 1)
    harness.advance(by: .seconds(1))
    #expect(topic.statistics.waitingPublishes == 0)
    harness.note(harness.http.complete(2, .text(299, ""), now: harness.now))
    harness.note(harness.http.complete(3, Problem(.withdrawn).response, now: harness.now))
    let answers = try harness.answers()
    #expect(answers.map(\.status) == [200, 200, 503])
    #expect(answers[2].fields["Retry-After"] == "1")
    withExtendedLifetime(cursor) {}
  }

  @Test func `a held publish goes with its connection`() throws {
    let (harness, topic, cursor) = try harnessWithStuckReader()
    let post = "POST /v1/topics/a/events HTTP/1.1\r\n\(host)Content-Length: 5\r\n\r\n[1,2]"
    harness.receive(post + post + post)
    harness.http.end()
    #expect(topic.statistics.waitingPublishes == 0)
    #expect(harness.http.isDone)
    withExtendedLifetime(cursor) {}
  }

  @Test func `a stream that is held back waits, unless its peer may be gone`() throws {
    let (harness, topic, cursor) = try harnessWithStuckReader()
    harness.receive(
      "POST /v1/topics/a/events HTTP/1.1\r\n\(host)\(ndjson)\r\n" + chunk("1\n2\n3\n4\n5\n6\n")
    )
    #expect(!harness.http.wantsInput)
    harness.advance(by: .seconds(1_000))
    #expect(!harness.http.isLingering)
    harness.http.peerFinished(now: harness.now)
    harness.advance(by: .seconds(19))
    harness.http.peerFinished(now: harness.now)
    #expect(!harness.http.isLingering)
    harness.advance(by: .seconds(1))
    let answers = try harness.answers()
    #expect(answers.map(\.status) == [503])
    #expect(try answers[0].member("accepted") == "4")
    #expect(topic.statistics.waitingPublishes == 0)
    withExtendedLifetime(cursor) {}
  }

  @Test func `shutting down waits a little for a request on its way, and answers it as the last`()
    throws
  {
    let (idle, asking) = (try ConnectionHarness(), try ConnectionHarness())
    for harness in [idle, asking] {
      harness.services.isShuttingDown = true
      harness.http.shutDown(now: harness.now, patience: .seconds(1))
      #expect(!harness.http.isDone)
    }
    asking.receive("GET /healthz HTTP/1.1\r\n\(host)\r\n")
    for harness in [idle, asking] { harness.advance(by: .seconds(1)) }
    #expect(idle.http.isDone)
    let answers = try asking.answers()
    #expect(answers.map(\.status) == [200])
    #expect(answers[0].fields["Connection"] == "close")
    #expect(asking.http.isLingering)
  }

  @Test func `shutting down answers what is held back`() throws {
    let (harness, topic, cursor) = try harnessWithStuckReader()
    harness.receive(
      "POST /v1/topics/a/events HTTP/1.1\r\n\(host)\(ndjson)\r\n" + chunk("1\n2\n3\n4\n5\n6\n")
    )
    harness.services.isShuttingDown = true
    harness.http.shutDown(now: harness.now, patience: .seconds(1))
    #expect(topic.statistics.waitingPublishes == 0)
    let answers = try harness.answers()
    #expect(answers.map(\.status) == [503])
    #expect(try answers[0].member("lastOffset") == "4")
    withExtendedLifetime(cursor) {}
  }
}
