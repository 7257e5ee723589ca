// SPDX-License-Identifier: Apache-2.0
import Codecs
import Transport

/// A receiver of webhooks that really listens, on a loop of its own.
actor HTTPReceiver: LoopTenant {
  /// A request as it came.
  struct Received: Sendable {
    var head: HTTPRequestHead
    var body: [UInt8] = []
  }

  private struct Peer {
    let connection: Connection
    var decoder = HTTPRequestDecoder(limits: HTTPLimits())
    var request: Received?
  }

  nonisolated let loop: EventLoop
  nonisolated let listener: Listener
  private let answer: @Sendable (Received) -> String
  private var listening: RegistrationID?
  private var peers: [RegistrationID: Peer] = [:]
  private(set) var acceptedCount = 0
  private(set) var received: [Received] = []

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  nonisolated var port: UInt16 { listener.port }

  /// Runs a body beside a receiver that answers each request with the given bytes.
  static func with(
    _ answer: @escaping @Sendable (Received) -> String = { _ in
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    },
    _ body: (HTTPReceiver) async throws -> Void
  ) async throws {
    let receiver = try HTTPReceiver(answer)
    try receiver.loop.start(tenant: receiver)
    try await receiver.start()
    defer {
      receiver.loop.stop()
      receiver.loop.join()
    }
    try await body(receiver)
  }

  private init(_ answer: @escaping @Sendable (Received) -> String) throws {
    self.answer = answer
    loop = try EventLoop(name: "receiver")
    listener = try Listener(host: "127.0.0.1", port: 0)
  }

  private func start() throws {
    listening = try loop.register(listener.descriptor, for: .read)
  }

  func fire(_ timers: [TimerID]) {}
  func settle() {}

  func ready(_ events: [ReadyEvent]) {
    for event in events {
      if event.id == listening { accept() } else { serve(event) }
    }
  }

  private func accept() {
    while let socket = try? listener.accept() {
      acceptedCount += 1
      guard let id = try? loop.register(socket.descriptor, for: [.read, .write]) else { continue }
      let connection = Connection(id: id, socket: socket, outboundLimit: 8 << 20)
      peers[id] = Peer(connection: connection)
    }
  }

  private func serve(_ event: ReadyEvent) {
    guard var peer = peers.removeValue(forKey: event.id) else { return }
    if event.isWritable { peer.connection.becameWritable() }
    var bytes: [UInt8] = []
    while case .bytes = peer.connection.socket.read(into: &bytes, maximum: 64 << 10) {}
    peer.decoder.receive(bytes)
    while let part = try? peer.decoder.nextEvent() { take(part, &peer) }
    peer.connection.flush()
    guard event.isHangup else { return peers[event.id] = peer }
    loop.deregister(event.id)
    peer.connection.close()
  }

  private func take(_ part: HTTPRequestEvent, _ peer: inout Peer) {
    switch part {
    case .head(let head): peer.request = Received(head: head)
    case .body(let bytes): peer.request?.body += bytes
    case .end:
      guard let request = peer.request else { return }
      received.append(request)
      _ = peer.connection.send(Array(answer(request).utf8))
    }
  }
}
