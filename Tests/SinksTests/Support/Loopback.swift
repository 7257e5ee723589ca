// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing

@testable import Sinks
@testable import Transport

/// A connection of a server whose other end a test holds.
struct Loopback {
  let connection: Connection
  let client: BlockingClient

  init(outboundLimit: Int = 8 << 20, options: SocketOptions = SocketOptions()) throws {
    let listener = try Listener(host: "127.0.0.1", port: 0, options: options)
    client = try BlockingClient(host: "127.0.0.1", port: listener.port)
    let socket = try #require(try listener.accept())
    let id = RegistrationID(descriptor: socket.descriptor, generation: 1)
    connection = Connection(id: id, socket: socket, outboundLimit: outboundLimit)
  }
}

/// A WebSocket session with a client, a shard, and time that stands still until a test moves it.
final class SocketHarness {
  let turns: Turns
  let shard: FanOutShard
  let directory: TopicDirectory
  let loopback: Loopback
  let session: WebSocketSession
  private(set) var now = MonotonicInstant(nanoseconds: 0)
  private var decoder: WebSocketDecoder
  private var received: [UInt8] = []

  init(
    _ settings: WebSocketSettings = WebSocketSettings(),
    rules: TopicDirectory.Rules = TopicDirectory.Rules(),
    outboundLimit: Int = 8 << 20,
    options: SocketOptions = SocketOptions(),
    compression: PermessageDeflate? = nil,
    form: WireForm = .json,
    authority: any ClientAuthority = OpenAuthority(),
    presence: PresenceBoard = PresenceBoard(tellingAfter: nil),
    calls: (any RemoteCalls)? = nil,
    token: String = "",
    connects: Bool = true,
    beside other: SocketHarness? = nil
  ) throws {
    turns = other?.turns ?? Turns()
    shard = other?.shard ?? turns.makeShard()
    directory = other?.directory ?? TopicDirectory(rules: rules)
    decoder = WebSocketDecoder(role: .client, limits: largeMessages, compression: compression)
    loopback = try Loopback(outboundLimit: outboundLimit, options: options)
    session = WebSocketSession(
      loopback.connection,
      shard: shard,
      services: ClientServices(
        directory: directory,
        authority: authority,
        presence: presence,
        calls: calls,
        settings: settings
      ),
      form: form,
      token: token,
      compression: compression,
      now: now
    )
    guard connects else { return }
    send(#"{"id":1,"connect":{}}"#)
    _ = try next()
  }

  func topic(_ name: String) throws -> Topic<Event> { try directory.topic(name) }

  /// Gives the session what a client would send, and turns the loop until it sleeps.
  func send(_ text: String) { send(.text, Array(text.utf8)) }

  func send(_ opcode: WebSocketOpcode, _ payload: [UInt8]) {
    var frame: [UInt8] = []
    WebSocketFrame.encode(opcode, payload, mask: 0x1234_5678, into: &frame)
    receive(frame)
  }

  func receive(_ bytes: [UInt8]) {
    session.receive(bytes, now: now)
    turn()
  }

  func turn() {
    session.pump()
    turns.settle(shard)
    session.pump()
  }

  func advance(by duration: Duration) {
    now = now.advanced(by: duration)
    session.tick(now: now)
    turn()
  }

  /// The next message for the client; waits for it.
  func nextEvent() throws -> WebSocketEvent {
    while true {
      if let event = try decoder.nextEvent() { return event }
      loopback.connection.becameWritable()
      turn()
      received.removeAll(keepingCapacity: true)
      let count = try loopback.client.read(into: &received)
      try #require(count > 0, "the connection ended")
      decoder.receive(received)
    }
  }

  /// The next text for the client; `nil` when something else comes.
  func next() throws -> String? {
    if case .text(let bytes) = try nextEvent() { text(bytes) } else { nil }
  }

  /// Everything that is to come before the answer to a ping.
  func rest() throws -> [String] {
    var texts: [String] = []
    turn()
    send(.ping, [42])
    while true {
      switch try nextEvent() {
      case .text(let bytes): texts.append(text(bytes))
      case .pong: return texts
      case .close(let code, _): return texts + ["close \(code ?? 0)"]
      case .binary, .ping: return texts + ["unexpected"]
      }
    }
  }

  /// The code of the close frame that comes after everything else.
  func closeCode() throws -> UInt16? {
    while true {
      if case .close(let code, _) = try nextEvent() { return code }
    }
  }
}
