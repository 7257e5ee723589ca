// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

/// What RFC 9112 (and RFC 9110 of fields) says a server MUST do while it reads, in its order; each
/// whole, cut in two everywhere, and byte by byte.
@Suite struct RFC9112RequestTests {
  typealias Case = (section: String, bytes: String, outcome: Outcome)

  enum Outcome {
    case lines([String])
    case violation(HTTPViolation)
  }

  static let get = "GET / HTTP/1.1\r\nHost: h\r\n"
  static let post = "POST / HTTP/1.1\r\nHost: h\r\n"
  static let chunked = post + "Transfer-Encoding: chunked\r\n\r\n"

  static let lines: [Case] = [
    // A bare CR makes its element invalid, wherever it stands.
    ("9112 §2.2", "GET\r / HTTP/1.1\r\n", .violation(.bareLineBreak)),
    ("9112 §2.2", "GET / HTTP/1\r.1\r\n", .violation(.bareLineBreak)),
    ("9112 §2.2", get + "A\r: b\r\n", .violation(.invalidFieldName)),
    ("9112 §2.2", get + "A: \rb\r\n", .violation(.bareLineBreak)),
    ("9112 §2.2", get + "\r\r\n", .violation(.invalidFieldName)),
    ("9112 §2.2", chunked + "1\r;a\r\n", .violation(.invalidChunk)),
    ("9112 §2.2", chunked + "1\r\na\r\r\n", .violation(.invalidChunk)),
    ("9112 §2.2", chunked + "0\r\nA: b\rc\r\n", .violation(.bareLineBreak)),
    // A bare LF is no line end, though a recipient may take it for one.
    ("9112 §2.2", "GET / HTTP/1.1\nHost: h\r\n", .violation(.bareLineBreak)),
    ("9112 §2.2", "GET / HTTP/1.1\r\nHost: h\nA: b\r\n", .violation(.bareLineBreak)),
    ("9112 §2.2", chunked + "1\na\r\n", .violation(.bareLineBreak)),
    ("9112 §2.2", chunked + "0\r\nA: b\n", .violation(.bareLineBreak)),
    // One empty line before a request, each request, is ignored; whitespace in it is not.
    (
      "9112 §2.2", "\r\n" + get + "\r\n\r\n" + get + "\r\n",
      .lines(["GET / 1.1 Host=h", "end ", "GET / 1.1 Host=h", "end "])
    ),
    ("9112 §2.2", "\r\n\r\n" + get, .violation(.malformedRequestLine)),
    ("9112 §2.2", " \r\n" + get, .violation(.malformedRequestLine)),
    ("9112 §2.2", "\n" + get, .violation(.bareLineBreak)),
    // Whitespace between the request line and the first field.
    ("9112 §2.2", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", .violation(.foldedField)),
    ("9112 §2.2", "GET / HTTP/1.1\r\n\tHost: h\r\n\r\n", .violation(.foldedField)),
    ("9112 §2.2", "GET / HTTP/1.1\r\n \r\nHost: h\r\n\r\n", .violation(.foldedField)),
    // The version's letters have their case; a higher minor version is read as 1.1.
    ("9112 §2.3", "GET / Http/1.1\r\n", .violation(.malformedRequestLine)),
    ("9112 §2.3", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", .lines(["GET / 1.2 Host=h", "end "])),
    ("9112 §2.3", "GET / HTTP/11.1\r\n", .violation(.malformedRequestLine)),
    ("9112 §2.3", "GET / HTTP/1\r\n", .violation(.malformedRequestLine)),
    ("9112 §2.3", "GET / HTTP/+1.1\r\n", .violation(.malformedRequestLine)),
    ("9112 §2.3", "GET / HTTP/3.0\r\n", .violation(.unsupportedVersion)),
    ("9112 §3", "GET / \r\n", .violation(.malformedRequestLine)),
    ("9112 §3", "GET / a HTTP/1.1\r\n", .violation(.malformedRequestLine)),
    ("9112 §3", "GET\t/ HTTP/1.1\r\n", .violation(.malformedRequestLine)),
    ("9112 §3", "GET /\tHTTP/1.1\r\n", .violation(.malformedRequestLine)),
    ("9112 §3", "GET /\u{B}a HTTP/1.1\r\n", .violation(.invalidTarget)),
    // Methods have their case and are tokens.
    ("9112 §3.1", "get / HTTP/1.1\r\nHost: h\r\n\r\n", .lines(["get / 1.1 Host=h", "end "])),
    ("9112 §3.1", "GE:T / HTTP/1.1\r\n", .violation(.malformedRequestLine)),
    // No whitespace in the target.
    ("9112 §3.2", "GET /a b HTTP/1.1\r\n", .violation(.malformedRequestLine)),
  ]

  static let targets: [Case] = [
    // No Host, several, or an invalid one.
    ("9112 §3.2", "GET http://h/ HTTP/1.1\r\n\r\n", .violation(.missingOrRepeatedHost)),
    ("9112 §3.2", get + "hOST: g\r\n\r\n", .violation(.missingOrRepeatedHost)),
    (
      "9112 §3.2", "GET http://h/ HTTP/1.0\r\nHost: h\r\nHost: h\r\n\r\n",
      .violation(.missingOrRepeatedHost)
    ),
    ("9112 §3.2", "GET / HTTP/1.1\r\nHost:\r\n\r\n", .lines(["GET / 1.1 Host=", "end "])),
    ("9112 §3.2", "GET / HTTP/1.0\r\nHost: a b\r\n\r\n", .violation(.invalidHost)),
    ("9112 §3.2.1", "GET ?a HTTP/1.1\r\nHost: h\r\n\r\n", .violation(.invalidTarget)),
    // Absolute targets are accepted from everybody, in any case of the scheme.
    (
      "9112 §3.2.2", "GET https://h/a?b HTTP/1.1\r\nHost: h\r\n\r\n",
      .lines(["GET https://h/a?b 1.1 Host=h", "end "])
    ),
    // Host is ignored beside them.
    (
      "9112 §3.2.2", "GET hTTp://g:80/ HTTP/1.1\r\nHost: h\r\n\r\n",
      .lines(["GET hTTp://g:80/ 1.1 Host=h", "end "])
    ),
    (
      "9112 §3.2.2", "GET http://g/ HTTP/1.1\r\nHost:\r\n\r\n",
      .lines(["GET http://g/ 1.1 Host=", "end "])
    ),
    ("9112 §3.2.2", "GET http://g/ HTTP/1.0\r\n\r\n", .lines(["GET http://g/ 1.0 ", "end "])),
    ("9110 §4.2.1", "GET http:/// HTTP/1.1\r\nHost:\r\n\r\n", .violation(.invalidHost)),
    ("9110 §4.2.1", "GET http://:80/ HTTP/1.1\r\nHost: :80\r\n\r\n", .violation(.invalidHost)),
    ("9110 §4.2.4", "GET http://u:p@h/ HTTP/1.1\r\nHost: h\r\n\r\n", .violation(.invalidHost)),
    // The authority form belongs to CONNECT, the asterisk to OPTIONS.
    ("9112 §3.2.3", "GET h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n", .violation(.invalidTarget)),
    ("9112 §3.2.3", "CONNECT /a HTTP/1.1\r\nHost: h\r\n\r\n", .violation(.unsupportedMethod)),
    (
      "9112 §3.2.4", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
      .lines(["OPTIONS * 1.1 Host=h", "end "])
    ),
    ("9112 §3.2.4", "OPTIONS *a HTTP/1.1\r\nHost: h\r\n\r\n", .violation(.invalidTarget)),
    ("9112 §3.2.4", "options * HTTP/1.1\r\nHost: h\r\n\r\n", .violation(.invalidTarget)),
  ]

  @Test(arguments: lines + targets)
  func `a request is read as its section says`(section: String, bytes: String, outcome: Outcome) {
    Self.check(bytes, outcome)
  }

  static func check(_ bytes: String, _ outcome: Outcome) {
    for pieces in splits(of: Array(bytes.utf8)) {
      let transcript = HTTPRequestDecoder.transcript(pieces).lines
      switch outcome {
      case .lines(let lines): #expect(transcript == lines)
      case .violation(let violation): #expect(transcript.last == "violation \(violation)")
      }
    }
  }

  /// RFC 9110 §7.2 with RFC 3986 §3.2.2.
  @Test(arguments: [
    ("example.com", true), ("a_b-c.~d!$&'()*+;=:80", true), ("h:", true), ("127.0.0.1:8080", true),
    ("%41%c3%A9", true), ("[::]", true), ("[::1]:443", true), ("[1:2:3:4:5:6:7:8]", true),
    ("[fe80::aBCd:1]", true), ("[1:2:3:4:5:6:7::]", true), ("[::1:2:3:4:5:6:7]", true),
    ("[::ffff:192.0.2.1]", true), ("[1:2:3:4:5:6:1.2.3.4]", true), ("[v1.a:b]", true),
    ("%", false), ("%4", false), ("a%zz", false), ("a,b", false), ("h:80:80", false),
    ("h:-1", false), ("a/b", false), ("a?b", false), ("a@b", false), ("\u{E9}", false),
    ("[]", false), ("[::1", false), ("::1", false), ("[::1]a", false), ("[:::]", false),
    ("[1::2::3]", false), ("[1:2:3:4:5:6:7]", false), ("[1:2:3:4:5:6:7:8:9]", false),
    ("[:1:2:3:4:5:6:7]", false), ("[1:2:3:4:5:6:7:]", false), ("[12345::]", false),
    ("[g::]", false), ("[1:2:3:4:5:6:7:8::]", false), ("[::1.2.3]", false),
    ("[::1.2.3.256]", false),
    ("[::01.2.3.4]", false), ("[1.2.3.4]", false), ("[1.2.3.4::]", false), ("[fe80::1%25e]", false),
    ("[v.a]", false), ("[v1.]", false), ("[v1]", false), ("[vg.a]", false), ("[[::1]]", false),
  ])
  func `a host is a name or an address with an optional port`(host: String, isValid: Bool) {
    let lines = HTTPRequestDecoder.transcript([
      Array("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n".utf8)
    ])
    .lines
    #expect((lines.last == "end ") == isValid)
    #expect(isValid || lines == ["violation \(HTTPViolation.invalidHost)"])
  }

  @Test(arguments: [
    ("GET / HTTP/1.1\r\nHost: h:1\r\n\r\n", "h:1"), ("GET / HTTP/1.0\r\n\r\n", nil),
    ("GET http://G:2/ HTTP/1.1\r\nHost: h:1\r\n\r\n", "G:2"),
    ("GET http://g?a HTTP/1.0\r\n\r\n", "g"),
  ])
  func `a head tells whom it is for`(bytes: String, authority: String?) throws {
    #expect(try HTTPRequestDecoderTests.head(bytes).authority == authority)
  }

  @Test func `messages are octets, of which not all are characters`() throws {
    // RFC 9112 §2.2
    let bytes = Array((Self.get + "X: a").utf8) + [0xFC] + Array("b\r\n\r\n".utf8)
    for pieces in splits(of: bytes) {
      #expect(
        HTTPRequestDecoder.transcript(pieces).lines == ["GET / 1.1 Host=h;X=a\u{FFFD}b", "end "]
      )
    }
  }
}
