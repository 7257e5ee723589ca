// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

/// What RFC 9112 (and RFC 9110 of fields) says a server MUST do with fields and bodies, in its order.
@Suite struct RFC9112BodyTests {
  static let get = RFC9112RequestTests.get
  static let post = RFC9112RequestTests.post
  static let chunked = RFC9112RequestTests.chunked
  static let chunkedHead = "POST / 1.1 Host=h;Transfer-Encoding=chunked"

  static let fields: [RFC9112RequestTests.Case] = [
    // Whitespace before the colon.
    ("9112 §5.1", get + "A\t: b\r\n", .violation(.invalidFieldName)),
    ("9112 §5.1", "GET / HTTP/1.1\r\nHost : h\r\n", .violation(.invalidFieldName)),
    ("9112 §5.1", post + "Content-Length : 1\r\n", .violation(.invalidFieldName)),
    ("9112 §5.1", chunked + "0\r\nA : b\r\n", .violation(.invalidFieldName)),
    // Whitespace around the value is not part of it.
    (
      "9112 §5.1", get + "A:\t b \tc\t \r\nB: \r\n\r\n",
      .lines(["GET / 1.1 Host=h;A=b \tc;B=", "end "])
    ),
    // Folded lines, of trailers too.
    ("9112 §5.2", get + "A: b\r\n c\r\n", .violation(.foldedField)),
    ("9112 §5.2", get + "A: b\r\n \r\n", .violation(.foldedField)),
    ("9112 §5.2", chunked + "0\r\nA: b\r\n c\r\n", .violation(.foldedField)),
    ("9110 §5.1", get + "A B: c\r\n", .violation(.invalidFieldName)),
    ("9110 §5.5", get + "A: b\u{0}c\r\n", .violation(.invalidFieldValue)),
    ("9110 §5.5", chunked + "0\r\nA: \u{0}\r\n", .violation(.invalidFieldValue)),
  ]

