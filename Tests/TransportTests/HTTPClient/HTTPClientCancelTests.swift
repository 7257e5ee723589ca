// SPDX-License-Identifier: Apache-2.0
import Testing
import Transport

@Suite struct HTTPClientCancelTests {
  @Test(arguments: ["/silent", "/half"])
  func `a cancelled request ends at once, and its connection with it`(path: String) async throws {
    try await ClientBench.with { (bench: ClientBench) async throws in
      let task = Task { await bench.failure(path) }
      await bench.server.read(requests: 1)
      task.cancel()
      #expect(await task.value == .cancelled)
      await bench.server.isDeserted()
      #expect(await bench.client.statistics.cancelledCount == 1)
      #expect(try descriptorCount(ofPort: bench.server.port) == 1)
    }
  }

  @Test func `a request of a task that was cancelled before is not sent`() async throws {
    try await ClientBench.with { (bench: ClientBench) async throws in
      let task = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return await bench.failure("/hello")
      }
      #expect(await task.value == .cancelled)
      #expect(await bench.server.requestCount == 0)
    }
  }

  @Test func `a waiting request that is cancelled leaves the queue`() async throws {
    try await ClientBench.with {
      $0.maximumConnectionsPerHost = 1
    } _: { (bench: ClientBench) async throws in
      let holder = Task { await bench.failure("/silent") }
      await bench.server.read(requests: 1)
      let waiting = Task { await bench.failure("/hello") }
      while await bench.client.statistics.waitingCount == 0 { await Task.yield() }
      waiting.cancel()
      #expect(await waiting.value == .cancelled)
      #expect(await bench.client.statistics.waitingCount == 0)
      holder.cancel()
      #expect(await holder.value == .cancelled)
      // The place is free again.
      #expect(try await bench.send("/hello").status == 200)
      #expect(await bench.server.requestCount == 2)
    }
  }

  @Test(arguments: 0..<4 as Range<UInt64>)
  func `cancelling at random moments leaves nothing behind`(seed: UInt64) async throws {
    try await ClientBench.with { (bench: ClientBench) async throws in
      let paths = ["/hello", "/bytes/200000", "/half", "/silent", "/redirect/3", "/cut"]
      await withTaskGroup { group in
        for number in 0..<200 {
          let mixed = (seed &* 1_000 &+ UInt64(number)) &* 0x9E37_79B9_7F4A_7C15
          let path = paths[Int(mixed >> 33) % paths.count]
          let steps = path == "/half" || path == "/silent" ? mixed >> 52 : (mixed >> 50) % 512
          group.addTask {
            let request = Task {
              await bench.failure(path) { $0.redirects = .followed(maximum: 5) }
            }
            for _ in 0..<steps { await Task.yield() }
            request.cancel()
            _ = await request.value
          }
        }
      }
      let statistics = await bench.client.statistics
      #expect(statistics.activeCount == 0 && statistics.waitingCount == 0)
      // What is left are connections that can serve again, and closing ends them.
      #expect(try await bench.send("/hello").text == "hello")
      await bench.client.close()
      await bench.server.isDeserted()
      #expect(try descriptorCount(ofPort: bench.server.port) == 1)
      let loop = bench.client.loop
      #expect(await loop.run { loop.statistics.registrationCount } == 0)
      #expect(await loop.run { loop.statistics.pendingTimerCount } == 0)
    }
  }

  @Test func `closing ends what is under way and what waits, and refuses what comes`() async throws
  {
    try await ClientBench.with {
      $0.maximumConnectionsPerHost = 1
    } _: { (bench: ClientBench) async throws in
      let tasks = (0..<3).map { _ in Task { await bench.failure("/silent") } }
      await bench.server.read(requests: 1)
      while await bench.client.statistics.waitingCount < 2 { await Task.yield() }
      await bench.client.close()
      for task in tasks { #expect(await task.value == .closed) }
      #expect(await bench.failure("/hello") == .closed)
      await bench.client.close()
      await bench.server.isDeserted()
    }
  }

  @Test func `the end of the loop ends requests, and none hangs after it`() async throws {
    try await ClientBench.with { (bench: ClientBench) async throws in
      let task = Task { await bench.failure("/silent") }
      await bench.server.read(requests: 1)
      bench.client.loop.stop()
      #expect(await task.value == .closed)
      bench.client.loop.join()
      #expect(await bench.failure("/hello") == .closed)
      let other = try HTTPClient(loop: bench.client.loop)
      #expect(await other.failure(of: .init("\(bench.server.url)/hello")) == .closed)
    }
  }

  @Test func `a client that is closed is let go of`() async throws {
    weak var client: HTTPClient?
    try await ClientBench.with { (bench: ClientBench) async throws in
      _ = try await bench.send("/hello")
      client = bench.client
    }
    #expect(client == nil)
  }
}
