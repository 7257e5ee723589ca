// SPDX-License-Identifier: Apache-2.0
import Codecs
import Glibc
import Transport

/// Connects subscribers and publishers, publishes, and counts, all on one event loop.
actor FanoutDriver: LoopTenant {
  enum Stage: Equatable {
    case connecting
    case warmingUp
    case settlingWarmUp
    case measuring
    case settling
    case over
  }

  /// Connections that are coming about at a time: a server's backlog is not what is measured.
  static let maximumPending = 128
  /// Bytes read at once; readers of small events need no more.
  private static let readBytes = 64 << 10

  nonisolated let loop: EventLoop
  let plan: FanoutPlan
  let server: ServerAddress
  let outgoing: OutgoingSocket
  let outcome: FanoutOutcome
  let run: String
  let tally: FanoutTally
  let timer: PreciseTimer

  var stage = Stage.connecting
  var peers: [CInt: any RunConnection] = [:]
  var subscribers: [Subscriber] = []
  var publishers: [Publisher] = []
  /// Connections that are not ready yet, by descriptor.
  var pending: Set<CInt> = []
  /// Connections of which it is not known yet whether they came about.
  var unopened: Set<CInt> = []
  /// Connections with something to send.
  var touched: Set<CInt> = []
  var disconnectedCount = 0
  var lastReady = MonotonicInstant.now
  let began = MonotonicInstant.now
  /// The stretch under way: when it began, when it ends, its first event.
  var stretchBegan = MonotonicInstant.now
  var stretchEnds = MonotonicInstant.now
  var stretchFirst = 0
  var isCut = false
  var isInterrupted = false
  var measured = FanoutMeasured()
  var input: [UInt8] = []

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// Prepares a run; nothing is connected yet.
  init(
    _ plan: FanoutPlan,
    server: ServerAddress,
    outcome: FanoutOutcome
  ) throws(SystemError) {
    self.plan = plan
    self.server = server
    self.outcome = outcome
    outgoing = try OutgoingSocket(to: server)
    timer = try PreciseTimer()
    loop = try EventLoop(name: "weir-bench")
    let letters = Array("0123456789abcdef")
    run = String((0..<8).map { _ in letters[Int.random(in: 0..<16)] })
    tally = FanoutTally(plan) { Self.isSlow($0, plan) }
  }

  /// Whether a subscriber stops reading: they stand evenly among the others.
  static func isSlow(_ index: Int, _ plan: FanoutPlan) -> Bool {
    let (count, slow) = (plan.subscriberCount, plan.slowCount)
    return slow > 0 && index * slow / count != (index + 1) * slow / count
  }

  /// Starts the loop's thread, which connects first.
  nonisolated func start() throws(SystemError) {
    try loop.start(tenant: self)
    loop.execute { self.assumeIsolated { $0.open() } }
  }

  /// Ends publishing; what is on its way is still waited for.
  ///
  /// The second time ends at once.
  nonisolated func interrupt() {
    loop.execute { self.assumeIsolated { $0.cut() } }
  }

  // MARK: LoopTenant

  func ready(_ events: [ReadyEvent]) {
    for event in events where stage != .over {
      guard let peer = peers[event.id.descriptor], peer.connection.id == event.id else { continue }
      if event.isWritable { becameWritable(peer) }
      guard event.isReadable || event.isPeerFinished, stage != .over else { continue }
      if let subscriber = peer as? Subscriber, subscriber.isPaused { continue }
      read(peer)
    }
  }

  private func becameWritable(_ peer: any RunConnection) {
    let descriptor = peer.connection.id.descriptor
    peer.connection.becameWritable()
    touched.insert(descriptor)
    guard unopened.contains(descriptor) else { return }
    if let error = outgoing.failure(of: peer.connection.socket) {
      let remedy = "start one with 'weir serve', or name another with --server"
      return fail(.failure(error.description, remedy: remedy))
    }
    unopened.remove(descriptor)
    peer.opened()
  }

  /// Reads what there is.
  func read(_ peer: any RunConnection) {
    let descriptor = peer.connection.id.descriptor
    do {
      while true {
        input.removeAll(keepingCapacity: true)
        switch peer.connection.socket.read(into: &input, maximum: Self.readBytes) {
        case .bytes(let count):
          try peer.receive(input, at: .now)
          if pending.contains(descriptor), peer.isReady { becameReady(descriptor) }
          if !peer.connection.isClear { touched.insert(descriptor) }
          if count < Self.readBytes { return }
        case .wouldBlock: return
        case .end, .failed: try peer.ended()
        }
      }
    } catch let fault {
      lose(peer, fault)
    }
  }

  func becameReady(_ descriptor: CInt) {
    pending.remove(descriptor)
    lastReady = .now
  }

  /// A connection is over: before the run that is its end, later it counts for a subscriber.
  func lose(_ peer: any RunConnection, _ fault: ConnectionFault) {
    guard peer is Subscriber, stage != .connecting, stage != .over else {
      return fail(.failure(fault.what, remedy: fault.remedy))
    }
    disconnectedCount += 1
    measured.firstDisconnection = measured.firstDisconnection ?? fault.what
    peers[peer.connection.id.descriptor] = nil
    touched.remove(peer.connection.id.descriptor)
    loop.deregister(peer.connection.id)
    peer.connection.close()
  }

  /// Ends the run without figures.
  func fail(_ failure: CommandFailure) {
    guard stage != .over else { return }
    stage = .over
    outcome.finish(.failure(failure))
    end()
  }

  /// Closes all and ends the loop.
  func end() {
    for peer in peers.values { peer.connection.close() }
    peers = [:]
    loop.stop()
  }
}
