// SPDX-License-Identifier: Apache-2.0
import Transport

/// Sends back what each connection sends, on one loop, the way a real tenant works.
actor EchoServer: LoopTenant {
  private struct Connection {
    let socket: Socket
    var outbound = OutboundBuffer(limit: 1 << 20)
  }

  nonisolated let loop: EventLoop
  nonisolated let listener: Listener
  private(set) var acceptedCount = 0
  private(set) var closedCount = 0
  private var listening: RegistrationID?
  private var connections: [RegistrationID: Connection] = [:]
  private var scratch: [UInt8] = []
  private var closedWaiter: (count: Int, continuation: CheckedContinuation<Void, Never>)?

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init() throws {
    loop = try EventLoop(name: "echo")
    listener = try Listener(host: "127.0.0.1", port: 0)
  }

  func fire(_ timers: [TimerID]) {}
  func settle() {}

  func listen() throws {
    listening = try loop.register(listener.descriptor, for: .read)
  }

  /// Returns once so many connections were closed, counted from the beginning.
  func closed(_ count: Int) async {
    if closedCount >= count { return }
    await withCheckedContinuation { closedWaiter = (count, $0) }
  }

  var statistics: LoopStatistics { loop.statistics }

  func ready(_ events: [ReadyEvent]) {
    for event in events {
      if event.id == listening { acceptAll() } else { serve(event) }
    }
  }

  private func acceptAll() {
    while let socket = try? listener.accept() {
      acceptedCount += 1
      guard let id = try? loop.register(socket.descriptor, for: [.read, .write]) else { continue }
      connections[id] = Connection(socket: socket)
    }
  }

  private func serve(_ event: ReadyEvent) {
    guard var connection = connections[event.id] else { return }
    connections[event.id] = nil
    var isOpen = true
    while event.isReadable, isOpen {
      scratch.removeAll(keepingCapacity: true)
      switch connection.socket.read(into: &scratch, maximum: 4096) {
      case .bytes: isOpen = connection.outbound.append(scratch)
      case .end, .failed: isOpen = false
      case .wouldBlock:
        break
      }
      if scratch.isEmpty { break }
    }
    if case .failed = connection.outbound.flush(to: connection.socket) { isOpen = false }
    if isOpen { connections[event.id] = connection } else { drop(event.id, connection) }
  }

  private func drop(_ id: RegistrationID, _ connection: Connection) {
    loop.deregister(id)
    connection.socket.close()
    closedCount += 1
    if let waiter = closedWaiter, closedCount >= waiter.count {
      closedWaiter = nil
      waiter.continuation.resume()
    }
  }
}
