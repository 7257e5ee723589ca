// SPDX-License-Identifier: Apache-2.0
import Codecs
import Transport

/// One connection: HTTP until it asks to become a WebSocket.
final class EchoConnection {
  /// What waits to be written, and the socket.
  let output: Connection
  private var decoder: HTTPRequestDecoder
  /// Set once the connection speaks WebSocket.
  private var webSocket: EchoSocket?
  private var head: HTTPRequestHead?
  private var body: [UInt8] = []
  private var deadline: MonotonicInstant
  /// Set once nothing follows what waits to be written.
  private var isEnding = false
  private var hasShutWrite = false
  private var peerHasEnded = false

  /// The largest message and body; most bytes that wait for a peer before it is heard no more.
  static let (maximumBytes, unheardBytes) = (16 << 20, 1 << 20)
  /// How long nothing may happen.
  static let patience: Duration = .seconds(60)
  /// How long a peer has to close a connection on which everything was said.
  static let peerClose: Duration = .seconds(2)

  /// Keeps the context that the client wants to keep: an example has few connections.
  static let compression: PermessageDeflateSettings = {
    var settings = PermessageDeflateSettings()
    (settings.serverNoContextTakeover, settings.clientNoContextTakeover) = (false, false)
    return settings
  }()

  init(id: RegistrationID, socket: Socket, tls: TLSSession?, now: MonotonicInstant) {
    // An answer may be as large as a message, and the next is not begun before it has left.
    let limit = 2 * Self.maximumBytes
    output = Connection(id: id, socket: socket, tls: tls, outboundLimit: limit)
    var limits = HTTPLimits()
    limits.maximumBodyBytes = Self.maximumBytes
    decoder = HTTPRequestDecoder(limits: limits)
    deadline = now.advanced(by: Self.patience)
  }

  /// Whether the peer is heard: not while it leaves too much untaken.
  var wantsInput: Bool { isEnding || output.outbound.count < Self.unheardBytes }
  /// Whether the connection is lost, or both sides have said everything.
  var isOver: Bool { output.failure != nil || (peerHasEnded && output.isClear) }

  func isOverdue(at now: MonotonicInstant) -> Bool { deadline <= now }

  func flush(now: MonotonicInstant) {
    let before = output.writtenBytes
    output.flush()
    if output.writtenBytes > before { deadline = now.advanced(by: Self.patience) }
    guard isEnding, output.isClear, !hasShutWrite else { return }
    // The peer closes first: bytes of its own left unread would make the kernel drop the last answer.
    hasShutWrite = true
    output.shutdownWrite()
    deadline = now.advanced(by: Self.peerClose)
  }

  func receive(_ bytes: [UInt8], now: MonotonicInstant) {
    if isEnding { return }
    deadline = now.advanced(by: Self.patience)
    if let webSocket { webSocket.receive(bytes) } else { decoder.receive(bytes) }
    proceed()
  }

  /// Hears that the peer will say nothing more; it may still read the answers to what it has said.
  func receiveEnd() {
    (peerHasEnded, isEnding) = (true, true)
  }

  /// Goes through what was received, as far as there is room for answers.
  func proceed() {
    while wantsInput, !isEnding {
      if let webSocket {
        guard let frame = webSocket.next() else { return }
        send(frame)
        if webSocket.isClosed { isEnding = true }
      } else {
        guard takeRequest() else { return }
      }
    }
  }

  // MARK: HTTP

  private func takeRequest() -> Bool {
    do {
      guard let event = try decoder.nextEvent() else { return false }
      take(event)
    } catch {
      answer(error.suggestedStatus, "\(error)\n", closes: true)
    }
    return true
  }

  private func take(_ event: HTTPRequestEvent) {
    switch event {
    case .head(let head):
      (self.head, body) = (head, [])
      if head.expectsContinue { send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
      if head.path == "/echo", head.method == "GET" { upgrade(head) }
    case .body(let bytes):
      if head?.path == "/echo" { body.append(contentsOf: bytes) }
    case .end:
      guard let head else { return }
      switch (head.method, head.path) {
      case ("GET", "/"), ("HEAD", "/"): answer(200, "hello\n")
      case ("POST", "/echo"): answer(200, body)
      case (_, "/"): answer(405, "GET\n", ["Allow": "GET, HEAD"])
      default: answer(404, "not found\n")
      }
    }
  }

  private func upgrade(_ head: HTTPRequestHead) {
    do {
      let key = try WebSocketHandshake.validate(head)
      let compression = try Self.compression.accept(head)
      var bytes: [UInt8] = []
      WebSocketHandshake.response(key: key, compression: compression, sha1: Digest.sha1)
        .encode(into: &bytes)
      send(bytes)
      let socket = EchoSocket(compression)
      socket.receive(decoder.takeBuffered())
      webSocket = socket
    } catch {
      answer(
        error.suggestedStatus,
        "\(error)\n",
        WebSocketHandshake.upgradeRequiredFields,
        closes: true
      )
    }
  }

  private func answer(
    _ status: Int,
    _ body: some Collection<UInt8>,
    _ fields: HTTPFields = [:],
    closes: Bool = false
  ) {
    var response = HTTPResponseHead(status: status, fields: fields)
    response.fields.append("Content-Length", "\(body.count)")
    isEnding = closes || head?.keepsAlive == false
    if isEnding { response.fields.append("Connection", "close") }
    var bytes: [UInt8] = []
    response.encode(into: &bytes)
    if head?.method != "HEAD" { bytes.append(contentsOf: body) }
    send(bytes)
  }

  private func answer(
    _ status: Int,
    _ text: String,
    _ fields: HTTPFields = [:],
    closes: Bool = false
  ) {
    answer(status, text.utf8, fields, closes: closes)
  }

  private func send(_ bytes: [UInt8]) {
    if !output.send(bytes) { isEnding = true }
  }
}
