// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams
import Synchronization
import Transport

/// Everything that lives on one event loop: its connections, sessions and fan-out shard.
actor LoopWorker: LoopTenant {
  enum Peer {
    case http(HTTPConnection)
    case webSocket(WebSocketSession)
    case eventStream(EventStreamSession)
  }

  nonisolated let loop: EventLoop
  let number: Int
  let listener: Listener
  let services: ServerServices
  var listening: RegistrationID?
  var peers = RegistrationTable<Peer>()
  var shard: FanOutShard?
  var input: [UInt8] = []
  let knownTargets = KnownTargets()
  /// What the TLS connections of this loop share; made with the first.
  lazy var tlsWorkspace = TLSWorkspace()
  var tickTimer: TimerID?
  /// Connections whose input was left unread to give others their turn.
  var unread: [RegistrationID] = []
  /// Connections whose input was left unread because their output has no room.
  var unheard: Set<RegistrationID> = []
  /// Connections that nothing more is written to, though the peer may still send.
  var halfClosed: Set<RegistrationID> = []
  /// Connections whose output or end must be looked at when the turn ends.
  var touched = RegistrationList()
  /// The same while they are looked at, and the sessions among them: kept for their memory.
  var ending = RegistrationList()
  var endingSessions: [(id: RegistrationID, peer: Peer)] = []
  /// When a connection that ends is closed even if its last bytes were not taken.
  var endBy: [RegistrationID: MonotonicInstant] = [:]
  var drainBy: MonotonicInstant?
  /// While the loop ends: who is told when, the next one last.
  var farewells: [(at: MonotonicInstant, id: RegistrationID)] = []
  /// Bytes held for peers that hold any, as the budget knows them.
  var heldBytes: [RegistrationID: Int] = [:]

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

  func open() {
    let loop = loop
    let worker = self
    let post: FanOutShard.Post = { body in
      loop.execute {
        worker.assumeIsolated { worker in
          if let shard = worker.shard { body(shard) }
        }
      }
    }
    let shard = FanOutShard(loop: number, frames: services.frames, post: post)
    shard.whenHeardAgain = { id in worker.assumeIsolated { $0.touched.insert(id) } }
    self.shard = shard
    services.reach.add(number, post)
    do {
      listening = try loop.register(listener.descriptor, for: .read)
    } catch {
      services.log("loop \(number) can't accept connections: \(error)")
    }
    tickTimer = loop.schedule(after: .seconds(1))
  }

  // MARK: LoopTenant

  func ready(_ events: [ReadyEvent]) {
    for event in events {
      if event.id == listening {
        acceptAll()
        continue
      }
      guard let peer = peers[event.id] else { continue }
      if event.isWritable { connection(of: peer).becameWritable() }
      if event.isHangup {
        drop(event.id)
      } else if event.isReadable || event.isPeerFinished {
        if event.isPeerFinished, case .http(let http) = peer {
          http.peerFinished(now: loop.now)
          touched.insert(event.id)
        }
        read(event.id, isOpen: !event.isPeerFinished)
      } else {
        touched.insert(event.id)
      }
    }
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
}

/// Sizes that a loop works with.
enum LoopLimits {
  /// Bytes read from a socket at once.
  static let readBytes = 64 << 10
  /// Reads from one socket per turn, before others have theirs.
  static let readsPerTurn = 4
  /// How long a peer has to take the last bytes of a connection that ends.
  static let lastBytes: Duration = .seconds(5)
  /// Over how long the readers of event streams come back after a shutdown.
  static let returnSpread: Duration = .seconds(5)
  /// How long a peer has to close a connection on which everything was said.
  static let peerClose: Duration = .seconds(2)
  /// Sessions of a loop that are told of a shutdown at once; more are told one after the other.
  static let farewellsAtOnce = 100
  /// The part of a shutdown over which they are told.
  static let farewellPart = 0.8
  /// The part of a shutdown for which the next request of a kept connection is waited for.
  static let idlePart = 0.5
  /// Bytes that a peer may hold for the length of a turn before the budget knows, and a session of an
  /// unfinished message and untaken replies even when all hold too many.
  static let heldAnyway = 4 << 10
}
