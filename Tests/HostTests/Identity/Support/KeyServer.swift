// SPDX-License-Identifier: Apache-2.0
import Codecs
import Transport

/// An HTTP server on loopback that has one answer for everybody.
actor KeyServer: LoopTenant {
  private struct Peer {
    let connection: Connection
    var decoder = HTTPRequestDecoder()
  }

  nonisolated let loop: EventLoop
  private let listener: Listener
  nonisolated let url: String
  private var listening: RegistrationID?
  private var peers: [RegistrationID: Peer] = [:]
  private var answer: [UInt8] = []
  private(set) var requestCount = 0

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// Runs a body with a server, and ends it.
  static func with(_ body: (KeyServer) async throws -> Void) async throws {
    let server = try KeyServer()
    try server.loop.start(tenant: server)
    try await server.start()
    defer {
      server.loop.stop()
      server.loop.join()
    }
    try await body(server)
  }

  private init() throws {
    loop = try EventLoop(name: "keys")
    listener = try Listener(host: "127.0.0.1", port: 0)
    url = "http://127.0.0.1:\(listener.port)/keys"
  }

  private func start() throws {
    listening = try loop.register(listener.descriptor, for: .read)
  }

  /// Sets the answer.
  func set(status: Int = 200, fields: HTTPFields = [:], _ body: [UInt8]) {
    var head = HTTPResponseHead(status: status, fields: fields)
    head.fields.append("Content-Length", "\(body.count)")
    answer = []
    head.encode(into: &answer)
    answer += body
  }

  func fire(_ timers: [TimerID]) {}
  func settle() {}

  func ready(_ events: [ReadyEvent]) {
    for event in events {
      if event.id == listening { acceptAll() } else { serve(event) }
    }
  }

  private func acceptAll() {
    while let socket = try? listener.accept() {
      guard let id = try? loop.register(socket.descriptor, for: [.read, .write]) else { continue }
      peers[id] = Peer(connection: Connection(id: id, socket: socket, outboundLimit: 1 << 20))
    }
  }

  private func serve(_ event: ReadyEvent) {
    guard var peer = peers[event.id] else { return }
    if event.isWritable { peer.connection.becameWritable() }
    var isOpen = !event.isHangup
    while event.isReadable, isOpen {
      var bytes: [UInt8] = []
      let outcome = peer.connection.socket.read(into: &bytes, maximum: 64 << 10)
      guard case .bytes = outcome else {
        isOpen = outcome == .wouldBlock
        break
      }
      peer.decoder.receive(bytes)
    }
    while let next = try? peer.decoder.nextEvent() {
      guard case .end = next else { continue }
      requestCount += 1
      isOpen = peer.connection.send(answer) && isOpen
    }
    peer.connection.flush()
    peers[event.id] = peer
    guard !isOpen else { return }
    loop.deregister(event.id)
    peers[event.id] = nil
    peer.connection.close()
  }
}
