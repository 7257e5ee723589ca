// SPDX-License-Identifier: Apache-2.0
import Testing
import Transport

/// Each deadline is short and all others are long, so that only the one can have passed.
@Suite struct HTTPClientDeadlineTests {
  private static let long = Duration.seconds(120)
  private static let short = Duration.milliseconds(30)

  private static func deadlines(
    connect: Duration = long,
    firstByte: Duration = long,
    whole: Duration = long
  ) -> HTTPClient.Deadlines {
    HTTPClient.Deadlines(connect: connect, firstByte: firstByte, whole: whole)
  }

  /// Whether a request ends in a phase, with deadlines that grow until a slow machine gets that far.
  private static func ends(
    _ bench: ClientBench,
    _ path: String,
    in phase: HTTPClient.Phase,
    with deadlines: (Duration) -> HTTPClient.Deadlines
  ) async -> Bool {
    for milliseconds in [30, 300, 3_000, 30_000] {
      let tried = deadlines(.milliseconds(milliseconds))
      let failure = await bench.failure(path) { $0.deadlines = tried }
      guard case .timeout(let reached) = failure else { return false }
      if reached == phase { return true }
    }
    return false
  }

  @Test func `a connection that does not come to stand ends with the first deadline`() async throws
  {
    try await ClientBench.with { (bench: ClientBench) async throws in
      // The kernel accepts for it, and nobody ever answers TLS.
      let listener = try Listener(host: "127.0.0.1", port: 0)
      var request = HTTPClient.Request("https://127.0.0.1:\(listener.port)/")
      request.deadlines = Self.deadlines(connect: Self.short)
      let failure = await bench.client.failure(of: request)
      #expect(failure == .timeout(.connecting))
      #expect(failure?.blame == .network)
      #expect(await bench.client.statistics.timedOutCount == 1)
    }
  }

  @Test func `an answer that does not begin ends with the second deadline`() async throws {
    try await ClientBench.with { (bench: ClientBench) async throws in
      #expect(
        await Self.ends(bench, "/silent", in: .firstByte) { Self.deadlines(firstByte: $0) }
      )
      #expect(HTTPClient.Failure.timeout(.firstByte).blame == .server)
      // The connection is in an unknown state, so it is gone.
      await bench.server.isDeserted()
    }
  }

  @Test(arguments: [("/half", HTTPClient.Phase.body), ("/silent", .firstByte)])
  func `an answer that does not end ends with the last deadline`(
    path: String,
    phase: HTTPClient.Phase
  ) async throws {
    try await ClientBench.with { (bench: ClientBench) async throws in
      #expect(await Self.ends(bench, path, in: phase) { Self.deadlines(whole: $0) })
      await bench.server.isDeserted()
    }
  }

  @Test func `deadlines that were met do not end what follows`() async throws {
    try await ClientBench.with { (bench: ClientBench) async throws in
      // Both pass before the last one, which is the one that ends it.
      #expect(
        await Self.ends(bench, "/half", in: .body) {
          Self.deadlines(connect: $0, firstByte: $0, whole: $0 * 2)
        }
      )
    }
  }

  @Test func `waiting counts, and says that it was waiting`() async throws {
    try await ClientBench.with {
      $0.maximumConnectionsPerHost = 1
    } _: { (bench: ClientBench) async throws in
      let holder = Task { try await bench.send("/silent") }
      await bench.server.read(requests: 1)
      let deadlines = Self.deadlines(whole: Self.short)
      let failure = await bench.failure("/hello") { $0.deadlines = deadlines }
      #expect(failure == .timeout(.queued))
      #expect(failure?.blame == .machine)
      #expect(await bench.client.statistics.waitingCount == 0)
      holder.cancel()
      _ = await holder.result
    }
  }

  @Test func `no timer is left behind`() async throws {
    try await ClientBench.with { (bench: ClientBench) async throws in
      for _ in 0..<10 { _ = try await bench.send("/hello") }
      let loop = bench.client.loop
      await bench.client.close()
      #expect(await loop.run { loop.statistics.pendingTimerCount } == 0)
      #expect(await loop.run { loop.statistics.registrationCount } == 0)
    }
  }
}
