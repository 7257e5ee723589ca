// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct WebSocketHandshakeTests {
  static let key = "dGhlIHNhbXBsZSBub25jZQ=="
  static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

  /// The digest that RFC 6455 §1.3 gives for its example.
  static func sha1(_ bytes: [UInt8]) -> [UInt8] {
    #expect(bytes == Array("\(key)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8))
    return hex("b37a4f2c c0624f16 90f64606 cf385945 b2bec4ea")
  }

  static let fields = [
    "Host: server.example.com", "Upgrade: websocket", "Connection: Upgrade",
    "Sec-WebSocket-Key: \(key)", "Origin: http://example.com",
    "Sec-WebSocket-Protocol: chat, superchat", "Sec-WebSocket-Version: 13",
  ]

  static func head(_ line: String, _ fields: [String]) throws -> HTTPRequestHead {
    let lines = [line] + fields
    return try HTTPRequestDecoderTests.head(lines.map { $0 + "\r\n" }.joined() + "\r\n")
  }

  @Test func `the handshake of RFC 6455 section 1.2 is answered`() throws {
    let head = try Self.head("GET /chat HTTP/1.1", Self.fields)
    #expect(try WebSocketHandshake.validate(head) == Self.key)
    #expect(WebSocketHandshake.subprotocols(of: head) == ["chat", "superchat"])
    let response = WebSocketHandshake.response(key: Self.key, subprotocol: "chat", sha1: Self.sha1)
    #expect(response.status == 101)
    #expect(response.fields["Sec-WebSocket-Accept"] == Self.accept)
    #expect(
      try WebSocketHandshake.validate(
        response: response,
        key: Self.key,
        subprotocols: ["superchat", "chat"],
        sha1: Self.sha1
      ) == "chat"
    )
  }

  @Test(arguments: [
    ("POST /chat HTTP/1.1", "", "", WebSocketHandshakeViolation.notAnUpgrade),
    ("GET /chat HTTP/1.0", "", "", .notAnUpgrade),
    ("GET /chat HTTP/1.1", "Upgrade", "", .notAnUpgrade),
    ("GET /chat HTTP/1.1", "Upgrade", "Upgrade: h2c", .notAnUpgrade),
    ("GET /chat HTTP/1.1", "Connection", "Connection: close", .notAnUpgrade),
    ("GET /chat HTTP/1.1", "Sec-WebSocket-Version", "", .unsupportedVersion),
    (
      "GET /chat HTTP/1.1", "Sec-WebSocket-Version", "Sec-WebSocket-Version: 8", .unsupportedVersion
    ),
    ("GET /chat HTTP/1.1", "Sec-WebSocket-Key", "", .invalidKey),
    ("GET /chat HTTP/1.1", "", "Sec-WebSocket-Key: \(key)", .invalidKey),
    ("GET /chat HTTP/1.1", "Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhl", .invalidKey),
    (
      "GET /chat HTTP/1.1", "Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=A",
      .invalidKey
    ),
    (
      "GET /chat HTTP/1.1", "Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhl!HNhbXBsZSBub25jZQ==",
      .invalidKey
    ),
  ])
  func `a request that is not a handshake is refused`(
    line: String,
    removed: String,
    added: String,
    violation: WebSocketHandshakeViolation
  ) throws {
    var fields = Self.fields.filter { removed.isEmpty || !$0.hasPrefix(removed) }
    if !added.isEmpty { fields.append(added) }
    let head = try Self.head(line, fields)
    #expect(throws: violation) { try WebSocketHandshake.validate(head) }
  }

  @Test func `a client's request passes the server's check`() throws {
    let head = WebSocketHandshake.request(
      target: "/ws",
      host: "localhost:1",
      key: Self.key,
      subprotocols: ["a", "b"]
    )
    #expect(try WebSocketHandshake.validate(head) == Self.key)
    #expect(WebSocketHandshake.subprotocols(of: head) == ["a", "b"])
  }

  @Test(arguments: [
    (200, accept, [], WebSocketHandshakeViolation.refused(status: 200)),
    (101, "s3pPLMBiTxaQ9kYGzzhZRbK+xOp=", [], .wrongAccept),
    (101, accept, [("Sec-WebSocket-Protocol", "other")], .notOffered),
    (101, accept, [("Sec-WebSocket-Extensions", "permessage-deflate")], .notOffered),
  ])
  func `a wrong answer is refused`(
    status: Int,
    accept: String,
    extra: [(String, String)],
    violation: WebSocketHandshakeViolation
  ) {
    var fields: HTTPFields = ["Upgrade": "websocket", "Connection": "Upgrade"]
    fields.append("Sec-WebSocket-Accept", accept)
    for (name, value) in extra { fields.append(name, value) }
    let response = HTTPResponseHead(status: status, fields: fields)
    #expect(throws: violation) {
      try WebSocketHandshake.validate(response: response, key: Self.key, sha1: Self.sha1)
    }
  }

  /// RFC 4648 §10.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"), ("\u{0}\u{7F}?>", "AH8/Pg=="),
  ])
  func `Base 64 is written with padding`(text: String, expected: String) {
    #expect(Base64.encode(Array(text.utf8)) == expected)
  }
}
