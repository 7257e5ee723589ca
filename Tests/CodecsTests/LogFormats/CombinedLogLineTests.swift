// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct CombinedLogLineTests {
  static func parse(_ text: String) throws -> CombinedLogLine {
    try CombinedLogLine.parse(Array("xx\(text)".utf8)[2...])
  }

  static let start = "127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "

  @Test func `the example of Apache's documentation reads field by field`() throws {
    let line = try Self.parse(
      Self.start + #""GET /apache_pb.gif HTTP/1.0" 200 2326 "#
        + #""http://www.example.com/start.html" "Mozilla/4.08 [en] (Win98; I ;Nav)""#
    )
    #expect(line.client == "127.0.0.1")
    #expect(line.identity == nil)
    #expect(line.user == "frank")
    #expect(line.time == RFC3339.parse("2000-10-10T13:55:36-07:00"))
    #expect(line.method == "GET")
    #expect(line.target == "/apache_pb.gif")
    #expect(line.protocolVersion == "HTTP/1.0")
    #expect(line.status == 200)
    #expect(line.bytes == 2326)
    #expect(line.referrer == "http://www.example.com/start.html")
    #expect(line.agent == "Mozilla/4.08 [en] (Win98; I ;Nav)")
  }

  @Test func `the common format has neither referrer nor agent`() throws {
    let line = try Self.parse(Self.start + #""GET / HTTP/1.0" 304 -"#)
    #expect(line.bytes == 0)
    #expect(line.referrer == nil)
    #expect(line.agent == nil)
  }

  @Test(arguments: [
    (#""a""#, "a"), (#""a\"b\\c""#, #"a"b\c"#), (#""\xc3\xa9\x41""#, "éA"),
    (#""\xff""#, "\u{FFFD}"),
    (#""\n\t\r""#, "\n\t\r"), (#""\q\x4""#, #"\q\x4"#), (#""never closed"#, "never closed"),
    (#""closed \""#, #"closed ""#), (#""a\"#, #"a\"#), (#""a" "more" 17"#, "a"), (#""""#, ""),
  ])
  func `a quoted field is unescaped and may lack its last quote`(
    quoted: String,
    expected: String
  ) throws {
    let line = try Self.parse(Self.start + #""GET / HTTP/1.0" 200 1 "-" "# + quoted)
    #expect(line.referrer == nil)
    #expect(line.agent == expected)
  }

  @Test(arguments: [
    "-", "GET /", "GET / x HTTP/1.1", #"\x16\x03\x01"#, "GET / SPDY/3", "G(T / HTTP/1.1", "",
  ])
  func `a request that is no request line is kept as it is`(request: String) throws {
    let line = try Self.parse(Self.start + "\"\(request)\" 400 0")
    #expect(line.method == nil)
    #expect(line.protocolVersion == nil)
    if !request.hasPrefix("\\") { #expect(line.target == request) }
  }

  @Test func `a user may hold spaces and a client may be a name`() throws {
    let line = try Self.parse(
      #"host.example ident John Q. Public [01/Jan/1970:00:30:00 +0130] "GET /?a b" 200 1"#
    )
    #expect(line.client == "host.example")
    #expect(line.identity == "ident")
    #expect(line.user == "John Q. Public")
    #expect(line.time == -3_600_000)
  }

  @Test(arguments: [
    ("", LogViolation.Field.client, 0), (" x", .client, 0), ("c", .identity, 1), ("c i", .user, 3),
    ("c i u", .user, 4), ("c i u 10/Oct/2000", .user, 4), ("c i [10/Oct/2000", .user, 4),
    ("c i u [10/Okt/2000:13:55:36 -0700] ", .time, 6),
    ("c i u [31/Feb/2000:13:55:36 -0700] ", .time, 6),
    ("c i u [10/Oct/2000:13:55:36] ", .time, 6), ("c i u [10/Oct/2000:24:55:36 -0700] ", .time, 6),
    ("c i u [10/Oct/2000:13:55:36 -0700]x", .time, 6),
    (start + "GET", .request, 47), (start + "\"GET\"200", .request, 47),
    (start + "\"GET", .status, 51),
    (start + "\"\" 20 1", .status, 50), (start + "\"\" 20x 1", .status, 50),
    (start + "\"\" -20 1", .status, 50),
    (start + "\"\" 200", .bytes, 53), (start + "\"\" 200 x", .bytes, 54),
    (start + "\"\" 200 -5", .bytes, 54), (start + "\"\" 200 9223372036854775808", .bytes, 54),
    (start + "\"\" 200 5 ref", .referrer, 56), (start + "\"\" 200 5 \"\" agent", .agent, 59),
  ])
  func `a broken line is refused with the field at fault`(
    text: String,
    field: LogViolation.Field,
    offset: Int
  ) {
    let violation = #expect(throws: LogViolation.self) { try Self.parse(text) }
    #expect(violation?.field == field)
    #expect(violation?.offset == offset)
  }

  @Test func `mutated lines do no harm`() {
    var random = SeededGenerator(seed: 2)
    let line = Self.start + #""GET / HTTP/1.0" 200 5 "a\"b\x41" "c""#
    for _ in 0..<5_000 { _ = try? CombinedLogLine.parse(random.mutate(Array(line.utf8))[...]) }
  }
}
