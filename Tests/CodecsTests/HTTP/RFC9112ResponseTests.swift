// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

/// What RFC 9112 says a client MUST do while it reads, in its order; each whole, cut in two
/// everywhere, and byte by byte.
@Suite struct RFC9112ResponseTests {
  static let ok = "HTTP/1.1 200 OK\r\n"

  static let vectors: [(section: String, method: String, bytes: String, transcript: [String])] = [
    ("9112 §2.2", "GET", ok + "X: a\rb\r\n", ["violation \(HTTPViolation.bareLineBreak)"]),
    ("9112 §2.2", "GET", ok + " X: a\r\n", ["violation \(HTTPViolation.foldedField)"]),
    ("9112 §2.3", "GET", "http/1.1 200 OK\r\n", ["violation \(HTTPViolation.malformedStatusLine)"]),
    // The reason counts for nothing.
    (
      "9112 §4", "GET", "HTTP/1.1 404 \u{FC} OK\r\nContent-Length: 0\r\n\r\n",
      ["404 \u{FC} OK Content-Length=0", "end ", "reusable"]
    ),
    // A folded value is put together, also from nothing and with nothing.
    (
      "9112 §5.2", "GET",
      ok + "A: b \r\n \t c\r\nB:\r\n d\r\nC: e\r\n \r\nContent-Length: 0\r\n\r\n",
      ["200 OK A=b c;B=d;C=e;Content-Length=0", "end ", "reusable"]
    ),
    (
      "9112 §5.2", "GET", ok + "Content-Length: 1\r\n 2\r\n\r\n",
      ["violation \(HTTPViolation.invalidContentLength)"]
    ),
    (
      "9112 §5.2", "GET", ok + "A: b\r\n c\u{0}\r\n",
      ["violation \(HTTPViolation.invalidFieldValue)"]
    ),
    (
      "9112 §5.2", "GET", ok + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\nA: b\r\n c\r\n\r\n",
      ["200 OK Transfer-Encoding=chunked", "end A=b c", "reusable"]
    ),
    (
      "9112 §6.1", "GET", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      ["violation \(HTTPViolation.conflictingBodyLength)"]
    ),
    // What has no body ends with its fields, whatever they say.
    (
      "9112 §6.3", "HEAD", ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
      ["200 OK Content-Length=3;Transfer-Encoding=chunked", "end ", "reusable"]
    ),
    (
      "9112 §6.3", "GET", "HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n",
      ["204 No Content Content-Length=3", "end ", "reusable"]
    ),
    (
      "9112 §6.3", "GET", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
      ["304 Not Modified Transfer-Encoding=chunked", "end ", "reusable"]
    ),
    (
      "9112 §6.3", "GET",
      "HTTP/1.1 102 Processing\r\nContent-Length: 3\r\n\r\n" + ok + "Content-Length: 0\r\n\r\n",
      ["interim 102", "200 OK Content-Length=0", "end ", "reusable"]
    ),
    // CONNECT opens a tunnel, unless it is refused.
    (
      "9112 §6.3", "CONNECT", ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
      ["200 OK Content-Length=3;Transfer-Encoding=chunked", "end "]
    ),
    (
      "9112 §6.3", "CONNECT", "HTTP/1.1 407 No\r\nContent-Length: 3\r\n\r\nabc",
      ["407 No Content-Length=3", "body abc", "end ", "reusable"]
    ),
    (
      "9112 §6.3", "GET", ok + "Content-Length: x\r\n\r\n",
      ["violation \(HTTPViolation.invalidContentLength)"]
    ),
    ("9112 §6.3", "GET", ok + "\r\nabc", ["200 OK ", "body abc", "end "]),
    // Incomplete messages are told from complete ones.
    (
      "9112 §8", "GET", ok + "Content-Length: 3\r\n\r\nab",
      [
        "200 OK Content-Length=3", "body ab", "reusable",
        "violation \(HTTPViolation.unexpectedEnd)",
      ]
    ),
    (
      "9112 §8", "GET", ok + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n",
      [
        "200 OK Transfer-Encoding=chunked", "body a", "reusable",
        "violation \(HTTPViolation.unexpectedEnd)",
      ]
    ),
    (
      "9112 §9.3", "GET", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
      ["200 OK Content-Length=0", "end "]
    ),
    (
      "9112 §9.3", "GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
      ["200 OK Connection=keep-alive;Content-Length=0", "end ", "reusable"]
    ),
    // Any number of interim responses, expected or not.
    (
      "9110 §15.2", "GET",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\n\r\nHTTP/1.1 199 \r\n\r\n" + ok
        + "Content-Length: 0\r\n\r\n",
      ["interim 100", "interim 103", "interim 199", "200 OK Content-Length=0", "end ", "reusable"]
    ),
  ]

  @Test(arguments: vectors)
  func `a response is read as its section says`(
    section: String,
    method: String,
    bytes: String,
    transcript: [String]
  ) {
    for pieces in splits(of: Array(bytes.utf8)) {
      #expect(
        HTTPResponseDecoderTests.transcript(pieces, methods: [method]).lines == transcript
      )
    }
  }

  @Test func `more than was asked for does not answer a later request`() throws {
    // RFC 9112 §6.3
    let response = Array((Self.ok + "Content-Length: 0\r\n\r\n").utf8)
    var decoder = HTTPResponseDecoder()
    decoder.expectResponse(to: "GET")
    decoder.receive(response + response)
    while try decoder.nextEvent() != .end(trailers: [:]) {}
    #expect(!decoder.keepsAlive)
    decoder = HTTPResponseDecoder()
    decoder.expectResponse(to: "GET")
    decoder.expectResponse(to: "GET")
    decoder.receive(response + response)
    while try decoder.nextEvent() != .end(trailers: [:]) {}
    #expect(decoder.keepsAlive)
    while try decoder.nextEvent() != .end(trailers: [:]) {}
    #expect(decoder.keepsAlive)
  }

  @Test func `the length that a HEAD would have had is told if it can be read in one way`() throws {
    for (value, length) in [("12", 12), ("+1", nil), ("1, 1", nil), ("-0", nil)] {
      var decoder = HTTPResponseDecoder()
      decoder.expectResponse(to: "HEAD")
      decoder.receive(Array((Self.ok + "Content-Length: \(value)\r\n\r\n").utf8))
      guard case .head(let head) = try decoder.nextEvent() else {
        throw HTTPViolation.unexpectedEnd
      }
      #expect(head.contentLength == length)
    }
  }

  @Test func `bytes behind an accepted CONNECT belong to the tunnel`() throws {
    var decoder = HTTPResponseDecoder()
    decoder.expectResponse(to: "CONNECT")
    decoder.receive(Array("HTTP/1.1 200 OK\r\n\r\n\u{16}abc".utf8))
    while try decoder.nextEvent() != nil {}
    #expect(decoder.takeBuffered() == Array("\u{16}abc".utf8))
  }
}
