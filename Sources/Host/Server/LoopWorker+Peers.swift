// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams
import Synchronization
import Transport

// Connections: from being accepted to being closed.
extension LoopWorker {
  func acceptAll() {
    do {
      while let socket = try listener.accept() { add(socket) }
    } catch {
      // The tick tries again: what waits goes on waiting.
      if !services.isShuttingDown { services.log("accepting failed: \(error)") }
    }
  }

  func add(_ socket: Socket) {
    guard drainBy == nil else { return socket.close() }
    if let reason = services.admission.admit(socket.peerAddress) {
      services.statistics.count(reason)
      return refuse(socket, reason)
    }
    guard let id = try? loop.register(socket.descriptor, for: [.read, .write]) else {
      // No descriptor can be watched any more: this one is closed with its last reference.
      return services.admission.leave(socket.peerAddress)
    }
    let connection = Connection(
      id: id,
      socket: socket,
      tls: services.tls?.makeSession(on: socket, workspace: tlsWorkspace),
      outboundLimit: services.configuration.maximumOutboundBytes
    )
    services.statistics.accepted.add(1, ordering: .relaxed)
    peers[id] = .http(
      HTTPConnection(
        connection,
        router: Router(services: services, worker: self, known: knownTargets),
        services: services,
        now: loop.now
      )
    )
  }

  /// Says that there are too many connections, as far as the socket takes it at once; with TLS that
  /// would take a handshake, which is not worth it.
  func refuse(_ socket: Socket, _ reason: RefusalReason) {
    if services.tls != nil { return socket.close() }
    let problem: Problem = reason == .address ? .tooManyOfAddress : .tooManyConnections
    let bytes = problem.response.encode(isHead: false, keepsAlive: false)
    _ = bytes.withUnsafeBytes { socket.write($0) }
    socket.close()
  }

  func connection(of peer: Peer) -> Connection {
    switch peer {
    case .http(let http): http.connection
    case .webSocket(let session): session.connection
    case .eventStream(let session): session.connection
    }
  }

