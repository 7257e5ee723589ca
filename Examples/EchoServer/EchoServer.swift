// SPDX-License-Identifier: Apache-2.0
import Transport

/// The connections of one event loop.
///
/// An actor on its loop, whose thread calls it as its own.
actor EchoServer: LoopTenant {
  nonisolated let loop: EventLoop
  private let listener: Listener
  private let tls: TLSServerContext?
  /// What the TLS sessions of the loop share.
  private let workspace = TLSWorkspace()
  private var listening: RegistrationID?
  private var connections: [RegistrationID: EchoConnection] = [:]
  private var touched: Set<RegistrationID> = []
  /// Connections that had more to read than a turn allows.
  private var unread: Set<RegistrationID> = []
  private var input: [UInt8] = []

  /// Most connections of a loop; further ones are closed at once.
  static let maximumConnections = 10_000
  /// Bytes read at once, and reads of one connection before others have theirs.
  static let (readBytes, readsPerTurn) = (64 << 10, 16)

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  /// Where it listens.
  nonisolated var address: SocketAddress { listener.address }

  private init(number: Int, listener: Listener, tls: TLSServerContext?) throws {
    self.tls = tls
    loop = try EventLoop(name: "echo-\(number)")
    self.listener = listener
  }

  /// Starts one for each loop, all on one port.
  static func start(_ options: EchoOptions) throws -> [EchoServer] {
    let listener = try Listener(host: "127.0.0.1", port: options.port)
    let tls = try options.tls.map {
      try TLSServerContext(certificatePath: $0.certificate, keyPath: $0.key)
    }
    let servers = try (0..<options.loops).map {
      try EchoServer(number: $0, listener: listener, tls: tls)
    }
    for server in servers {
      try server.loop.start(tenant: server)
      server.loop.execute { server.assumeIsolated { $0.open() } }
    }
    return servers
  }

  /// Ends the loop, and with it its connections.
  nonisolated func stop() {
    loop.stop()
    loop.join()
  }

  private func open() {
    listening = try? loop.register(listener.descriptor, for: .read)
    _ = loop.schedule(after: .seconds(1))
  }

  func ready(_ events: [ReadyEvent]) {
    for event in events {
      if event.id == listening {
        acceptAll()
      } else if let connection = connections[event.id] {
        if event.isWritable { connection.output.becameWritable() }
        if event.isHangup { drop(event.id) } else { read(event.id) }
      }
    }
  }

  private func acceptAll() {
    while let accepted = try? listener.accept() {
      guard connections.count < Self.maximumConnections,
        let id = try? loop.register(accepted.descriptor, for: [.read, .write])
      else { continue }
      let session = tls?.makeSession(on: accepted, workspace: workspace)
      connections[id] = EchoConnection(id: id, socket: accepted, tls: session, now: loop.now)
    }
  }

  /// Reads what has come, as long as the peer also takes what is sent to it.
  private func read(_ id: RegistrationID) {
    touched.insert(id)
    var reads = 0
    while let connection = connections[id], connection.wantsInput {
      guard reads < Self.readsPerTurn else {
        unread.insert(id)
        return
      }
      reads += 1
      input.removeAll(keepingCapacity: true)
      switch connection.output.read(into: &input, maximum: Self.readBytes) {
      case .bytes: connection.receive(input, now: loop.now)
      case .wouldBlock: return
      case .end: return connection.receiveEnd()
      case .failed: return drop(id)
      }
    }
  }

  func fire(_ timers: [TimerID]) {
    _ = loop.schedule(after: .seconds(1))
    acceptAll()
    for (id, connection) in connections where connection.isOverdue(at: loop.now) { drop(id) }
  }

  /// Writes what the turn has produced.
  func settle() {
    for id in touched {
      guard let connection = connections[id] else { continue }
      let couldHear = connection.wantsInput
      connection.flush(now: loop.now)
      if connection.isOver { drop(id) } else if !couldHear { unread.insert(id) }
    }
    touched.removeAll(keepingCapacity: true)
    guard !unread.isEmpty else { return }
    let waiting = unread
    unread = []
    loop.execute { self.assumeIsolated { server in waiting.forEach { server.goOn($0) } } }
  }

  private func goOn(_ id: RegistrationID) {
    guard let connection = connections[id], connection.wantsInput else { return }
    connection.proceed()
    read(id)
  }

  private func drop(_ id: RegistrationID) {
    guard let connection = connections.removeValue(forKey: id) else { return }
    loop.deregister(id)
    connection.output.close()
  }
}
