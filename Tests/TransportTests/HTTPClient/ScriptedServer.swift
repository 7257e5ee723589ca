// SPDX-License-Identifier: Apache-2.0
import Glibc
import Transport

/// A plain HTTP/1.1 server that does what the path says, on a loop of its own.
actor ScriptedServer: LoopTenant {
  private struct Peer {
    let connection: Connection
    var input: [UInt8] = []
    var isEnding = false
  }

  nonisolated let loop: EventLoop
  nonisolated let listener: Listener
  private var listening: RegistrationID?
  private var peers: [RegistrationID: Peer] = [:]
  private(set) var requestCount = 0
  private(set) var acceptedCount = 0
  private(set) var peakConnectionCount = 0
  private var waiters: [(isReached: (ScriptedServer) -> Bool, doorbell: () -> Void)] = []

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  nonisolated var port: UInt16 { listener.port }
  nonisolated var url: String { "http://127.0.0.1:\(port)" }
  var connectionCount: Int { peers.count }

  init(host: String = "127.0.0.1") throws {
    loop = try EventLoop(name: "scripted")
    listener = try Listener(host: host, port: 0)
  }

  func start() throws {
    listening = try loop.register(listener.descriptor, for: .read)
  }

  /// Returns once so many requests were read.
  func read(requests count: Int) async {
    await reach { $0.requestCount >= count }
  }

  /// Returns once no connection is open.
  func isDeserted() async {
    await reach { $0.peers.isEmpty }
  }

  func fire(_ timers: [TimerID]) {}
  func settle() {}

  private func reach(_ isReached: @escaping @Sendable (isolated ScriptedServer) -> Bool) async {
    if isReached(self) { return }
    await withCheckedContinuation { continuation in
      waiters.append(
        ({ server in server.assumeIsolated { isReached($0) } }, { continuation.resume() })
      )
    }
  }

  func ready(_ events: [ReadyEvent]) {
    for event in events {
      if event.id == listening { acceptAll() } else { serve(event) }
    }
    let reached = waiters.filter { $0.isReached(self) }
    waiters.removeAll { $0.isReached(self) }
    for waiter in reached { waiter.doorbell() }
  }

  private func acceptAll() {
    while let socket = try? listener.accept() {
      acceptedCount += 1
      guard let id = try? loop.register(socket.descriptor, for: [.read, .write]) else { continue }
      peers[id] = Peer(connection: Connection(id: id, socket: socket, outboundLimit: 64 << 20))
      peakConnectionCount = max(peakConnectionCount, establishedCount)
    }
  }

  /// The connections that their clients have not closed; the loop may hear of that only later.
  private var establishedCount: Int {
    peers.values.count { peer in
      var info = tcp_info()
      var size = socklen_t(MemoryLayout<tcp_info>.size)
      let descriptor = peer.connection.socket.descriptor
      let result = getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &size)
      return result == 0 && info.tcpi_state == UInt8(TCP_ESTABLISHED)
    }
  }

  private func serve(_ event: ReadyEvent) {
    guard var peer = peers[event.id] else { return }
    if event.isWritable { peer.connection.becameWritable() }
    var isOpen = !event.isHangup
    while event.isReadable, isOpen {
      let outcome = peer.connection.socket.read(into: &peer.input, maximum: 64 << 10)
      if case .bytes = outcome { continue }
      if outcome != .wouldBlock { isOpen = false }
      break
    }
    while let request = ScriptedRequest(&peer.input) {
      requestCount += 1
      isOpen = isOpen && answer(request, &peer)
    }
    peer.connection.flush()
    if peer.isEnding, peer.connection.isClear { isOpen = false }
    if isOpen { peers[event.id] = peer } else { drop(peer) }
  }

  private func answer(_ request: ScriptedRequest, _ peer: inout Peer) -> Bool {
    guard let bytes = request.answer else { return true }
    peer.isEnding = request.isLast
    return peer.connection.send(bytes)
  }

  private func drop(_ peer: Peer) {
    loop.deregister(peer.connection.id)
    peers[peer.connection.id] = nil
    peer.connection.close()
  }
}
