// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams
import Synchronization
import Testing
import Transport

@testable import Host

private let host = "Host: localhost\r\n"

@Suite struct HTTPConnectionTests {
  private func post(_ body: String, _ more: String = "", length: Int? = nil) -> String {
    "POST /v1/topics/a/events HTTP/1.1\r\n\(host)\(more)"
      + "Content-Length: \(length ?? body.utf8.count)\r\n\r\n\(body)"
  }

  @Test func `pipelined requests are answered in order`() throws {
    let harness = try ConnectionHarness()
    harness.receive(
      "GET /healthz HTTP/1.1\r\n\(host)\r\n" + post("1") + "GET /x HTTP/1.1\r\n\(host)\r\n"
    )
    #expect(try harness.statuses() == [200, 200, 404])
    #expect(!harness.http.isDone)
  }

  @Test func `bytes may come one by one`() throws {
    let harness = try ConnectionHarness()
    for byte in post("[1,2]") + post("3") { harness.receive(String(byte)) }
    #expect(try harness.statuses() == [200, 200])
    #expect(try harness.topic("a").statistics.lastOffset == 3)
  }

  /// Publishes in a row, and what is asked for besides, as one text or cut in two in the middle of each
  /// request, so that none is taken as a whole.
  private static let rows: [[String]] = {
    func post(_ body: String, _ more: String = "", version: String = "1.1") -> String {
      "POST /v1/topics/a/events HTTP/\(version)\r\n\(host)\(more)"
        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
    func text(_ count: Int) -> String { "\"" + String(repeating: "x", count: count - 2) + "\"" }
    let large = String(repeating: "1", count: 2 << 20)
    return [
      [post("11"), post("22"), post("33")],
      [post("11"), post("{]"), post("33")],
      [post("11"), post("2"), post("")],
      [post("11"), post("[]"), post("[1,2]"), post("44")],
      [post("11"), post(large), post("33")],
      // Lengths of seven digits, the second above what is taken.
      [post(text(1_000_000)), post(text(1_100_000)), post(text(1_000_000))],
      [post("11", "Origin: http://localhost\r\n"), post("22", "Origin: http://localhost\r\n")],
      [post("11", version: "1.0"), post("22", version: "1.0")],
      [
        post("11", "Connection: keep-alive\r\n", version: "1.0"),
        post("22", "Connection: keep-alive\r\n", version: "1.0"),
      ],
      [post("11", "Connection: close\r\n"), post("22", "Connection: close\r\n")],
      [post("11", "Idempotency-Key: k\r\n"), post("11", "Idempotency-Key: k\r\n")],
      [post("11", "Idempotency-Key: k\r\n"), post("22", "Idempotency-Key: k\r\n")],
      [post("11", "Expect: 100-continue\r\n"), post("22", "Expect: 100-continue\r\n")],
      [
        post("11"), "POST /v1/topics/a/end HTTP/1.1\r\n\(host)Content-Length: 0\r\n\r\n",
        post("22"),
        post("33"),
      ],
    ]
  }()

  @Test(arguments: rows.indices)
  func `publishes that repeat a head are answered as those that come in pieces`(row: Int) throws {
    func outcome(_ pieces: [String]) throws -> [String] {
      let harness = try ConnectionHarness()
      for piece in pieces { harness.receive(piece) }
      let requests = harness.services.statistics.requests.load(ordering: .relaxed)
      let epoch = #/"epoch":"[^"]*"/#
      let answers = try harness.answers().filter { $0.status != 100 }
      return answers.map { answer in
        // The length is that of the epoch too, which has 12 or 13 letters.
        let told = answer.fields.filter { $0.name != "Content-Length" }
        let fields = told.map { "\($0.name): \($0.value)" }.joined(separator: ", ")
        return "\(answer.status) \(fields) \(answer.text.replacing(epoch, with: ""))"
      } + ["\(requests) requests", "\(harness.http.isDone)", "\(harness.http.isLingering)"]
    }
    let requests = Self.rows[row]
    let halves = requests.flatMap { request in
      let cut = request.index(request.endIndex, offsetBy: -min(1, request.count - 1))
      return [String(request[..<cut]), String(request[cut...])]
    }
    let (whole, cut) = (try outcome([requests.joined()]), try outcome(halves))
    #expect(whole == cut)
  }

  @Test func `nothing is answered behind the last answer`() throws {
    let harness = try ConnectionHarness()
    harness.receive(
      "GET /healthz HTTP/1.1\r\n\(host)Connection: close\r\n\r\nGET /healthz HTTP/1.1\r\n\(host)\r\n"
    )
    harness.receive("GET /healthz HTTP/1.1\r\n\(host)\r\n")
    #expect(harness.http.isLingering)
    let answers = try harness.answers()
    #expect(answers.map(\.status) == [200])
    #expect(answers[0].fields["Connection"] == "close")
  }

  @Test func `an old client that wants the connection kept is told that it is`() throws {
    let harness = try ConnectionHarness()
    harness.receive("GET /healthz HTTP/1.0\r\n\(host)Connection: keep-alive\r\n\r\n")
    harness.receive("GET /healthz HTTP/1.0\r\n\(host)\r\n")
    #expect(try harness.answers().map { $0.fields["Connection"] } == ["keep-alive", "close"])
  }

  @Test func `HEAD has the length of GET and no body`() throws {
    let harness = try ConnectionHarness()
    harness.receive("HEAD /healthz HTTP/1.1\r\n\(host)\r\nGET /healthz HTTP/1.1\r\n\(host)\r\n")
    let answers = try harness.answers(to: ["HEAD", "GET"])
    #expect(answers.map(\.text) == ["", "ok\n"])
    #expect(answers.map { $0.fields["Content-Length"] } == ["3", "3"])
  }

  @Test func `a bad head after HEAD is answered with a body`() throws {
    let harness = try ConnectionHarness()
    harness.receive("HEAD /healthz HTTP/1.1\r\n\(host)\r\nnonsense\r\n\r\n")
    let answers = try harness.answers(to: ["HEAD", "GET"])
    #expect(answers.map(\.status) == [200, 400])
    #expect(answers[1].text.contains("remedy"))
  }

  @Test(arguments: [
    ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/3.0\r\n\(host)\r\n", 505),
    ("GET /\u{1} HTTP/1.1\r\n\(host)\r\n", 400),
    ("POST / HTTP/1.1\r\n\(host)Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\n\(host)Content-Length: 99999999999999999999\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\n\(host)Content-Length: -1\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\n\(host)Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
    ("GET /" + String(repeating: "a", count: 9_000), 414),
    ("GET / HTTP/1.1\r\nA: " + String(repeating: "a", count: 9_000), 431),
    ("CONNECT a:1 HTTP/1.1\r\n\(host)\r\n", 501),
    ("GET /%zz HTTP/1.1\r\n\(host)\r\n", 400), ("GET /../x HTTP/1.1\r\n\(host)\r\n", 400),
  ])
  func `bad framing and bad targets are answered with their status`(
    request: String,
    status: Int
  ) throws {
    let harness = try ConnectionHarness()
    harness.receive(request)
    let answers = try harness.answers()
    #expect(answers.map(\.status) == [status])
    #expect(answers[0].fields["Content-Type"] == "application/problem+json")
  }

  @Test func `a body chunk that is none ends the connection`() throws {
    let harness = try ConnectionHarness()
    harness.receive(
      "POST /v1/topics/a/events HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\nzz\r\n"
    )
    #expect(try harness.statuses() == [400])
    #expect(harness.http.isLingering)
    #expect(harness.engine.topics.existing("a")?.statistics.lastOffset == 0)
  }

  @Test func `a client that waits is told to go on, one that does not is not`() throws {
    let waiting = try ConnectionHarness()
    waiting.receive(post("", "Expect: 100-continue\r\n", length: 1))
    waiting.receive("1")
    #expect(try waiting.statuses() == [100, 200])
    let hasty = try ConnectionHarness()
    hasty.receive(post("1", "Expect: 100-continue\r\n"))
    #expect(try hasty.statuses() == [200])
  }

  @Test func `a client that waits and is refused is not read as if it sent its body`() throws {
    let harness = try ConnectionHarness()
    harness.receive(
      "POST /nowhere HTTP/1.1\r\n\(host)Expect: 100-continue\r\nContent-Length: 30\r\n\r\n"
    )
    #expect(harness.http.isLingering)
    #expect(try harness.answers().map { $0.fields["Connection"] } == ["close"])
  }

  @Test func `a body too large is refused before it is read, or while it is`() throws {
    let announced = try ConnectionHarness()
    announced.receive(post("", length: (1 << 20) + 1))
    #expect(try announced.statuses() == [413])
    let chunked = try ConnectionHarness()
    chunked.receive(
      "POST /v1/topics/a/events HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n"
    )
    let part = "10000\r\n" + String(repeating: "1", count: 1 << 16) + "\r\n"
    for _ in 1...16 { chunked.receive(part) }
    #expect(!chunked.http.isLingering)
    chunked.receive("1\r\n1\r\n")
    #expect(chunked.http.isLingering)
    for _ in 1...100 { chunked.receive(part) }
    #expect(try chunked.statuses() == [413])
  }

  @Test func `a small body that nobody wants is passed over, a large one costs the connection`()
    throws
  {
    let small = try ConnectionHarness()
    small.receive("POST /nowhere HTTP/1.1\r\n\(host)Content-Length: 3\r\n\r\nab")
    small.receive("cGET /healthz HTTP/1.1\r\n\(host)\r\n")
    #expect(try small.statuses() == [404, 200])
    for framing in ["Content-Length: 65537", "Transfer-Encoding: chunked"] {
      let large = try ConnectionHarness()
      large.receive("POST /nowhere HTTP/1.1\r\n\(host)\(framing)\r\n\r\n")
      #expect(large.http.isLingering)
      #expect(try large.statuses() == [404])
    }
  }

  @Test func `answers that are not taken stop the next request, and taking them lets it go on`()
    throws
  {
    let harness = try ConnectionHarness()
    let topic = try harness.topic("a")
    let large = Event(data: Array(("\"" + String(repeating: "x", count: 500_000) + "\"").utf8))
    _ = topic.offer([large], completion: { _ in })
    let request = "GET /v1/topics/a/events HTTP/1.1\r\n\(host)\r\n"
    for _ in 1...20 { harness.receive(request) }
    #expect(!harness.http.wantsInput)
    #expect(harness.http.connection.outbound.peakCount < FanOutLimits.unheardBytes + 600_000)
    #expect(!harness.http.isDone)
    var bytes: [UInt8] = []
    while harness.services.statistics.answers.first?.count != 20 {
      _ = try harness.client.read(into: &bytes)
      harness.http.connection.becameWritable()
      harness.http.connection.flush()
      harness.note(harness.http.process(now: harness.now))
    }
    #expect(!harness.http.isDone)
  }

  @Test func `an answer that can't wait anywhere is replaced by one that can`() throws {
    let harness = try ConnectionHarness { $0.maximumOutboundBytes = 5_000 }
    let topic = try harness.topic("a")
    let large = Event(data: Array(("\"" + String(repeating: "x", count: 9_000) + "\"").utf8))
    _ = topic.offer([large], completion: { _ in })
    harness.receive("GET /v1/topics/a/events HTTP/1.1\r\n\(host)\r\n")
    harness.receive("GET /healthz HTTP/1.1\r\n\(host)\r\n")
    #expect(try harness.statuses() == [500, 200])
  }

  @Test func `an upgrade and a stream hand the connection over`() throws {
    let stream = try ConnectionHarness()
    stream.receive("GET /v1/events?topic=a HTTP/1.1\r\n\(host)\r\n")
    #expect(stream.steps == ["eventStream"])
    let socket = try ConnectionHarness()
    socket.receive(
      "GET /ws HTTP/1.1\r\n\(host)Upgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    #expect(socket.steps == ["webSocket"])
  }
}
