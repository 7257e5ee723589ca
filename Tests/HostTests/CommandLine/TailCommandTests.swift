// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@testable import Host

@Suite struct TailCommandTests {
  static let streamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

  /// A stream's answer: its head and its text as one chunk, not its end.
  private func stream(_ text: String) -> String {
    Self.streamHead + String(text.utf8.count, radix: 16) + "\r\n\(text)\r\n"
  }

  private func live(_ offset: Int, _ extra: String = "") -> String {
    """
    event: note
    data: {"specversion":"1.0","id":"e1-\(offset)","source":"/v1/topics/a","type":"note",\
    "time":"2026-01-02T03:04:05Z"\(extra),"offset":"\(offset)","epoch":"e1","data":{"n":\(offset)}}
    id: a:e1:\(offset)


    """
  }

  private func page(_ offsets: ClosedRange<Int>, next: Int?) -> FakeServer.Answer {
    let events = offsets.map { offset in
      """
      {"offset":\(offset),"id":"e1-\(offset)","type":"note","time":"2026-01-02T03:04:05Z",\
      "data":{"n":\(offset)}}
      """
    }
    let list = events.joined(separator: ",")
    let next = next.map { "\($0)" } ?? "null"
    return .json(200, #"{"topic":"a","epoch":"e1","events":[\#(list)],"next":\#(next)}"#)
  }

  private func json(_ offset: Int) -> String {
    #"{"offset":\#(offset),"id":"e1-\#(offset)","type":"note","time":"2026-01-02T03:04:05Z","#
      + #""data":{"n":\#(offset)}}"# + "\n"
  }

  private let state = FakeServer.Answer.json(
    200,
    #"{"topic":"a","epoch":"e1","firstOffset":1,"lastOffset":6,"count":6}"#
  )

  @Test func `history comes first, page by page, and the stream goes on behind it`() async {
    let server = FakeServer()
    server.answer = { request in
      switch request.head.target {
      case "/v1/topics/a/events?after=4&limit=4": return page(5...6, next: 6)
      case "/v1/topics/a/events?after=6&limit=2": return page(7...7, next: nil)
      case "/v1/events?topic=a&envelope=cloudevents&after=a%3Ae1%3A7": return .raw(stream(live(8)))
      default: return .close
      }
    }
    let run = await ToolRun.run(["tail", "a", "--after", "4", "--limit", "4", "--json"], server)
    #expect(run.status == 0)
    #expect(run.output == [5, 6, 7, 8].map(json).joined())
    #expect(run.errors.isEmpty)
  }

  @Test func `without after only new events come`() async {
    let server = FakeServer { [self] request in
      request.head.path == "/v1/topics/a" ? state : .raw(stream(live(7)))
    }
    let run = await ToolRun.run(["tail", "a", "--limit=1"], server)
    #expect(run.output == "7  2026-01-02T03:04:05Z  note  -  {\"n\":7}\n")
    #expect(
      server.lines
        == ["GET /v1/topics/a", "GET /v1/events?topic=a&envelope=cloudevents&after=a%3Ae1%3A6"]
    )
  }

  @Test func `a topic that does not exist yet is waited for`() async {
    let server = FakeServer { [self] request in
      request.head.path == "/v1/topics/a" ? .json(404, "{}") : .raw(stream(live(1)))
    }
    let run = await ToolRun.run(["tail", "a", "--limit=1", "--json"], server)
    #expect(run.output == json(1))
    #expect(server.lines.last == "GET /v1/events?topic=a&envelope=cloudevents")
  }

  @Test func `a person is told that a topic does not exist yet`() async {
    let server = FakeServer { [self] request in
      request.head.path == "/v1/topics/a" ? .json(404, "{}") : .raw(stream(live(1)))
    }
    let run = await ToolRun.run(["tail", "a", "--limit=1"], server)
    #expect(run.errors == "weir: waiting for topic 'a', which does not exist yet\n")
    let program = await ToolRun.run(["tail", "a", "--limit=1", "--json"], server)
    #expect(program.errors.isEmpty)
  }

