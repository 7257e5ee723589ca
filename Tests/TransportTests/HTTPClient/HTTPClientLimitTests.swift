// SPDX-License-Identifier: Apache-2.0
import Testing
import Transport

@Suite struct HTTPClientLimitTests {
  @Test func `a body of the limit comes, and one of a byte more does not`() async throws {
    try await ClientBench.with {
      $0.maximumResponseBodyBytes = 1_000
    } _: { (bench: ClientBench) async throws in
      #expect(try await bench.send("/bytes/1000").body.count == 1_000)
      let failure = await bench.failure("/bytes/1001")
      #expect(failure == .responseTooLarge(.body, limitBytes: 1_000))
      #expect(failure?.blame == .server)
      let larger = try await bench.send("/bytes/1001") { $0.maximumResponseBodyBytes = 1_001 }
      #expect(larger.body.count == 1_001)
    }
  }

  @Test func `no more is read of a body that is too large, and its connection is closed`()
    async throws
  {
    try await ClientBench.with { (bench: ClientBench) async throws in
      // Much more than sockets hold: were it read to its end, the server could send it all.
      let failure = await bench.failure("/zeros/30000000") { $0.maximumResponseBodyBytes = 10 }
      #expect(failure == .responseTooLarge(.body, limitBytes: 10))
      await bench.server.isDeserted()
      #expect(try await bench.send("/hello").text == "hello")
    }
  }

  @Test func `a head that is too large is refused`() async throws {
    try await ClientBench.with {
      $0.maximumResponseHeadBytes = 4_096
    } _: { (bench: ClientBench) async throws in
      #expect(try await bench.send("/head/4000").status == 200)
      #expect(await bench.failure("/head/4096") == .responseTooLarge(.head, limitBytes: 4_096))
    }
  }

  @Test func `a request body over the limit is the caller's fault`() async throws {
    try await ClientBench.with {
      $0.maximumRequestBodyBytes = 3
    } _: { (bench: ClientBench) async throws in
      #expect(try await bench.send("/echo", method: "POST", body: [1, 2, 3]).body == [1, 2, 3])
      let failure = await bench.failure("/echo") { $0.body = [1, 2, 3, 4] }
      #expect(failure == .invalidRequest(.bodyTooLarge(limitBytes: 3)))
      #expect(failure?.blame == .caller)
    }
  }

  /// Fills the one connection and the one place in the queue, then sends one more.
  private static func overflow(
    _ policy: HTTPClient.OverflowPolicy,
    _ check: (HTTPClient.Failure?, _ waiting: Task<HTTPClient.Failure?, Never>) async -> Void
  ) async throws {
    try await ClientBench.with {
      ($0.maximumConnectionsPerHost, $0.maximumWaitingCount, $0.overflow) = (1, 1, policy)
    } _: { (bench: ClientBench) async throws in
      let holder = Task { await bench.failure("/silent") }
      await bench.server.read(requests: 1)
      let waiting = Task { await bench.failure("/silent") }
      while await bench.client.statistics.waitingCount == 0 { await Task.yield() }
      let newest = Task { await bench.failure("/silent") }
      switch policy {
      case .refuseNewest: await check(newest.value, waiting)
      case .dropOldest: await check(waiting.value, newest)
      }
      #expect(await bench.client.statistics.queueFullCount == 1)
      #expect(await bench.client.statistics.peakWaitingCount == 1)
      for task in [holder, waiting, newest] { task.cancel() }
      for task in [holder, waiting, newest] { _ = await task.value }
      #expect(await bench.client.statistics.waitingCount == 0)
      #expect(await bench.client.statistics.activeCount == 0)
    }
  }

  @Test(arguments: [HTTPClient.OverflowPolicy.refuseNewest, .dropOldest])
  func `a full queue refuses whom its policy says`(policy: HTTPClient.OverflowPolicy) async throws {
    try await Self.overflow(policy) { refused, waiting in
      #expect(refused == .queueFull)
      waiting.cancel()
      #expect(await waiting.value == .cancelled)
    }
  }

  @Test func `connections are bounded in all, over hosts`() async throws {
    try await ClientBench.with {
      $0.maximumConnectionCount = 3
    } _: { (bench: ClientBench) async throws in
      // The same server under three names.
      let hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
      let server = try ScriptedServer(host: "0.0.0.0")
      try server.loop.start(tenant: server)
      try await server.start()
      defer {
        server.loop.stop()
        server.loop.join()
      }
      await withTaskGroup { group in
        for number in 0..<60 {
          let request = HTTPClient.Request("http://\(hosts[number % 3]):\(server.port)/hello")
          group.addTask { #expect(await bench.client.failure(of: request) == nil) }
        }
      }
      #expect(await server.requestCount == 60)
      #expect(await server.peakConnectionCount <= 3)
    }
  }
}