  static let bodies: [RFC9112RequestTests.Case] = [
    (
      "9112 §6.1", "POST / HTTP/1.0\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      .violation(.conflictingBodyLength)
    ),
    (
      "9112 §6.1", post + "Transfer-Encoding: foo, chunked\r\n\r\n",
      .violation(.unsupportedTransferCoding)
    ),
    (
      "9112 §6.1", post + "Transfer-Encoding: foo\r\ntransfer-encoding: chunked\r\n\r\n",
      .violation(.unsupportedTransferCoding)
    ),
    // A body whose end nobody can tell.
    ("9112 §6.3", post + "Transfer-Encoding: gzip\r\n\r\n", .violation(.invalidTransferEncoding)),
    (
      "9112 §6.3", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n",
      .violation(.invalidTransferEncoding)
    ),
    ("9112 §6.3", post + "Transfer-Encoding:\r\n\r\n", .violation(.invalidTransferEncoding)),
    (
      "9112 §6.3", post + "Transfer-Encoding: \"chunked\"\r\n\r\n",
      .violation(.invalidTransferEncoding)
    ),
    (
      "9112 §6.3", post + "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
      .violation(.conflictingBodyLength)
    ),
    ("9112 §6.3", post + "Content-Length: 5, 6\r\n\r\n", .violation(.invalidContentLength)),
    (
      "9112 §6.3", post + "Content-Length: 5\r\ncontent-length: 5\r\n\r\n",
      .violation(.invalidContentLength)
    ),
    ("9112 §6.3", post + "Content-Length: 1 1\r\n\r\n", .violation(.invalidContentLength)),
    ("9112 §6.3", post + "Content-Length: \u{661}\r\n\r\n", .violation(.invalidContentLength)),
    ("9112 §6.3", post + "Content-Length: 1.0\r\n\r\n", .violation(.invalidContentLength)),
    (
      "9110 §8.6", post + "Content-Length: 99999999999999999999999999\r\n\r\n",
      .violation(.invalidContentLength)
    ),
    (
      "9110 §8.6", post + "Content-Length: 003\r\n\r\nabc",
      .lines(["POST / 1.1 Host=h;Content-Length=003", "body abc", "end "])
    ),
    // Without either there is no body, whatever the method.
    (
      "9112 §6.3", post + "\r\n" + get + "\r\n",
      .lines(["POST / 1.1 Host=h", "end ", "GET / 1.1 Host=h", "end "])
    ),
    (
      "9112 §6.3", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na",
      .lines(["GET / 1.1 Host=h;Content-Length=1", "body a", "end "])
    ),
    // chunked has no parameters.
    (
      "9112 §7", post + "Transfer-Encoding: chunked;a=b\r\n\r\n",
      .violation(.invalidTransferEncoding)
    ),
    (
      "9112 §7.1", chunked + "00a\r\n0123456789\r\n000\r\n\r\n",
      .lines([chunkedHead, "body 0123456789", "end "])
    ),
    ("9112 §7.1", chunked + "fffffffffffffffff\r\n", .violation(.invalidChunk)),
    ("9112 §7.1", chunked + "ffffffffffffffff\r\n", .violation(.invalidChunk)),
    ("9112 §7.1", chunked + "+1\r\n", .violation(.invalidChunk)),
    ("9112 §7.1", chunked + "1_0\r\n", .violation(.invalidChunk)),
    ("9112 §7.1", chunked + "1,\r\n", .violation(.invalidChunk)),
    ("9112 §7.1", chunked + "1\r\n\r\n0\r\n\r\n", .violation(.invalidChunk)),
    ("9112 §7.1", chunked + "2\r\na\r\n0\r\n\r\n", .violation(.invalidChunk)),
    ("9112 §7.1", chunked + "1\r\na0\r\n\r\n", .violation(.invalidChunk)),
    // Extensions are ignored, if they are some.
    (
      "9112 §7.1.1", chunked + "1;a\r\n1\r\n1;a=b;c=\"d;\\\"\\\\e\"\r\n2\r\n0 ; f = g\r\n\r\n",
      .lines([chunkedHead, "body 12", "end "])
    ),
    ("9112 §7.1.1", chunked + "1;\r\n", .violation(.invalidChunk)),
    ("9112 §7.1.1", chunked + "1;a;\r\n", .violation(.invalidChunk)),
    ("9112 §7.1.1", chunked + "1;a=\r\n", .violation(.invalidChunk)),
    ("9112 §7.1.1", chunked + "1;=a\r\n", .violation(.invalidChunk)),
    ("9112 §7.1.1", chunked + "1;a=\"b\r\n", .violation(.invalidChunk)),
    ("9112 §7.1.1", chunked + "1;a=\"\\\r\n", .violation(.invalidChunk)),
    ("9112 §7.1.1", chunked + "1;a \r\n", .violation(.invalidChunk)),
    ("9112 §7.1.1", chunked + "1;a\nb\r\n", .violation(.bareLineBreak)),
    // Trailers are read, and kept apart from the fields.
    (
      "9112 §7.1.2", chunked + "0\r\nContent-Length: 5\r\nHost: g\r\n\r\n" + get + "\r\n",
      .lines([chunkedHead, "end Content-Length=5;Host=g", "GET / 1.1 Host=h", "end "])
    ),
    // Pipelined requests come out in order.
    (
      "9112 §9.3.2",
      post + "Content-Length: 2\r\n\r\nab" + chunked + "1\r\nc\r\n0\r\n\r\n" + get + "\r\n",
      .lines([
        "POST / 1.1 Host=h;Content-Length=2", "body ab", "end ", chunkedHead, "body c", "end ",
        "GET / 1.1 Host=h", "end ",
      ])
    ),
  ]

  @Test(arguments: fields + bodies)
  func `fields and bodies are read as their section says`(
    section: String,
    bytes: String,
    outcome: RFC9112RequestTests.Outcome
  ) {
    RFC9112RequestTests.check(bytes, outcome)
  }

  @Test(arguments: [
    ("1.1", "100-continue", true), ("1.1", "100-Continue", true), ("1.1", "a, 100-continue", true),
    ("1.1", "101-continue", false), ("1.0", "100-continue", false),
  ])
  func `only HTTP 1 point 1 may expect to go on`(
    version: String,
    value: String,
    expectsContinue: Bool
  ) throws {
    // RFC 9110 §10.1.1
    let text = "PUT / HTTP/\(version)\r\nHost: h\r\nExpect: \(value)\r\nContent-Length: 1\r\n\r\n"
    #expect(try HTTPRequestDecoderTests.head(text).expectsContinue == expectsContinue)
  }
}
