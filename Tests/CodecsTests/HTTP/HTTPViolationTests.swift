// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct HTTPViolationTests {
  static let host = "GET / HTTP/1.1\r\nHost: h\r\n"
  static let post = "POST / HTTP/1.1\r\nHost: h\r\n"
  static let chunked = post + "Transfer-Encoding: chunked\r\n\r\n"

  static let vectors: [(bytes: String, violation: HTTPViolation)] = [
    ("GET /\r\n", .malformedRequestLine), ("GET / HTTP/1.1 \r\n", .malformedRequestLine),
    ("GET  / HTTP/1.1\r\n", .malformedRequestLine), (" GET / HTTP/1.1\r\n", .malformedRequestLine),
    ("G(T / HTTP/1.1\r\n", .malformedRequestLine), ("GET / http/1.1\r\n", .malformedRequestLine),
    ("GET / HTTP/1.10\r\n", .malformedRequestLine), ("\r\n\r\n", .malformedRequestLine),
    ("GET / HTTP/2.0\r\n", .unsupportedVersion), ("PRI * HTTP/2.0\r\n", .unsupportedVersion),
    ("GET / HTTP/0.9\r\n", .unsupportedVersion), ("GET / HTTP/1.1\n", .bareLineBreak),
    ("GET /\r HTTP/1.1\r\n", .bareLineBreak), ("GET / HTTP/1.1\r\r\n", .bareLineBreak),
    ("\n", .bareLineBreak), (host + "\n", .bareLineBreak), (host + "A: b\n", .bareLineBreak),
    (host + "A: b\rc: d\r\n", .bareLineBreak), ("GET /\u{0} HTTP/1.1\r\n", .invalidTarget),
    ("GET /é HTTP/1.1\r\n", .invalidTarget), ("GET /#a HTTP/1.1\r\n", .invalidTarget),
    ("GET a HTTP/1.1\r\nHost: h\r\n\r\n", .invalidTarget),
    ("GET * HTTP/1.1\r\nHost: h\r\n\r\n", .invalidTarget),
    ("GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n", .invalidTarget),
    ("CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n", .unsupportedMethod),
    ("GET http:///a HTTP/1.1\r\nHost: \r\n\r\n", .invalidHost),
    ("GET http://u@h/ HTTP/1.1\r\nHost: u@h\r\n\r\n", .invalidHost),
    ("GET / HTTP/1.1\r\n\r\n", .missingOrRepeatedHost),
    (host + "Host: h\r\n\r\n", .missingOrRepeatedHost),
    ("GET / HTTP/1.0\r\nHost: h\r\nhost: h\r\n\r\n", .missingOrRepeatedHost),
    ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .invalidHost),
    ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .invalidHost),
    ("GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", .invalidHost),
    ("GET / HTTP/1.1\r\nHost: h:8x\r\n\r\n", .invalidHost),
    ("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", .invalidHost),
    (host + "A : b\r\n", .invalidFieldName), (host + ": b\r\n", .invalidFieldName),
    (host + "A\r\n", .invalidFieldName), (host + "A(: b\r\n", .invalidFieldName),
    (host + "A\u{0}: b\r\n", .invalidFieldName), (host + "Ä: b\r\n", .invalidFieldName),
    (host + " A: b\r\n", .foldedField), (host + "A: b\r\n\tc\r\n", .foldedField),
    (host + "A: b\u{0}\r\n", .invalidFieldValue), (host + "A: \u{7F}\r\n", .invalidFieldValue),
    (host + "A: a\u{1B}[\r\n", .invalidFieldValue),
    (post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", .invalidContentLength),
    (post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", .invalidContentLength),
    (post + "Content-Length: 1, 1\r\n\r\n", .invalidContentLength),
    (post + "Content-Length: +1\r\n\r\n", .invalidContentLength),
    (post + "Content-Length: -1\r\n\r\n", .invalidContentLength),
    (post + "Content-Length: 0x1\r\n\r\n", .invalidContentLength),
    (post + "Content-Length:\r\n\r\n", .invalidContentLength),
    (post + "Content-Length: 9223372036854775808\r\n\r\n", .invalidContentLength),
    (post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", .conflictingBodyLength),
    ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", .conflictingBodyLength),
    (post + "Transfer-Encoding: gzip, chunked\r\n\r\n", .unsupportedTransferCoding),
    (post + "Transfer-Encoding: identity\r\n\r\n", .invalidTransferEncoding),
    (post + "Transfer-Encoding: chunked, gzip\r\n\r\n", .invalidTransferEncoding),
    (post + "Transfer-Encoding: chunked, chunked\r\n\r\n", .invalidTransferEncoding),
    (
      post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
      .invalidTransferEncoding
    ),
    (post + "Transfer-Encoding: xchunked\r\n\r\n", .invalidTransferEncoding),
    (post + "Transfer-Encoding: chunked,\r\n\r\n", .invalidTransferEncoding),
    (post + "Transfer-Encoding: \u{B}chunked\r\n\r\n", .invalidFieldValue),
    (chunked + "\r\n", .invalidChunk), (chunked + "g\r\n", .invalidChunk),
    (chunked + "-1\r\n", .invalidChunk), (chunked + "0x1\r\n", .invalidChunk),
    (chunked + " 1\r\n", .invalidChunk), (chunked + "1 \r\n", .invalidChunk),
    (chunked + "1 2\r\n", .invalidChunk), (chunked + "1\n", .bareLineBreak),
    (chunked + "1;a\rb\r\n", .invalidChunk), (chunked + "8000000000000000\r\n", .invalidChunk),
    (chunked + "00000000000000001\r\n", .invalidChunk), (chunked + "1\r\nab", .invalidChunk),
    (chunked + "1\r\na\n", .invalidChunk), (chunked + "1\r\na\rb", .invalidChunk),
    (chunked + "0\r\nA : b\r\n", .invalidFieldName), (chunked + "0\r\n\n", .bareLineBreak),
    (chunked + "100001\r\n", .bodyTooLarge(limitBytes: 1 << 20)),
    (chunked + "1\r\na\r\n7fffffffffffffff\r\n", .bodyTooLarge(limitBytes: 1 << 20)),
    (post + "Content-Length: 1048577\r\n\r\n", .bodyTooLarge(limitBytes: 1 << 20)),
  ]

  @Test(arguments: vectors)
  func `what two servers could read differently is refused however it is split`(
    bytes: String,
    violation: HTTPViolation
  ) {
    for pieces in splits(of: Array(bytes.utf8)) {
      #expect(HTTPRequestDecoder.transcript(pieces).lines.last == "violation \(violation)")
    }
  }

  @Test func `a violation is thrown again and again`() {
    var decoder = HTTPRequestDecoder()
    decoder.receive(Array("GET /\r\n".utf8))
    for _ in 0..<3 {
      #expect(throws: HTTPViolation.malformedRequestLine) { try decoder.nextEvent() }
    }
  }

  @Test(arguments: [
    (HTTPViolation.malformedRequestLine, 400), (.bodyTooLarge(limitBytes: 1), 413),
    (.startLineTooLong(limitBytes: 1), 414), (.tooManyFields(limit: 1), 431),
    (.unsupportedTransferCoding, 501), (.unsupportedVersion, 505),
  ])
  func `a violation suggests a status`(violation: HTTPViolation, status: Int) {
    #expect(violation.suggestedStatus == status)
    #expect(!HTTPResponseHead.reason(of: status).isEmpty)
  }
}
