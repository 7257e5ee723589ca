// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct HTTPLimitsTests {
  /// The last line of what a decoder says about `text`, received whole and byte by byte.
  static func outcome(_ text: String, _ limits: HTTPLimits) -> String? {
    let bytes = Array(text.utf8)
    let whole = HTTPRequestDecoder.transcript([bytes], limits: limits).lines.last
    let single = HTTPRequestDecoder.transcript(bytes.map { [$0] }, limits: limits).lines.last
    #expect(whole == single)
    return whole
  }

  @Test func `the request line may have n bytes and no more`() {
    var limits = HTTPLimits()
    limits.maximumStartLineBytes = 20
    let rest = "\r\nHost: h\r\n\r\n"
    #expect(Self.outcome("GET /123456 HTTP/1.1" + rest, limits) == "end ")
    let violation = HTTPViolation.startLineTooLong(limitBytes: 20)
    #expect(Self.outcome("GET /1234567 HTTP/1.1" + rest, limits) == "violation \(violation)")
    #expect(Self.outcome("GET /12345678901234567", limits) == "violation \(violation)")
    // A line that is too long is that, however it ends.
    #expect(
      Self.outcome("GET /1234567 HTTP/1.1\n", limits) == "violation \(HTTPViolation.bareLineBreak)"
    )
    #expect(Self.outcome("GET /12345678 HTTP/1.1\n", limits) == "violation \(violation)")
  }

  @Test func `a field may have n bytes and no more`() {
    var limits = HTTPLimits()
    limits.maximumFieldBytes = 8
    let violation = HTTPViolation.fieldTooLong(limitBytes: 8)
    #expect(Self.outcome("GET / HTTP/1.1\r\nHost: ab\r\n\r\n", limits) == "end ")
    #expect(
      Self.outcome("GET / HTTP/1.1\r\nHost: abc\r\n\r\n", limits) == "violation \(violation)"
    )
    #expect(Self.outcome("GET / HTTP/1.1\r\nHost: abcdef", limits) == "violation \(violation)")
  }

  @Test func `all fields may have n bytes and no more`() {
    var limits = HTTPLimits()
    limits.maximumFieldsBytes = 11
    let violation = HTTPViolation.fieldsTooLong(limitBytes: 11)
    #expect(Self.outcome("GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n", limits) == "end ")
    #expect(
      Self.outcome("GET / HTTP/1.1\r\nHost: h\r\nA: bc\r\n\r\n", limits) == "violation \(violation)"
    )
  }

  @Test func `there may be n fields and no more, in trailers too`() {
    var limits = HTTPLimits()
    limits.maximumFieldCount = 2
    let violation = HTTPViolation.tooManyFields(limit: 2)
    let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
    #expect(Self.outcome(head + "\r\n0\r\nA:b\r\nC:d\r\n\r\n", limits) == "end A=b;C=d")
    #expect(Self.outcome(head + "A: b\r\n\r\n", limits) == "violation \(violation)")
    #expect(
      Self.outcome(head + "\r\n0\r\nA:b\r\nC:d\r\nE:f\r\n", limits) == "violation \(violation)"
    )
  }

  @Test func `a body may have n bytes and no more in either framing`() {
    var limits = HTTPLimits()
    limits.maximumBodyBytes = 4
    let violation = HTTPViolation.bodyTooLarge(limitBytes: 4)
    let head = "POST / HTTP/1.1\r\nHost: h\r\n"
    #expect(Self.outcome(head + "Content-Length: 4\r\n\r\nabcd", limits) == "end ")
    #expect(
      Self.outcome(head + "Content-Length: 5\r\n\r\nabcde", limits) == "violation \(violation)"
    )
    let chunked = head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
    #expect(Self.outcome(chunked + "1\r\nd\r\n0\r\n\r\n", limits) == "end ")
    #expect(Self.outcome(chunked + "2\r\nde\r\n0\r\n\r\n", limits) == "violation \(violation)")
  }

  @Test func `the body's limit may be changed for one request after its head`() throws {
    var limits = HTTPLimits()
    limits.maximumBodyBytes = 1
    var decoder = HTTPRequestDecoder(limits: limits)
    let request = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
    decoder.receive(Array((request + request).utf8))
    _ = try decoder.nextEvent()
    decoder.maximumBodyBytes = nil
    #expect(try decoder.nextEvent() == .body(Array("abc".utf8)[...]))
    #expect(try decoder.nextEvent() == .end(trailers: [:]))
    _ = try decoder.nextEvent()
    #expect(throws: HTTPViolation.bodyTooLarge(limitBytes: 1)) { try decoder.nextEvent() }
  }

  @Test func `chunk extensions may have n bytes in sum and no more`() {
    var limits = HTTPLimits()
    limits.maximumChunkExtensionBytes = 4
    let violation = HTTPViolation.chunkExtensionsTooLong(limitBytes: 4)
    let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;a\r\nx\r\n"
    #expect(Self.outcome(head + "1;b\r\nx\r\n0\r\n\r\n", limits) == "end ")
    #expect(Self.outcome(head + "1;bc\r\nx\r\n0\r\n\r\n", limits) == "violation \(violation)")
    #expect(
      Self.outcome(head + "1;" + String(repeating: "x", count: 30), limits)
        == "violation \(violation)"
    )
  }
}
