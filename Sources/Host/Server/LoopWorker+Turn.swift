// SPDX-License-Identifier: Apache-2.0
import Sinks
import Streams
import Transport

// The end of a turn, the passing of time, and the end of all turns.
extension LoopWorker {
  func fire(_ timers: [TimerID]) {
    let now = loop.now
    tickTimer = loop.schedule(after: drainBy == nil ? .seconds(1) : .milliseconds(50))
    if listening != nil { acceptAll() }
    for (id, peer) in peers {
      // What came while nobody looked is not cut off.
      if drainBy != nil, case .http(let http) = peer, http.deadline <= now { read(id) }
      if tick(peer, now: now) || unheard.contains(id) { touched.insert(id) }
      // Deliveries don't tell of what they leave behind.
      if !connection(of: peer).isWritten { account(id, held(by: peer)) }
    }
    if services.budget.isExhausted { endHolders() }
    for (id, deadline) in endBy where deadline <= now { drop(id) }
    sayFarewells(now: now)
    if let drainBy, drainBy <= now || peers.isEmpty {
      for id in peers.registrations { drop(id) }
      // It knows this worker, which would otherwise outlive its loop.
      shard = nil
      services.reach.remove(number)
      loop.stop()
    }
  }

  /// Ends sessions that leave much untaken, since all hold too much; requests have their deadlines.
  ///
  /// Not even as many connections as there may be exhaust the budget by what each may hold anyway.
  private func endHolders() {
    let configuration = services.configuration
    let share = configuration.maximumHeldBytes / (2 * max(1, configuration.maximumConnections))
    for (id, bytes) in heldBytes where bytes > min(LoopLimits.heldAnyway, share) {
      switch peers[id] {
      case .webSocket(let session): session.close(.tryAgainLater)
      case .eventStream(let session):
        if !session.isClosing { services.statistics.count(.memory) }
        session.shutDown(spread: LoopLimits.returnSpread)
      case .http, nil: continue
      }
      touched.insert(id)
    }
  }

  /// Does what is due for one peer; answers whether it must be looked at when the turn ends.
  private func tick(_ peer: Peer, now: MonotonicInstant) -> Bool {
    let isDue =
      switch peer {
      case .http(let http): http.tick(now: now)
      case .webSocket(let session): session.tick(now: now) || session.isClosing
      case .eventStream(let session): session.tick(now: now) || session.isClosing
      }
    return isDue || connection(of: peer).hasFailed
  }

  /// Sends what the turn has produced and closes what is done.
  ///
  /// Answers go first: a publisher need not wait until all subscribers have its event, and those wait
  /// for a few answers at most.
  func settle() {
    swap(&touched, &ending)
    for id in ending.members {
      guard let peer = peers[id] else { continue }
      if case .http = peer { finish(id, peer) } else { endingSessions.append((id, peer)) }
    }
    shard?.flush()
    ending.removeAll()
    if !endingSessions.isEmpty {
      for (id, peer) in endingSessions { finish(id, peer) }
      endingSessions.removeAll(keepingCapacity: true)
    }
    guard !unread.isEmpty else { return }
    let waiting = unread
    unread = []
    loop.execute {
      self.assumeIsolated { worker in
        for id in waiting { worker.goOn(id) }
      }
    }
  }

  private func finish(_ id: RegistrationID, _ peer: Peer) {
    let connection = connection(of: peer)
    switch peer {
    case .http(let http):
      connection.flush()
      http.shutWriteIfLingering(now: loop.now)
      if http.isDone {
        close(id, connection, atOnce: true)
        if peers[id] == nil { return }
      }
    case .webSocket(let session):
      session.pump()
      if session.isClosing { close(id, connection, atOnce: false) }
    case .eventStream(let session):
      session.pump()
      if session.isClosing { close(id, connection, atOnce: false) }
    }
    if connection.hasFailed { return drop(id) }
    account(id, held(by: peer))
    if unheard.contains(id), wantsInput(peer) {
      unheard.remove(id)
      unread.append(id)
    }
  }

  func held(by peer: Peer) -> Int {
    switch peer {
    case .http(let http): http.heldBytes
    case .webSocket(let session): session.heldBytes
    case .eventStream(let session): session.heldBytes
    }
  }

  /// Closes a connection once its last bytes are written; unless `atOnce`, the peer may close first:
  /// bytes from it that were left unread would make the kernel drop those last ones.
  func close(_ id: RegistrationID, _ connection: Connection, atOnce: Bool) {
    if connection.isWritten {
      if atOnce { return drop(id) }
      guard halfClosed.insert(id).inserted else { return }
      connection.shutdownWrite()
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

  func beginDrain(_ drain: Duration) {
    let end = loop.now.advanced(by: drain)
    if let drainBy {
      self.drainBy = min(drainBy, end)
      return
    }
    // Who has connected is served; from then on connecting is refused, so that others are asked.
    if listening != nil { acceptAll() }
    listener.shutDown()
    drainBy = end
    if let listening { loop.deregister(listening) }
    listening = nil
    // What was published before comes before the goodbye, as far as sockets take it.
    shard?.flush()
    var sessions: [RegistrationID] = []
    for (id, peer) in peers {
      guard case .http(let http) = peer else {
        sessions.append(id)
        continue
      }
      http.shutDown(now: loop.now, patience: drain * LoopLimits.idlePart)
      touched.insert(id)
    }
    farewells = Self.farewells(
      of: sessions,
      from: loop.now,
      over: drain * LoopLimits.farewellPart
    )
    sayFarewells(now: loop.now)
    if let tickTimer { loop.cancel(tickTimer) }
    tickTimer = loop.schedule(after: .milliseconds(20))
  }

  /// When sessions are told of the end: many of them one after the other, so that they don't all come
  /// back at the same moment; the next one last.
  static func farewells(
    of sessions: [RegistrationID],
    from now: MonotonicInstant,
    over time: Duration
  ) -> [(at: MonotonicInstant, id: RegistrationID)] {
    let isFew = sessions.count <= LoopLimits.farewellsAtOnce
    return sessions.map { id in
      (at: now.advanced(by: isFew ? .zero : time * Double.random(in: 0...1)), id: id)
    }
    .sorted { $0.at > $1.at }
  }

  private func sayFarewells(now: MonotonicInstant) {
    while let next = farewells.last, next.at <= now {
      farewells.removeLast()
      switch peers[next.id] {
      case .webSocket(let session): session.close(.shutdown)
      case .eventStream(let session): session.shutDown(spread: LoopLimits.returnSpread)
      case .http, nil: continue
      }
      touched.insert(next.id)
    }
  }
}
