// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct HTTPResponseDecoderTests {
  /// Decodes `pieces`, the answers to requests with `methods`, then the connection's end.
  static func transcript(
    _ pieces: [some Sequence<UInt8>],
    methods: [String] = [],
    limits: HTTPLimits = .init()
  ) -> Transcript {
    var decoder = HTTPResponseDecoder(limits: limits)
    for method in methods { decoder.expectResponse(to: method) }
    var transcript = Transcript()
    do {
      for piece in pieces {
        decoder.receive(piece)
        while let event = try decoder.nextEvent() { transcript.add(event) }
      }
      if decoder.keepsAlive { transcript.add("reusable") }
      decoder.receiveEnd()
      while let event = try decoder.nextEvent() { transcript.add(event) }
    } catch {
      transcript.add("violation \(error)")
    }
    transcript.flush()
    return transcript
  }

  static let vectors: [(bytes: String, methods: [String], transcript: [String])] = [
    (
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", ["GET"],
      ["200 OK Content-Length=5", "body hello", "end ", "reusable"]
    ),
    (
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 304 Not Modified\r\n"
        + "Content-Length: 9\r\n\r\nHTTP/1.1 204 \r\n\r\n",
      ["HEAD", "GET", "POST"],
      [
        "200 OK Content-Length=5", "end ", "304 Not Modified Content-Length=9", "end ", "204  ",
        "end ", "reusable",
      ]
    ),
    (
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        + "HTTP/1.1 201\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nA: b\r\n\r\n",
      ["POST"],
      [
        "interim 100", "interim 103", "201  Transfer-Encoding=chunked", "body ok", "end A=b",
        "reusable",
      ]
    ),
    (
      "HTTP/1.0 200 OK\r\n\r\nuntil the end", [],
      ["200 OK ", "body until the end", "end "]
    ),
    (
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", [],
      ["200 OK Connection=close;Content-Length=1", "body x", "end "]
    ),
    (
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\u{1}HTTP/1.1 200 OK\r\n\r\n",
      ["GET"], ["101 Switching Protocols Upgrade=websocket", "end "]
    ),
  ]

  @Test(arguments: vectors)
  func `responses decode the same however they are split`(
    bytes: String,
    methods: [String],
    transcript: [String]
  ) {
    for pieces in splits(of: Array(bytes.utf8)) {
      #expect(Self.transcript(pieces, methods: methods).lines == transcript)
    }
  }

  @Test(arguments: [
    ("HTTP/1.1\r\n", HTTPViolation.malformedStatusLine), ("HTTP/1.1 20\r\n", .malformedStatusLine),
    ("HTTP/1.1 2000 OK\r\n", .malformedStatusLine), ("HTTP/1.1 099 OK\r\n", .malformedStatusLine),
    ("HTTP/1.1 200 O\u{0}K\r\n", .malformedStatusLine), ("HTTP/1.1 200 OK\n", .bareLineBreak),
    ("HTTP/1.1 200 O\rK\r\n", .bareLineBreak), ("HTTP/3.0 200 OK\r\n", .unsupportedVersion),
    ("ICY 200 OK\r\n", .malformedStatusLine), ("HTTP/1.1 200 OK\r\nA : b\r\n", .invalidFieldName),
    ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", .invalidContentLength),
    (
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      .conflictingBodyLength
    ),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", .invalidTransferEncoding),
    ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", .unexpectedEnd),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", .unexpectedEnd),
    ("HTTP/1.1 200 OK\r\nA: b\r\n", .unexpectedEnd), ("HTT", .unexpectedEnd),
    ("HTTP/1.1 100 Continue\r\n\r\nH", .unexpectedEnd),
  ])
  func `a broken response is refused however it is split`(bytes: String, violation: HTTPViolation) {
    for pieces in splits(of: Array(bytes.utf8)) {
      #expect(Self.transcript(pieces).lines.last == "violation \(violation)")
    }
  }

  @Test func `a body until the end is limited too`() {
    var limits = HTTPLimits()
    limits.maximumBodyBytes = 3
    let head = "HTTP/1.1 200 OK\r\n\r\n"
    #expect(Self.transcript([Array((head + "abc").utf8)], limits: limits).lines.last == "end ")
    let violation = HTTPViolation.bodyTooLarge(limitBytes: 3)
    for pieces in splits(of: Array((head + "abcd").utf8)) {
      #expect(Self.transcript(pieces, limits: limits).lines.last == "violation \(violation)")
    }
  }

  @Test func `bytes after a 101 are handed over`() throws {
    var decoder = HTTPResponseDecoder()
    decoder.receive(Array("HTTP/1.1 101 x\r\n\r\nabc".utf8))
    while try decoder.nextEvent() != nil {}
    #expect(!decoder.keepsAlive)
    #expect(decoder.takeBuffered() == Array("abc".utf8))
    decoder.receiveEnd()
    #expect(try decoder.nextEvent() == nil)
  }
}
