// SPDX-License-Identifier: Apache-2.0
import Testing
import Transport

@Suite struct ReadinessTests {
  /// Pushes a message through one connection whenever the loop says there is room.
  private actor Pusher: LoopTenant {
    nonisolated let loop: EventLoop
    private var socket: Socket?
    private var buffer: OutboundBuffer
    private(set) var blockedCount = 0
    private(set) var lastEvent: ReadyEvent?
    private var hangup: CheckedContinuation<Void, Never>?
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ loop: EventLoop, _ message: [UInt8]) {
      self.loop = loop
      buffer = OutboundBuffer(limit: message.count)
      _ = buffer.append(message)
    }

    func ready(_ events: [ReadyEvent]) { events.forEach(handle) }
    func fire(_ timers: [TimerID]) {}
    func settle() {}

    func accept(from listener: Listener) throws {
      let socket = try #require(try listener.accept())
      _ = try loop.register(socket.descriptor, for: [.read, .write])
      self.socket = socket
    }

    func hungUp() async {
      if lastEvent?.isHangup == true { return }
      await withCheckedContinuation { hangup = $0 }
    }

    private func handle(_ event: ReadyEvent) {
      lastEvent = event
      if event.isHangup { hangup?.resume() }
      guard let socket, event.isWritable else { return }
      if buffer.flush(to: socket) == .blocked { blockedCount += 1 }
    }
  }

  @Test func `a partial write is followed by an event once there is room again`() async throws {
    let message = pattern(8_000_000)
    let (pusher, client) = try await connected(message)
    var received: [UInt8] = []
    while received.count < message.count {
      #expect(try client.read(into: &received) > 0)
    }
    #expect(received == message)
    #expect(await pusher.blockedCount > 0)
    pusher.loop.stop()
    pusher.loop.join()
  }

  @Test func `a connection that breaks is told of as a hangup`() async throws {
    let (pusher, client) = try await connected([1, 2, 3])
    var first: [UInt8] = []
    #expect(try client.read(into: &first, maximum: 1) == 1)
    // Two bytes are left unread, so this resets the connection.
    client.close()
    await pusher.hungUp()
    let event = try #require(await pusher.lastEvent)
    #expect(event.isHangup && event.isPeerFinished && event.isReadable)
    pusher.loop.stop()
    pusher.loop.join()
  }

  @Test func `a peer that finishes writing is told of without a hangup`() async throws {
    let loop = try EventLoop(name: "test")
    let tenant = ProbeTenant(loop)
    try loop.start(tenant: tenant)
    let pair = try Pair()
    let descriptor = pair.server.descriptor
    _ = await loop.run { try? loop.register(descriptor, for: .read) }
    pair.client.shutdownWrite()
    await tenant.reach { $0.contains { $0 != .settle } }
    let events = tenant.calls.flatMap {
      if case .ready(let events) = $0 { events } else { [ReadyEvent]() }
    }
    #expect(events.map(\.isReadable) == [true])
    #expect(events.map(\.isPeerFinished) == [true])
    #expect(events.map(\.isHangup) == [false])
    loop.stop()
    loop.join()
  }

  private func connected(_ message: [UInt8]) async throws -> (Pusher, BlockingClient) {
    let loop = try EventLoop(name: "pusher")
    let pusher = Pusher(loop, message)
    try loop.start(tenant: pusher)
    let listener = try Listener(host: "127.0.0.1", port: 0)
    let client = try BlockingClient(host: "127.0.0.1", port: listener.port)
    try await pusher.accept(from: listener)
    return (pusher, client)
  }
}
