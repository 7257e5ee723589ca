// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing
import Transport

/// How long a test waits for what must come, in milliseconds: long, for machines with other work.
private let patience = 300_000

/// A raw client: sends bytes, reads answers.
final class TestClient {
  struct Answer {
    let status: Int
    let fields: HTTPFields
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    func json() throws -> JSONView { try JSONView.parse(body) }
    /// A string or number of a JSON answer, as text.
    func member(_ name: String) throws -> String? {
      try json()[name].map { $0.string ?? String(decoding: $0.bytes, as: UTF8.self) }
    }
  }

  let client: BlockingClient
  private let port: UInt16
  private var decoder = HTTPResponseDecoder(limits: TestClient.limits)
  private var received: [UInt8] = []

  private static let limits = {
    var limits = HTTPLimits()
    limits.maximumBodyBytes = nil
    return limits
  }()

  init(port: UInt16, tls: TLSClientContext? = nil, resuming ticket: TLSTicket? = nil) throws {
    self.port = port
    client = try BlockingClient(
      host: "127.0.0.1",
      port: port,
      tls: tls,
      resuming: ticket,
      timeoutMilliseconds: patience
    )
  }

  func close() { client.close() }

  func send(_ text: String) throws { try client.write(Array(text.utf8)) }

  /// Sends a request with a `Host` and, with a body, a `Content-Length`, unless `fields` has them.
  func request(
    _ method: String,
    _ target: String,
    _ fields: [String: String] = [:],
    _ body: String = ""
  ) throws {
    var fields = fields
    if fields["Host"] == nil { fields["Host"] = "127.0.0.1:\(port)" }
    if !body.isEmpty, fields["Transfer-Encoding"] == nil, fields["Content-Length"] == nil {
      fields["Content-Length"] = "\(body.utf8.count)"
    }
    let head = fields.map { "\($0.key): \($0.value)\r\n" }.joined()
    decoder.expectResponse(to: method)
    try send("\(method) \(target) HTTP/1.1\r\n\(head)\r\n\(body)")
  }

  func answer(
    _ method: String,
    _ target: String,
    _ fields: [String: String] = [:],
    _ body: String = ""
  ) throws -> Answer {
    try request(method, target, fields, body)
    return try answer()
  }

  /// The bytes that the server says it holds for its peers; each look is a turn of a loop.
  func heldByServer() throws -> Int {
    let metrics = try answer("GET", "/metrics").text
    let line = metrics.split(separator: "\n").first { $0.hasPrefix("weir_held_bytes ") }
    return try #require(line?.split(separator: " ").last.flatMap { Int($0) })
  }

  func expectAnswer(to method: String) { decoder.expectResponse(to: method) }

  /// The next answer, whole.
  func answer() throws -> Answer {
    var head: HTTPResponseHead?
    var body: [UInt8] = []
    while true {
      switch try nextEvent() {
      case .head(let read): head = read
      case .body(let bytes): body += bytes
      case .end:
        let head = try #require(head)
        return Answer(status: head.status, fields: head.fields, body: body)
      case .interim: continue
      case nil: throw Ended()
      }
    }
  }

  /// What the server sends next; `nil` when it has ended the connection.
  func nextEvent() throws -> HTTPResponseEvent? {
    while true {
      if let event = try decoder.nextEvent() { return event }
      received.removeAll(keepingCapacity: true)
      if try client.read(into: &received, timeoutMilliseconds: patience) == 0 {
        decoder.receiveEnd()
        return try decoder.nextEvent()
      }
      decoder.receive(received)
    }
  }

  /// The head of an answer whose body is read as a stream, and what has come of that.
  func head() throws -> HTTPResponseHead {
    guard case .head(let head) = try nextEvent() else { throw Ended() }
    return head
  }

  /// Reads a streamed body until it holds `text`; answers all that has come.
  func read(until text: String, from already: String = "") throws -> String {
    var all = already
    while !all.contains(text) {
      switch try nextEvent() {
      case .body(let bytes): all += String(decoding: bytes, as: UTF8.self)
      case .head, .interim: continue
      case .end, nil: throw Ended()
      }
    }
    return all
  }

  /// Reads raw bytes until the server ends the connection.
  func readToEnd() throws -> [UInt8] {
    var bytes: [UInt8] = []
    while try client.read(into: &bytes, timeoutMilliseconds: patience) > 0 {}
    return bytes
  }

  /// The server has ended the connection where something was expected.
  struct Ended: Error {}
}

/// Looks again and again, for a minute at most, until something has come true.
func eventually(_ isSo: () throws -> Bool) throws {
  let end = MonotonicInstant.now.advanced(by: .seconds(60))
  while try !isSo() { try #require(MonotonicInstant.now < end, "it has not come true") }
}

/// A raw WebSocket client.
final class TestSocket {
  private let client: TestClient
  private var decoder = WebSocketDecoder(role: .client)
  private var received: [UInt8] = []

  init(_ server: TestServer, _ path: String = "/ws", fields: [String: String] = [:]) throws {
    client = try server.connect()
    let upgrade = [
      "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ]
    try client.request("GET", path, upgrade.merging(fields) { $1 })
    // Read byte by byte, so that nothing of the first frames is taken along.
    while !received.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      try #require(
        try client.client.read(into: &received, maximum: 1, timeoutMilliseconds: patience) > 0
      )
    }
    head = String(decoding: received, as: UTF8.self)
    received = []
  }

  let head: String

  func send(_ text: String) throws {
    var frame: [UInt8] = []
    WebSocketFrame.encode(.text, Array(text.utf8), mask: 0x0102_0304, into: &frame)
    try client.client.write(frame)
  }

  /// Sends many commands at once, with long replies.
  func sendCommands() throws {
    try send((1...500).map { #"{"id":\#($0),"nothing":{}}"# }.joined(separator: "\n"))
  }

  func sendClose(_ code: UInt16) throws {
    var frame: [UInt8] = []
    WebSocketFrame.encodeClose(code: code, mask: 1, into: &frame)
    try client.client.write(frame)
  }

  func next() throws -> String {
    switch try nextEvent() {
    case .text(let bytes): String(decoding: bytes, as: UTF8.self)
    case .close(let code, _): "close \(code ?? 0)"
    case .binary, .ping, .pong, nil: "unexpected"
    }
  }

  func nextEvent() throws -> WebSocketEvent? {
    while true {
      if let event = try decoder.nextEvent() { return event }
      received.removeAll(keepingCapacity: true)
      if try client.client.read(into: &received, timeoutMilliseconds: patience) == 0 { return nil }
      decoder.receive(received)
    }
  }

  func close() { client.close() }
}