  @Test func `a server that goes away is found again where it was left`() async {
    let server = FakeServer()
    var streamCount = 0
    server.answer = { [self] request in
      if request.head.path == "/v1/topics/a" { return state }
      streamCount += 1
      guard streamCount > 1 else {
        server.refusedCount = 2
        return .last(stream(live(7)))
      }
      return .raw(stream(live(8)))
    }
    let run = await ToolRun.run(["tail", "a", "--limit=2", "--json"], server)
    #expect(run.output == json(7) + json(8))
    #expect(server.lines.last?.hasSuffix("after=a%3Ae1%3A7") == true)
    #expect(
      run.errors == """
        weir: the connection was lost (closed by the server): trying again in 0.25 s
        weir: connect fake: Connection refused: trying again in 0.5 s
        weir: connect fake: Connection refused: trying again in 1.0 s
        weir: connected again

        """
    )
    #expect(server.clock.seconds == 1.75)
  }

  @Test func `gaps and new beginnings are said on standard error`() async {
    let text =
      "event: weir.gap\ndata: {\"topic\":\"a\",\"from\":7,\"to\":9}\nid: a:e1:9\n\n"
      + "event: weir.reset\ndata: {\"topic\":\"a\"}\nid: a:e2:0\n\n" + live(10)
    let server = FakeServer { [self] request in
      request.head.path == "/v1/topics/a" ? state : .raw(stream(text))
    }
    let run = await ToolRun.run(["tail", "a", "--limit=1", "--json"], server)
    #expect(run.output == json(10))
    #expect(
      run.errors == """
        weir: events 7 to 9 of a are no longer kept
        weir: a began anew, its former events are gone

        """
    )
  }

  @Test func `tags, subject and foreign source are kept, the default source is not`() async throws {
    let extra = #","subject":"k","shop":"north""#
    let text = live(7, extra).replacing("\"/v1/topics/a\"", with: "\"till\"")
    let server = FakeServer { [self] request in
      request.head.path == "/v1/topics/a" ? state : .raw(stream(text))
    }
    let run = await ToolRun.run(["tail", "a", "--limit=1", "--json"], server)
    #expect(
      run.output == """
        {"offset":7,"id":"e1-7","type":"note","time":"2026-01-02T03:04:05Z","subject":"k",\
        "source":"till","tags":{"shop":"north"},"data":{"n":7}}

        """
    )
  }

  @Test func `ctrl-C ends it with success`() async {
    let server = FakeServer { [self] request in
      request.head.path == "/v1/topics/a" ? state : .raw(stream(live(7)))
    }
    server.clock.interrupt(atSeconds: 5)
    let run = await ToolRun.run(["tail", "a", "--json"], server)
    #expect(run.status == 0)
    #expect(run.output == json(7))
    #expect(run.errors.isEmpty)
  }

  @Test func `it ends when nobody reads any more`() async {
    let server = FakeServer { [self] request in
      request.head.path == "/v1/topics/a" ? state : .raw(stream(live(7) + live(8)))
    }
    let console = FakeConsole()
    console.lineLimit = 1
    let run = await ToolRun.run(["tail", "a", "--json"], server, console: console)
    #expect(run.status == 0)
    #expect(run.output == json(7))
  }

  @Test func `a stream without heartbeats is taken for dead`() async {
    let server = FakeServer { [self] request in
      request.head.path == "/v1/topics/a" ? state : .raw(Self.streamHead)
    }
    server.clock.interrupt(atSeconds: 90.1)
    let run = await ToolRun.run(["tail", "a"], server)
    #expect(run.errors == "weir: the server went silent: trying again in 0.25 s\n")
  }

  @Test func `a refusal ends it`() async {
    let server = FakeServer { [self] request in
      request.head.path == "/v1/topics/a"
        ? state : .json(403, #"{"detail":"not for you","remedy":"log in"}"#)
    }
    let run = await ToolRun.run(["tail", "a"], server)
    #expect(run.status == 1)
    #expect(run.errors == "weir: not for you: log in\n")
  }

  @Test func `a server that is not there at first fails`() async {
    let server = FakeServer()
    server.refusedCount = 1
    #expect(await ToolRun.run(["tail", "a"], server).status == 1)
    #expect(await ToolRun.run(["tail", "a", "--after", "x"], server).status == 2)
    #expect(await ToolRun.run(["tail", "a", "--limit", "0"], server).status == 2)
  }

  @Test func `control characters do not reach a terminal`() throws {
    let json = try JSONView.parse(
      Array(#"{"offset":1,"type":"a\u001b[2J","time":"t","data":"\u001b"}"#.utf8)
    )
    let event = try #require(TailEvent(history: json))
    #expect(String(decoding: event.line, as: UTF8.self) == "1  t  a\u{FFFD}[2J  -  \"\\u001b\"")
  }

  @Test(arguments: 0x7F...0x9F)
  func `control characters that JSON permits as they are do not either`(_ code: Int) throws {
    let control = try #require(Unicode.Scalar(code))
    let data = "{\"ä\(control)ÿ\":\"\u{A0}€\(control)31m\"}"
    let json = try JSONView.parse(
      Array("{\"offset\":1,\"type\":\"a\(control)b\",\"time\":\"t\",\"data\":\(data)}".utf8)
    )
    let event = try #require(TailEvent(history: json))
    let escape = "\\u00" + String(code, radix: 16)
    let escaped = "{\"ä\(escape)ÿ\":\"\u{A0}€\(escape)31m\"}"
    let line = String(decoding: event.line, as: UTF8.self)
    #expect(line == "1  t  a\u{FFFD}b  -  \(escaped)")
    let text = String(decoding: event.json, as: UTF8.self)
    #expect(text.hasSuffix("\"data\":\(escaped)}"))
    #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .control })
    #expect(try JSONView.parse(event.json)["type"]?.string == "a\(control)b")
  }

  @Test func `waits double up to ten seconds`() {
    var backoff = Backoff()
    #expect(
      (0..<8).map { _ in backoff.wait() } == [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]
    )
    backoff.reset()
    #expect(backoff.wait() == 250)
  }
}