  /// Reads what has arrived, a bounded part per turn.
  ///
  /// - Parameters:
  ///   - id: Whose.
  ///   - isOpen: Whether the peer has not ended its side, as far as the kernel has just told: then a
  ///     read that brings less than it might have has brought everything.
  func read(_ id: RegistrationID, isOpen: Bool = false) {
    touched.insert(id)
    if !unheard.isEmpty { unheard.remove(id) }
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
      switch connection(of: peer).read(into: &input, maximum: LoopLimits.readBytes) {
      case .bytes(let count):
        take(peer, id)
        if count < LoopLimits.readBytes, hasReadAll(id, isOpen: isOpen) { return }
      case .wouldBlock: return
      case .end: return end(peer, id)
      case .failed: return drop(id)
      }
    }
  }

  /// Whether a peer that is heard has nothing more in its socket or its TLS session.
  private func hasReadAll(_ id: RegistrationID, isOpen: Bool) -> Bool {
    guard let peer = peers[id] else { return true }
    if case .http(let http) = peer { return http.hasReadAll }
    return isOpen && connection(of: peer).tls == nil && wantsInput(peer)
  }

  func wantsInput(_ peer: Peer) -> Bool {
    switch peer {
    case .http(let http): http.wantsInput
    case .webSocket(let session): session.wantsInput
    case .eventStream: true
    }
  }

  /// Goes on with what was received already, then with what waits in the socket.
  func goOn(_ id: RegistrationID) {
    switch peers[id] {
    case .http(let http): follow(http.process(now: loop.now), id)
    case .webSocket(let session): session.proceed(now: loop.now)
    case .eventStream, nil: break
    }
    read(id)
  }

  func take(_ peer: Peer, _ id: RegistrationID) {
    switch peer {
    case .http(let http): follow(http.receive(input, now: loop.now), id)
    case .webSocket(let session):
      session.receive(input, now: loop.now)
      if session.heldBytes > LoopLimits.heldAnyway, services.budget.isExhausted {
        session.close(.tryAgainLater)
      }
    case .eventStream: break
    }
    guard let peer = peers[id] else { return }
    let bytes = held(by: peer)
    // Much at once, since many peers may be heard in one turn; the rest mostly leaves at its end.
    if bytes > LoopLimits.heldAnyway { account(id, bytes) }
  }

  /// Tells the budget what a peer holds now.
  func account(_ id: RegistrationID, _ bytes: Int) {
    if bytes == 0, heldBytes.isEmpty { return }
    let before = heldBytes[id] ?? 0
    if bytes == before { return }
    heldBytes[id] = bytes == 0 ? nil : bytes
    services.budget.change(by: bytes - before)
  }

  func end(_ peer: Peer, _ id: RegistrationID) {
    guard case .http(let http) = peer else { return drop(id) }
    http.receiveEnd()
  }

  /// Makes of a connection what its request asks for.
  func follow(_ step: HTTPConnection.Step, _ id: RegistrationID) {
    if case .none = step { return }
    guard let peer = peers[id], let shard else { return }
    touched.insert(id)
    let connection = connection(of: peer)
    switch step {
    case .none:
      break
    case .webSocket(let opening, let rest):
      let head = WebSocketHandshake.response(
        key: opening.key,
        subprotocol: opening.isNamed ? opening.form.subprotocol : nil,
        compression: opening.compression,
        sha1: Digest.sha1
      )
      send(head, on: connection)
      let session = WebSocketSession(
        connection,
        shard: shard,
        services: services.clients,
        form: opening.form,
        token: opening.token,
        compression: opening.compression,
        now: loop.now
      )
      services.statistics.webSockets.add(1, ordering: .relaxed)
      peers[id] = .webSocket(session)
      session.subscribe(atOnceTo: opening.topics, now: loop.now)
      session.receive(rest, now: loop.now)
      if drainBy != nil { session.close(.shutdown) }
    case .eventStream(let request):
      if let refusal = refusal(of: request, shard) {
        _ = connection.send(refusal.encode(isHead: false, keepsAlive: false))
        return
      }
      send(EventStreamRoute.head(request), on: connection)
      let session = EventStreamSession(
        connection,
        sources: request.sources,
        resume: request.resume,
        filter: request.filter,
        isEnveloped: request.isEnveloped,
        isCompressed: request.coding == .gzip,
        identity: request.identity,
        client: request.client,
        endAt: request.identity?.expiry.map {
          loop.now.advanced(
            by: .milliseconds($0.milliseconds - services.engine.topics.clock.now.milliseconds)
          )
        },
        shard: shard,
        settings: services.configuration.eventStream,
        now: loop.now
      )
      services.statistics.eventStreams.add(1, ordering: .relaxed)
      peers[id] = .eventStream(session)
      session.endIfClosed()
      // It may have been revoked while the stream was prepared, when nobody could be told.
      if let identity = request.identity,
        services.revocations.covers(identity, at: services.engine.topics.clock.now)
      {
        session.endRevoked()
      }
      if drainBy != nil { session.shutDown(spread: LoopLimits.returnSpread) }
    }
  }

  /// Why a stream that wants some events only is not opened; `nil` if it is.
  private func refusal(of request: EventStreamRequest, _ shard: FanOutShard) -> HTTPResponse? {
    guard let filter = request.filter else { return nil }
    do throws(FilterSetError) {
      for source in request.sources {
        try shard.checkRoom(for: filter, of: source.topic, request.client)
      }
      return nil
    } catch {
      services.authority.noteRefused(code: 106)
      let isOfClient = if case .tooManyOfClient = error { true } else { false }
      let problem = Problem(
        isOfClient ? 429 : 503,
        "No room for the filter",
        error.description,
        remedy: "use a filter that costs less, or try again later",
        field: "tf",
        retryAfter: 5
      )
      services.statistics.count(status: problem.response.status)
      return problem.response
    }
  }

  func send(_ head: HTTPResponseHead, on connection: Connection) {
    services.statistics.count(status: head.status)
    var bytes: [UInt8] = []
    head.encode(into: &bytes)
    _ = connection.send(bytes)
  }

  /// Forgets a connection and closes it.
  func drop(_ id: RegistrationID) {
    endBy[id] = nil
    unheard.remove(id)
    halfClosed.remove(id)
    guard let peer = peers.remove(id) else { return }
    account(id, 0)
    services.admission.leave(connection(of: peer).socket.peerAddress)
    switch peer {
    case .http(let http): http.end()
    case .webSocket(let session):
      if let reason = session.closeCode.flatMap(RefusalReason.init(closeCode:)) {
        services.statistics.count(reason)
      }
      session.end()
      services.statistics.webSockets.subtract(1, ordering: .relaxed)
    case .eventStream(let session):
      if let failure = session.failure { services.authority.note(failure) }
      session.end()
      services.statistics.eventStreams.subtract(1, ordering: .relaxed)
    }
    loop.deregister(id)
    connection(of: peer).close()
  }
}
