// SPDX-License-Identifier: Apache-2.0
import Testing
import Transport

/// Lookups whose requests were given up: their threads can't be stopped, so they are counted.
@Suite struct HTTPClientLookupTests {
  private static func url(_ bench: ClientBench, _ host: String) -> String {
    "http://\(host):\(bench.server.port)/hello"
  }

  /// Begins requests to hosts whose names are held, and gives them up.
  private static func abandon(
    _ labels: [String],
    _ lookups: HeldLookups,
    _ bench: ClientBench
  ) async {
    let before = lookups.runningCount
    let tasks = labels.map { label in
      Task { await bench.client.failure(of: .init(url(bench, lookups.name(label)))) }
    }
    await eventually { lookups.runningCount >= before + labels.count }
    for task in tasks {
      task.cancel()
      #expect(await task.value == .cancelled)
    }
  }

  @Test func `so many may go on, and requests wait until one has ended`() async throws {
    let lookups = HeldLookups()
    defer { lookups.release() }
    try await ClientBench.with {
      $0.maximumAbandonedLookupCount = 2
    } _: { (bench: ClientBench) async throws in
      await Self.abandon(["a"], lookups, bench)
      // One more may be given up, so others go on.
      #expect(try await bench.send("/hello").status == 200)
      await Self.abandon(["b"], lookups, bench)
      #expect(await bench.client.statistics.abandonedLookupCount == 2)
      #expect(lookups.runningCount == 2)
      let waiting = Task { try await bench.send("/hello").status }
      await eventually { await bench.client.statistics.waitingCount > 0 }
      lookups.release()
      #expect(try await waiting.value == 200)
      await eventually { await bench.client.statistics.abandonedLookupCount == 0 }
      // Nobody was asked on behalf of those that were given up.
      #expect(await bench.server.requestCount == 2)
      #expect(await bench.client.statistics.openedConnectionCount == 1)
    }
  }

  @Test func `one takes a place of its host, and none of others`() async throws {
    let lookups = HeldLookups()
    defer { lookups.release() }
    try await ClientBench.with {
      $0.maximumConnectionsPerHost = 1
    } _: { (bench: ClientBench) async throws in
      await Self.abandon(["a"], lookups, bench)
      let request = HTTPClient.Request(Self.url(bench, lookups.name("a")))
      let waiting = Task { try await bench.client.send(request).status }
      await eventually { await bench.client.statistics.waitingCount > 0 }
      await Self.abandon(["b"], lookups, bench)
      #expect(try await bench.send("/hello").status == 200)
      lookups.release()
      #expect(try await waiting.value == 200)
    }
  }

  @Test func `a deadline ends the request at once, and the lookup is known until its end`()
    async throws
  {
    let lookups = HeldLookups()
    defer { lookups.release() }
    try await ClientBench.with { (bench: ClientBench) async throws in
      var request = HTTPClient.Request(Self.url(bench, lookups.name("a")))
      request.method = "POST"
      request.body = Array(repeating: 1, count: 100_000)
      request.deadlines = HTTPClient.Deadlines(connect: .milliseconds(30))
      #expect(await bench.client.failure(of: request) == .timeout(.connecting))
      #expect(await bench.client.statistics.abandonedLookupCount == 1)
      lookups.release()
      await eventually { await bench.client.statistics.abandonedLookupCount == 0 }
      #expect(await bench.server.requestCount == 0)
      // Its handle is used again, and nothing of it is left.
      request.deadlines = nil
      #expect(try await bench.client.send(request).status == 200)
    }
  }

  @Test func `closing waits for none`() async throws {
    let lookups = HeldLookups()
    defer { lookups.release() }
    try await ClientBench.with { (bench: ClientBench) async throws in
      await Self.abandon(["a", "b"], lookups, bench)
      let running = Task {
        await bench.client.failure(of: .init(Self.url(bench, lookups.name("c"))))
      }
      await eventually { lookups.runningCount >= 3 }
      await bench.client.close()
      #expect(await running.value == .closed)
      #expect(await bench.client.statistics.abandonedLookupCount == 0)
      #expect(lookups.runningCount == 3)
      let loop = bench.client.loop
      #expect(await loop.run { loop.statistics.registrationCount } == 0)
      #expect(await loop.run { loop.statistics.pendingTimerCount } == 0)
    }
  }

  @Test func `a name that has no address leaves no lookup behind`() async throws {
    try await ClientBench.with { (bench: ClientBench) async throws in
      let failure = await bench.client.failure(of: .init("http://none.invalid/"))
      #expect(failure == .unknownHost)
      #expect(await bench.client.statistics.abandonedLookupCount == 0)
      #expect(try await bench.send("/hello").status == 200)
    }
  }
}

/// Waits until something is so, which others bring about; gives up after half a minute.
private func eventually(
  at location: SourceLocation = #_sourceLocation,
  _ isSo: () async -> Bool
) async {
  let end = MonotonicInstant.now.advanced(by: .seconds(30))
  while await !isSo() {
    guard MonotonicInstant.now < end else {
      Issue.record("it never came to that", sourceLocation: location)
      return
    }
    await Task.yield()
  }
}
