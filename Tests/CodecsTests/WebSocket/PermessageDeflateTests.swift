// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

/// Negotiation (RFC 7692 §5, §7.1).
@Suite struct PermessageDeflateTests {
  static let keeping = {
    var settings = PermessageDeflateSettings()
    (settings.serverNoContextTakeover, settings.clientNoContextTakeover) = (false, false)
    return settings
  }()

  static let narrow = {
    var settings = keeping
    (settings.serverMaxWindowBits, settings.clientMaxWindowBits) = (11, 12)
    return settings
  }()

  static func head(_ offers: [String]) throws -> HTTPRequestHead {
    let fields = offers.map { "Sec-WebSocket-Extensions: \($0)" }
    return try WebSocketHandshakeTests.head("GET / HTTP/1.1", ["Host: h"] + fields)
  }

  /// What a server that keeps contexts and has 15 bits answers.
  @Test(arguments: [
    ("permessage-deflate", "permessage-deflate"),
    ("x-webkit-deflate-frame", nil), ("permessage-deflate2", nil), ("Permessage-Deflate", nil),
    (
      "permessage-deflate; server_no_context_takeover",
      "permessage-deflate; server_no_context_takeover"
    ),
    (
      "permessage-deflate; client_no_context_takeover",
      "permessage-deflate; client_no_context_takeover"
    ),
    ("permessage-deflate; client_max_window_bits", "permessage-deflate"),
    (
      "permessage-deflate;client_max_window_bits=10",
      "permessage-deflate; client_max_window_bits=10"
    ),
    (
      "permessage-deflate; server_max_window_bits=10",
      "permessage-deflate; server_max_window_bits=10"
    ),
    (
      "permessage-deflate; server_max_window_bits=15",
      "permessage-deflate; server_max_window_bits=15"
    ),
    (
      "permessage-deflate ;\tserver_max_window_bits = \"8\" ",
      "permessage-deflate; server_max_window_bits=8"
    ),
    (
      "permessage-deflate; server_max_window_bits=\"1\\0\"",
      "permessage-deflate; server_max_window_bits=10"
    ),
    // §7.1.3: the first acceptable offer, whatever stands before it.
    (
      "foo; a=\"b\", permessage-deflate; server_max_window_bits=7, permessage-deflate; "
        + "server_max_window_bits=9,permessage-deflate",
      "permessage-deflate; server_max_window_bits=9"
    ),
    (", ,permessage-deflate,", "permessage-deflate"),
    // §7.1: what must be declined.
    ("permessage-deflate; unknown", nil), ("permessage-deflate; unknown=1", nil),
    ("permessage-deflate; server_no_context_takeover=1", nil),
    ("permessage-deflate; client_no_context_takeover=true", nil),
    ("permessage-deflate; server_no_context_takeover; server_no_context_takeover", nil),
    ("permessage-deflate; client_max_window_bits; client_max_window_bits=10", nil),
    ("permessage-deflate; server_max_window_bits", nil),
    ("permessage-deflate; server_max_window_bits=7", nil),
    ("permessage-deflate; server_max_window_bits=16", nil),
    ("permessage-deflate; server_max_window_bits=010", nil),
    ("permessage-deflate; server_max_window_bits=+9", nil),
    ("permessage-deflate; client_max_window_bits=7", nil),
    ("permessage-deflate; client_max_window_bits=16", nil),
    ("permessage-deflate; client_max_window_bits=08", nil),
    ("permessage-deflate; Server_Max_Window_Bits=10", nil),
  ])
  func `a server takes the first acceptable offer`(offer: String, answer: String?) throws {
    #expect(try Self.keeping.accept(Self.head([offer]))?.answer == answer)
  }

