// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct HTTPRequestDecoderTests {
  /// The example of RFC 9112 §2.1, with bodies of both framings and requests in a row.
  static let vectors: [(bytes: String, transcript: [String])] = [
    (
      "GET /hello.txt HTTP/1.1\r\nUser-Agent: curl/7.64.1\r\nHost: www.example.com\r\n"
        + "Accept-Language: en, mi\r\n\r\n",
      [
        "GET /hello.txt 1.1 User-Agent=curl/7.64.1;Host=www.example.com;Accept-Language=en, mi",
        "end ",
      ]
    ),
    (
      "POST /a?b HTTP/1.1\r\nHost:h\r\nContent-Length:  5\t \r\n\r\nhello"
        + "\r\nGET / HTTP/1.0\r\n\r\n",
      ["POST /a?b 1.1 Host=h;Content-Length=5", "body hello", "end ", "GET / 1.0 ", "end "]
    ),
    (
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
        + "4\r\nWiki\r\n7;a=\"b c\"\r\npedia i\r\nB \t;x\r\nn \r\nchunks.\r\n"
        + "0;last\r\nExpires: never\r\nA:\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n",
      [
        "POST / 1.1 Host=h;Transfer-Encoding=Chunked", "body Wikipedia in \r\nchunks.",
        "end Expires=never;A=", "GET /next 1.1 Host=h", "end ",
      ]
    ),
    (
      "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"
        + "OPTIONS * HTTP/1.1\r\nhost: [::1]:80\r\nX: \u{E9}\r\n\r\n",
      ["PUT / 1.1 Host=h;Content-Length=0", "end ", "OPTIONS * 1.1 host=[::1]:80;X=é", "end "]
    ),
    (
      "GET HTTP://H:80?q HTTP/1.1\r\nHost: h:80\r\n\r\n",
      ["GET HTTP://H:80?q 1.1 Host=h:80", "end "]
    ),
    // A request line again, and others as long as it.
    (
      "GET /a?b HTTP/1.1\r\nHost: h\r\n\r\nGET /a?b HTTP/1.1\r\nHost: i\r\n\r\n"
        + "GET /a?c HTTP/1.1\r\nHost: h\r\n\r\nPUT /a?c HTTP/1.1\r\nHost: h\r\n\r\n"
        + "PUT /a?c HTTP/1.0\r\n\r\nPUT /a?c HTTP/1.1\r\nHost: h\r\n\r\n",
      [
        "GET /a?b 1.1 Host=h", "end ", "GET /a?b 1.1 Host=i", "end ", "GET /a?c 1.1 Host=h", "end ",
        "PUT /a?c 1.1 Host=h", "end ", "PUT /a?c 1.0 ", "end ", "PUT /a?c 1.1 Host=h", "end ",
      ]
    ),
  ]

  /// Heads in a row, and which of them repeat the one before.
  static let rows: [(heads: [String], repeats: [Bool])] = [
    (
      ["POST /a 5", "POST /a 5", "POST /a 7", "POST /a 12", "POST /a 99"],
      [false, true, true, false, true]
    ),
    (["POST /a 5", "POST /b 5", "POST /b 5", "PUT /b 5"], [false, false, true, false]),
    (["GET /a", "GET /a", "GET /a 0", "GET /a 0"], [false, true, false, true]),
    (["POST /a 5x", "POST /a 5x"], [false, true]),
  ]

  @Test(arguments: rows)
  func `a head that is written again is the same, but for its length`(
    heads: [String],
    repeats: [Bool]
  ) throws {
    var decoder = HTTPRequestDecoder()
    for (head, isRepeat) in zip(heads, repeats) {
      let words = head.split(separator: " ")
      let tag = words.last.map { $0.hasSuffix("x") } == true ? "X: 1\r\n" : ""
      let length = words.count == 3 ? words[2].prefix(while: \.isNumber) : ""
      let field = length.isEmpty ? "" : "content-LENGTH: \(length)\r\n"
      let text = "\(words[0]) \(words[1]) HTTP/1.1\r\nHost: h\r\n\(field)\(tag)\r\n"
      let body = String(repeating: "b", count: Int(length) ?? 0)
      decoder.receive(Array((text + body).utf8))
      guard case .head(let read) = try decoder.nextEvent() else {
        Issue.record("no head")
        return
      }
      #expect(decoder.repeatsHead == isRepeat)
      #expect(try read == Self.head(text))
      #expect(read.contentLength == Int(length))
      #expect(read.fields["Content-Length"] ?? "" == length)
      var events = 0
      while let event = try decoder.nextEvent() {
        events += 1
        if case .body(let bytes) = event { #expect(bytes.elementsEqual(body.utf8)) }
      }
      #expect(events == (body.isEmpty ? 1 : 2))
      #expect(decoder.isIdle)
    }
  }

  /// What differs from a head that was read already, in a place where nothing may.
  static let disguises = [
    "Content-Length: +5", "Content-Length: 5 5", "Content-Length: -5", "Content-Length: 0x",
    "Content-Length:  x5",
  ]

  @Test(arguments: disguises)
  func `nothing else passes for the length of a head that was read`(field: String) throws {
    var decoder = HTTPRequestDecoder()
    let spaces = field.utf8.count - "Content-Length: ".utf8.count
    let known = "Content-Length: " + String("12345678".prefix(spaces))
    for _ in 0..<2 {
      let body = Int(known.split(separator: " ")[1]).map { String(repeating: "b", count: $0) } ?? ""
      decoder.receive(Array("POST / HTTP/1.1\r\nHost: h\r\n\(known)\r\n\r\n\(body)".utf8))
      while try decoder.nextEvent() != nil {}
    }
    decoder.receive(Array("POST / HTTP/1.1\r\nHost: h\r\n\(field)\r\n\r\nbbbbb".utf8))
    #expect(throws: HTTPViolation.invalidContentLength) { try decoder.nextEvent() }
  }

  /// Requests in a row on a few heads, one of them without a body and one in chunks.
  private static func row(seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    var bytes: [UInt8] = []
    for _ in 0..<30 {
      let path = Int.random(in: 0..<8, using: &generator) == 0 ? "/b" : "/a"
      let body = String(repeating: "b", count: Int.random(in: 0...99, using: &generator))
      let (field, content) =
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: ("", "")
        case 1: ("Transfer-Encoding: chunked\r\n", "3\r\nbbb\r\n0\r\n\r\n")
        default: ("Content-Length: \(body.utf8.count)\r\n", body)
        }
      let emptyLine = Int.random(in: 0..<8, using: &generator) == 0 ? "\r\n" : ""
      bytes += Array("\(emptyLine)POST \(path) HTTP/1.1\r\nHost: h\r\n\(field)\r\n\(content)".utf8)
    }
    return bytes
  }

  /// The requests that come in pieces, and how many of them were taken as a whole.
  private static func requests(
    in pieces: [ArraySlice<UInt8>],
    wholeUpTo maximum: Int
  ) throws -> (texts: [String], wholeCount: Int) {
    var decoder = HTTPRequestDecoder()
    var texts: [String] = []
    var wholeCount = 0
    for piece in pieces {
      decoder.receive(piece)
      while true {
        if let (head, body) = decoder.nextRepeatedRequest(maximumBytes: maximum) {
          #expect(decoder.repeatsHead)
          #expect(decoder.announcedBodyBytes == body.count)
          #expect(head.contentLength == body.count)
          wholeCount += 1
          texts.append("\(head.target) \(body.count)")
          continue
        }
        guard let event = try decoder.nextEvent() else { break }
        switch event {
        case .head(let head):
          let isChunked = head.fields["Transfer-Encoding"] != nil
          #expect(decoder.announcedBodyBytes == (isChunked ? nil : head.contentLength ?? 0))
          texts.append("\(head.target) 0")
        case .body(let bytes):
          let parts = (texts.popLast() ?? "").split(separator: " ")
          texts.append("\(parts[0]) \((Int(parts[1]) ?? 0) + bytes.count)")
        case .end: break
        }
      }
    }
    #expect(decoder.isIdle)
    return (texts, wholeCount)
  }

  @Test(arguments: 0..<40)
  func `requests taken as a whole are those that come in parts`(seed: Int) throws {
    let row = Self.row(seed: UInt64(seed))
    var generator = SeededGenerator(seed: UInt64(seed) + 1_000)
    let parts = try Self.requests(in: [row[...]], wholeUpTo: -1)
    #expect(parts.texts.count == 30 && parts.wholeCount == 0)
    for maximum in [60, 1_000] {
      let atOnce = try Self.requests(in: [row[...]], wholeUpTo: maximum)
      #expect(atOnce.texts == parts.texts)
      if maximum == 1_000 { #expect(atOnce.wholeCount > 0) }
      let pieces = generator.pieces(of: row, upTo: 90)
      #expect(try Self.requests(in: pieces, wholeUpTo: maximum).texts == parts.texts)
    }
  }

  @Test func `a head that asks for another protocol is not kept`() throws {
    var decoder = HTTPRequestDecoder()
    let text = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    for _ in 0..<2 {
      decoder.receive(Array(text.utf8))
      while try decoder.nextEvent() != nil {}
      #expect(!decoder.repeatsHead)
    }
  }

  @Test func `one empty line may stand before a head, also before one that is known`() throws {
    let head = "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"
    var decoder = HTTPRequestDecoder()
    for _ in 0..<3 {
      decoder.receive(Array(head.utf8))
      while try decoder.nextEvent() != nil {}
    }
    decoder.receive(Array("\r\n".utf8))
    #expect(try decoder.nextEvent() == nil)
    decoder.receive(Array(head.utf8))
    #expect(throws: HTTPViolation.self) { try decoder.nextEvent() }
  }

  @Test func `a head that is not whole is counted, and nothing is after a request`() throws {
    var decoder = HTTPRequestDecoder()
    let field = "X: " + String(repeating: "x", count: 5_000)
    decoder.receive(Array("GET / HTTP/1.1\r\nHost: h\r\n\(field)\r\n".utf8))
    #expect(try decoder.nextEvent() == nil)
    #expect(decoder.heldCount > 5_000)
    decoder.receive(Array("\r\n".utf8))
    while try decoder.nextEvent() != nil {}
    #expect(decoder.heldCount == 0)
  }

  @Test(arguments: vectors)
  func `requests decode the same however they are split`(bytes: String, transcript: [String]) {
    for pieces in splits(of: Array(bytes.utf8)) {
      #expect(HTTPRequestDecoder.transcript(pieces).lines == transcript)
    }
  }

  static func head(_ text: String) throws -> HTTPRequestHead {
    var decoder = HTTPRequestDecoder()
    decoder.receive(Array(text.utf8))
    guard case .head(let head) = try decoder.nextEvent() else { throw HTTPViolation.unexpectedEnd }
    return head
  }

  @Test func `a head tells its parts`() throws {
    let head = try Self.head(
      "GET /a%20b/c?x=1?y HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-length: 42\r\n"
        + "Accept: a\r\naccept: b\r\n\r\n"
    )
    #expect(head.path == "/a%20b/c")
    #expect(head.query == "x=1?y")
    #expect(head.expectsContinue)
    #expect(head.contentLength == 42)
    #expect(head.fields["ACCEPT"] == "a")
    #expect(head.fields.values(of: "Accept") == ["a", "b"])
    #expect(head.fields["Missing"] == nil)
    #expect(try Self.head("GET http://h HTTP/1.1\r\nHost: H\r\n\r\n").path == "/")
    #expect(try Self.head("GET / HTTP/1.1\r\nHost: H\r\n\r\n").query == nil)
  }

  @Test(arguments: [
    ("1.1", "", true), ("1.1", "Connection: close\r\n", false), ("1.0", "", false),
    ("1.1", "Connection: x, CLOSE\r\n", false), ("1.0", "Connection: Keep-Alive\r\n", true),
    ("1.1", "Connection: keep-alive\r\nConnection: close\r\n", false), ("1.7", "", true),
    ("1.1", "Connection: closed\r\n", true),
  ])
  func `a connection stays open as RFC 9112 section 9.3 says`(
    version: String,
    field: String,
    keepsAlive: Bool
  ) throws {
    let head = try Self.head("GET / HTTP/\(version)\r\nHost: h\r\n\(field)\r\n")
    #expect(head.keepsAlive == keepsAlive)
  }

  @Test func `bytes after an upgrade are handed over`() throws {
    var decoder = HTTPRequestDecoder()
    decoder.receive(Array("GET / HTTP/1.1\r\nHost: h\r\n\r\n\u{1}\u{2}frame".utf8))
    #expect(!decoder.isIdle)
    _ = try decoder.nextEvent()
    #expect(try decoder.nextEvent() == .end(trailers: [:]))
    #expect(decoder.bufferedCount == 7)
    #expect(decoder.takeBuffered() == Array("\u{1}\u{2}frame".utf8))
    #expect(decoder.bufferedCount == 0)
    #expect(decoder.isIdle)
  }

  @Test func `a raw buffer is received like an array`() throws {
    let bytes = Array("GET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
    var decoder = HTTPRequestDecoder()
    bytes.withUnsafeBytes { decoder.receive($0) }
    guard case .head = try decoder.nextEvent() else {
      Issue.record("no head")
      return
    }
  }

  @Test func `pieces of a body do not copy what was received`() throws {
    var decoder = HTTPRequestDecoder()
    decoder.receive(Array("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc".utf8))
    _ = try decoder.nextEvent()
    #expect(try decoder.nextEvent() == .body(Array("abc".utf8)[...]))
    #expect(try decoder.nextEvent() == nil)
    decoder.receive(Array("defGET".utf8))
    #expect(try decoder.nextEvent() == .body(Array("def".utf8)[...]))
    #expect(try decoder.nextEvent() == .end(trailers: [:]))
    #expect(decoder.bufferedCount == 3)
  }

  @Test(arguments: [
    ("  HTTP/1.1", HTTPViolation.malformedRequestLine), (" / HTTP/1.1", .malformedRequestLine),
    ("GET  HTTP/1.1", .invalidTarget), ("GET / / HTTP/1.1", .malformedRequestLine),
  ])
  func `a request line without a method or a target is refused, also as the first`(
    line: String,
    violation: HTTPViolation
  ) {
    for before in ["", "GET / HTTP/1.1\r\nHost: h\r\n\r\n"] {
      var decoder = HTTPRequestDecoder()
      decoder.receive(Array("\(before)\(line)\r\nHost: h\r\n\r\n".utf8))
      #expect(throws: violation) {
        while try decoder.nextEvent() != nil {}
      }
    }
  }
}
