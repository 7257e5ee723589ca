// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams
import Synchronization
import Transport

/// Everything that lives on one event loop: its connections, sessions and fan-out shard.
actor LoopWorker: LoopTenant {
  private enum Peer {
    case http(HTTPConnection)
    case webSocket(WebSocketSession)
    case eventStream(EventStreamSession)
  }

  nonisolated let loop: EventLoop
  private let number: Int
  private let listener: Listener
  private let services: ServerServices
  private var listening: RegistrationID?
  private var peers: [RegistrationID: Peer] = [:]
  private var shard: FanOutShard?
  private var input: [UInt8] = []
  private var tickTimer: TimerID?
  /// Connections whose input was left unread to give others their turn.
  private var unread: [RegistrationID] = []
  /// Connections whose input was left unread because their output has no room.
  private var unheard: Set<RegistrationID> = []
  /// Connections that nothing more is written to, though the peer may still send.
  private var halfClosed: Set<RegistrationID> = []
  /// Connections whose output or end must be looked at when the turn ends.
  private var touched: Set<RegistrationID> = []
  /// When a connection that ends is closed even if its last bytes were not taken.
  private var endBy: [RegistrationID: MonotonicInstant] = [:]
  private var drainBy: MonotonicInstant?

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(number: Int, listener: Listener, services: ServerServices) throws(SystemError) {
    self.number = number
    self.listener = listener
    self.services = services
    loop = try EventLoop(name: "weir-loop-\(number)")
  }

  /// Starts the loop's thread and begins to accept.
  nonisolated func start() throws(SystemError) {
    try loop.start(tenant: self)
    loop.execute { self.assumeIsolated { $0.open() } }
  }

  private func open() {
    let loop = loop
    let worker = self
    shard = FanOutShard(loop: number, frames: services.frames) { body in
      loop.execute {
        worker.assumeIsolated { worker in
          if let shard = worker.shard { body(shard) }
        }
      }
    }
    do {
      listening = try loop.register(listener.descriptor, for: .read)
    } catch {
      services.log("loop \(number) can't accept connections: \(error)")
    }
    tickTimer = loop.schedule(after: .seconds(1))
  }

  // MARK: LoopTenant

  nonisolated func ready(_ events: [ReadyEvent]) {
    assumeIsolated { $0.handle(events) }
  }

  nonisolated func fire(_ timers: [TimerID]) {
    assumeIsolated { $0.tick() }
  }

  nonisolated func settle() {
    assumeIsolated { $0.endTurn() }
  }

  private func handle(_ events: [ReadyEvent]) {
    for event in events {
      if event.id == listening {
        acceptAll()
        continue
      }
      guard let peer = peers[event.id] else { continue }
      if event.isWritable { connection(of: peer).becameWritable() }
      touched.insert(event.id)
      if event.isHangup {
        drop(event.id)
      } else if event.isReadable || event.isPeerFinished {
        if event.isPeerFinished, case .http(let http) = peer { http.peerFinished(now: loop.now) }
        read(event.id)
      }
    }
  }

  // MARK: Connections

  private func acceptAll() {
    do {
      while let socket = try listener.accept() { add(socket) }
    } catch {
      // The tick tries again: what waits goes on waiting.
      if listening != nil { services.log("accepting failed: \(error)") }
    }
  }

  private func add(_ socket: Socket) {
    guard drainBy == nil else { return socket.close() }
    let limit = services.configuration.maximumConnections
    guard services.statistics.open.load(ordering: .relaxed) < limit else {
      services.statistics.refused.add(1, ordering: .relaxed)
      return refuse(socket)
    }
    guard let id = try? loop.register(socket.descriptor, for: [.read, .write]) else {
      // No descriptor can be watched any more: this one is closed with its last reference.
      return
    }
    let connection = Connection(
      id: id,
      socket: socket,
      outboundLimit: services.configuration.maximumOutboundBytes
    )
    services.statistics.accepted.add(1, ordering: .relaxed)
    services.statistics.open.add(1, ordering: .relaxed)
    peers[id] = .http(
      HTTPConnection(
        connection,
        router: services.router(for: self),
        statistics: services.statistics,
        now: loop.now
      )
    )
  }

  /// Says that there are too many connections, as far as the socket takes it at once.
  private func refuse(_ socket: Socket) {
    var problem = Problem(
      503,
      "Too many connections",
      "the server has as many connections as it may",
      remedy: "try again later, or raise \"maximumConnections\""
    )
    problem.retryAfter = 1
    let bytes = problem.response.encode(isHead: false, keepsAlive: false)
    _ = bytes.withUnsafeBytes { socket.write($0) }
    socket.close()
  }

  private func connection(of peer: Peer) -> Connection {
    switch peer {
    case .http(let http): http.connection
    case .webSocket(let session): session.connection
    case .eventStream(let session): session.connection
    }
  }

  /// Reads what has arrived, a bounded part per turn.
  private func read(_ id: RegistrationID) {
    touched.insert(id)
    unheard.remove(id)
    var left = LoopLimits.readsPerTurn
    while let peer = peers[id] {
      guard wantsInput(peer) else {
        unheard.insert(id)
        return
      }
      guard left > 0 else {
        unread.append(id)
        return
      }
      left -= 1
      input.removeAll(keepingCapacity: true)
      switch connection(of: peer).socket.read(into: &input, maximum: LoopLimits.readBytes) {
      case .bytes: take(peer, id)
      case .wouldBlock: return
      case .end: return end(peer, id)
      case .failed: return drop(id)
      }
    }
  }

  private func wantsInput(_ peer: Peer) -> Bool {
    switch peer {
    case .http(let http): http.wantsInput
    case .webSocket(let session): session.wantsInput
    case .eventStream: true
    }
  }

  /// Goes on with what was received already, then with what waits in the socket.
  private func goOn(_ id: RegistrationID) {
    switch peers[id] {
    case .http(let http): follow(http.process(now: loop.now), id)
    case .webSocket(let session): session.proceed(now: loop.now)
    case .eventStream, nil: break
    }
    read(id)
  }

  private func take(_ peer: Peer, _ id: RegistrationID) {
    switch peer {
    case .http(let http): follow(http.receive(input, now: loop.now), id)
    case .webSocket(let session): session.receive(input, now: loop.now)
    case .eventStream: break
    }
  }

  private func end(_ peer: Peer, _ id: RegistrationID) {
    guard case .http(let http) = peer else { return drop(id) }
    http.receiveEnd()
  }

  /// Makes of a connection what its request asks for.
  private func follow(_ step: HTTPConnection.Step, _ id: RegistrationID) {
    guard let peer = peers[id], let shard else { return }
    touched.insert(id)
    let connection = connection(of: peer)
    switch step {
    case .none:
      break
    case .webSocket(let opening, let rest):
      let head = WebSocketHandshake.response(
        key: opening.key,
        subprotocol: opening.subprotocol,
        sha1: Digest.sha1
      )
      send(head, on: connection)
      let session = WebSocketSession(
        connection,
        shard: shard,
        directory: services.engine.topics,
        settings: services.configuration.webSocket,
        now: loop.now
      )
      services.statistics.webSockets.add(1, ordering: .relaxed)
      peers[id] = .webSocket(session)
      session.receive(rest, now: loop.now)
      if drainBy != nil { session.close(.shutdown) }
    case .eventStream(let request):
      send(EventStreamRoute.head(request), on: connection)
      let session = EventStreamSession(
        connection,
        topics: request.topics,
        resume: request.resume,
        isEnveloped: request.isEnveloped,
        shard: shard,
        settings: services.configuration.eventStream,
        now: loop.now
      )
      services.statistics.eventStreams.add(1, ordering: .relaxed)
      peers[id] = .eventStream(session)
    }
  }

  private func send(_ head: HTTPResponseHead, on connection: Connection) {
    services.statistics.count(status: head.status)
    var bytes: [UInt8] = []
    head.encode(into: &bytes)
    _ = connection.send(bytes)
  }

  /// Forgets a connection and closes it.
  private func drop(_ id: RegistrationID) {
    endBy[id] = nil
    unheard.remove(id)
    halfClosed.remove(id)
    guard let peer = peers.removeValue(forKey: id) else { return }
    switch peer {
    case .http(let http): http.end()
    case .webSocket(let session):
      session.end()
      services.statistics.webSockets.subtract(1, ordering: .relaxed)
    case .eventStream(let session):
      session.end()
      services.statistics.eventStreams.subtract(1, ordering: .relaxed)
    }
    services.statistics.open.subtract(1, ordering: .relaxed)
    loop.deregister(id)
    connection(of: peer).socket.close()
  }

  // MARK: Late answers

  /// Runs `body` with an HTTP connection that still lives, from any thread.
  nonisolated func later(
    _ id: RegistrationID,
    _ body: @escaping @Sendable (HTTPConnection, MonotonicInstant) -> HTTPConnection.Step
  ) {
    loop.execute {
      self.assumeIsolated { worker in
        guard case .http(let http) = worker.peers[id] else { return }
        worker.follow(body(http, worker.loop.now), id)
        worker.read(id)
      }
    }
  }

  // MARK: Time

  private func tick() {
    let now = loop.now
    tickTimer = loop.schedule(after: drainBy == nil ? .seconds(1) : .milliseconds(50))
    if listening != nil { acceptAll() }
    for (id, peer) in peers {
      switch peer {
      case .http(let http): http.tick(now: now)
      case .webSocket(let session): session.tick(now: now)
      case .eventStream(let session): session.tick(now: now)
      }
      touched.insert(id)
    }
    for (id, deadline) in endBy where deadline <= now { drop(id) }
    if let drainBy, drainBy <= now || peers.isEmpty {
      for id in peers.keys { drop(id) }
      // It knows this worker, which would otherwise outlive its loop.
      shard = nil
      loop.stop()
    }
  }

  /// Sends what the turn has produced and closes what is done.
  private func endTurn() {
    shard?.flush()
    let ids = touched
    touched.removeAll(keepingCapacity: true)
    for id in ids { finish(id) }
    guard !unread.isEmpty else { return }
    let waiting = unread
    unread = []
    loop.execute {
      self.assumeIsolated { worker in
        for id in waiting { worker.goOn(id) }
      }
    }
  }

  private func finish(_ id: RegistrationID) {
    guard let peer = peers[id] else { return }
    let connection = connection(of: peer)
    switch peer {
    case .http(let http):
      connection.flush()
      http.shutWriteIfLingering()
      if http.isDone { close(id, connection, atOnce: true) }
    case .webSocket(let session):
      session.pump()
      if session.isClosing { close(id, connection, atOnce: false) }
    case .eventStream(let session):
      session.pump()
      if session.isClosing { close(id, connection, atOnce: false) }
    }
    if connection.failure != nil { return drop(id) }
    if unheard.contains(id), let peer = peers[id], wantsInput(peer) {
      unheard.remove(id)
      unread.append(id)
    }
  }

  /// Closes a connection once its last bytes are written; unless `atOnce`, the peer may close first:
  /// bytes from it that were left unread would make the kernel drop those last ones.
  private func close(_ id: RegistrationID, _ connection: Connection, atOnce: Bool) {
    if connection.outbound.isEmpty {
      if atOnce { return drop(id) }
      guard halfClosed.insert(id).inserted else { return }
      connection.socket.shutdownWrite()
      endBy[id] = loop.now.advanced(by: LoopLimits.peerClose)
    } else if endBy[id] == nil {
      endBy[id] = loop.now.advanced(by: LoopLimits.lastBytes)
    }
  }

  // MARK: Shutdown

  /// Tells everybody, then closes what is left at the deadline and ends the loop.
  nonisolated func shutDown(within drain: Duration) {
    loop.execute { self.assumeIsolated { $0.beginDrain(drain) } }
  }

  private func beginDrain(_ drain: Duration) {
    guard drainBy == nil else { return }
    drainBy = loop.now.advanced(by: drain)
    if let listening { loop.deregister(listening) }
    listening = nil
    // What was published before comes before the goodbye, as far as sockets take it.
    shard?.flush()
    for (id, peer) in peers {
      switch peer {
      case .http(let http): http.shutDown(now: loop.now)
      case .webSocket(let session): session.close(.shutdown)
      case .eventStream(let session): session.shutDown(spread: .seconds(5))
      }
      touched.insert(id)
    }
    if let tickTimer { loop.cancel(tickTimer) }
    tickTimer = loop.schedule(after: .milliseconds(20))
  }
}

/// Sizes that a loop works with.
enum LoopLimits {
  /// Bytes read from a socket at once.
  static let readBytes = 64 << 10
  /// Reads from one socket per turn, before others have theirs.
  static let readsPerTurn = 4
  /// How long a peer has to take the last bytes of a connection that ends.
  static let lastBytes: Duration = .seconds(5)
  /// How long a peer has to close a connection on which everything was said.
  static let peerClose: Duration = .seconds(2)
}