  @Test func `a server's wishes go into its answer where the RFC allows it`() throws {
    let plain = try Self.narrow.accept(Self.head(["permessage-deflate"]))
    #expect(plain?.answer == "permessage-deflate; server_max_window_bits=11")
    #expect(plain?.serverWindowBits == 11)
    #expect(plain?.clientWindowBits == 15)
    let open = try Self.narrow.accept(Self.head(["permessage-deflate; client_max_window_bits"]))
    #expect(
      open?.answer == "permessage-deflate; server_max_window_bits=11; client_max_window_bits=12"
    )
    let smaller = try Self.narrow.accept(
      Self.head(["permessage-deflate; client_max_window_bits=9; server_max_window_bits=10"])
    )
    #expect(
      smaller?.answer == "permessage-deflate; server_max_window_bits=10; client_max_window_bits=9"
    )
    let standard = try PermessageDeflateSettings().accept(Self.head(["permessage-deflate"]))
    #expect(
      standard?.answer
        == "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    )
  }

  @Test func `offers may stand in several fields, and there may be none`() throws {
    let head = try Self.head(["foo", "permessage-deflate; client_max_window_bits=9"])
    #expect(try Self.keeping.accept(head)?.clientMaxWindowBits == 9)
    #expect(try Self.keeping.accept(Self.head([])) == nil)
  }

  /// RFC 6455 §9.1: what does not conform fails the handshake, even behind a good offer.
  @Test(arguments: [
    "", ",", "permessage-deflate;", "permessage-deflate; =1", "permessage-deflate; a=",
    "permessage-deflate; a=\"\"", "permessage-deflate; a=\"b", "permessage-deflate; a=\"b c\"",
    "permessage-deflate; a=\"b\"c", "permessage-deflate a", "permessage-deflate, b c",
    "permessage-deflate, (", ";a", "a=b", "a; b=\"\\", "a; b=c d", "permessage-deflate; a=b=c",
  ])
  func `extensions that break the grammar fail the handshake`(offer: String) throws {
    let head = try Self.head([offer])
    #expect(throws: WebSocketHandshakeViolation.invalidExtensions) { try Self.keeping.accept(head) }
    #expect(WebSocketHandshakeViolation.invalidExtensions.suggestedStatus == 400)
  }

  // MARK: The client's side

  static let asking = {
    var settings = narrow
    settings.serverNoContextTakeover = true
    return settings
  }()

  @Test func `a client offers what it wants`() {
    #expect(Self.keeping.offer == "permessage-deflate; client_max_window_bits")
    #expect(
      Self.asking.offer == "permessage-deflate; server_no_context_takeover; "
        + "server_max_window_bits=11; client_max_window_bits=12"
    )
    #expect(
      PermessageDeflateSettings().offer == "permessage-deflate; server_no_context_takeover; "
        + "client_no_context_takeover; client_max_window_bits"
    )
  }

  static func agreement(
    _ settings: PermessageDeflateSettings,
    _ answer: String
  ) throws -> PermessageDeflate? {
    try settings.agreement(
      with: HTTPResponseHead(status: 101, fields: ["Sec-WebSocket-Extensions": answer])
    )
  }

  @Test func `a client takes what the server decided`() throws {
    var agreed = PermessageDeflate()
    #expect(try Self.agreement(Self.keeping, "permessage-deflate") == agreed)
    agreed.serverNoContextTakeover = true
    agreed.clientNoContextTakeover = true
    (agreed.serverMaxWindowBits, agreed.clientMaxWindowBits) = (8, 9)
    let answer =
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
      + "server_max_window_bits=8; client_max_window_bits=\"9\""
    #expect(try Self.agreement(Self.keeping, answer) == agreed)
    #expect(try Self.keeping.agreement(with: HTTPResponseHead(status: 101)) == nil)
    let asked = "permessage-deflate; server_no_context_takeover; server_max_window_bits=11"
    #expect(try Self.agreement(Self.asking, asked)?.clientWindowBits == 12)
    #expect(try Self.agreement(.init(), asked)?.clientNoContextTakeover == true)
  }

  @Test(arguments: [
    (keeping, "x", WebSocketHandshakeViolation.notOffered),
    (keeping, "permessage-deflate, permessage-deflate", .notOffered),
    (keeping, "permessage-deflate; client_max_window_bits", .invalidExtensions),
    (keeping, "permessage-deflate; server_max_window_bits", .invalidExtensions),
    (keeping, "permessage-deflate; server_max_window_bits=16", .invalidExtensions),
    (
      keeping, "permessage-deflate; client_max_window_bits=9; client_max_window_bits=9",
      .invalidExtensions
    ),
    (keeping, "permessage-deflate; y", .invalidExtensions), (keeping, "", .invalidExtensions),
    (asking, "permessage-deflate; server_max_window_bits=11", .notOffered),
    (asking, "permessage-deflate; server_no_context_takeover", .notOffered),
    (
      asking, "permessage-deflate; server_no_context_takeover; server_max_window_bits=12",
      .notOffered
    ),
    (
      asking,
      "permessage-deflate; server_no_context_takeover; server_max_window_bits=11; "
        + "client_max_window_bits=13", .notOffered
    ),
  ])
  func `a client refuses an answer that does not belong to its offer`(
    settings: PermessageDeflateSettings,
    answer: String,
    violation: WebSocketHandshakeViolation
  ) {
    #expect(throws: violation) { try Self.agreement(settings, answer) }
  }

  @Test(arguments: [keeping, narrow, asking, .init()])
  func `both sides of a handshake agree`(settings: PermessageDeflateSettings) throws {
    let key = WebSocketHandshakeTests.key
    let request = WebSocketHandshake.request(
      target: "/",
      host: "h",
      key: key,
      compression: settings
    )
    for server in [Self.keeping, Self.narrow, .init()] {
      let accepted = try server.accept(request)
      let response = WebSocketHandshake.response(
        key: key,
        compression: accepted,
        sha1: WebSocketHandshakeTests.sha1
      )
      let agreed = try settings.agreement(with: response)
      #expect(agreed?.serverWindowBits == accepted?.serverWindowBits)
      #expect(agreed?.clientWindowBits == accepted?.clientWindowBits)
      #expect(agreed?.serverNoContextTakeover == accepted?.serverNoContextTakeover)
      #expect(agreed?.clientNoContextTakeover == accepted?.clientNoContextTakeover)
      #expect(
        try WebSocketHandshake.validate(
          response: response,
          key: key,
          compression: settings,
          sha1: WebSocketHandshakeTests.sha1
        ) == nil
      )
    }
  }
}
