// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Testing
import Transport

@Suite struct HTTPClientTests {
  @Test func `a request brings the response with its fields, version and timings`() async throws {
    try await ClientBench.with { (bench: ClientBench) async throws in
      let response = try await bench.send("/hello")
      #expect(response.status == 200)
      #expect(response.text == "hello")
      #expect(response["CONTENT-LENGTH"] == "5")
      #expect(response.version == .http1_1)
      #expect(!response.isOnReusedConnection)
      let times = response.timings
      #expect(times.connect > .zero && times.tls == .zero)
      #expect(times.connect <= times.firstByte && times.firstByte <= times.total)
    }
  }

  @Test func `a connection serves one request after another`() async throws {
    try await ClientBench.with { (bench: ClientBench) async throws in
      for number in 0..<20 {
        #expect(try await bench.send("/hello").isOnReusedConnection == (number > 0))
      }
      #expect(await bench.server.acceptedCount == 1)
      let statistics = await bench.client.statistics
      #expect(statistics.answeredCount == 20 && statistics.startedCount == 20)
      #expect(statistics.reusedConnectionCount == 19 && statistics.openedConnectionCount == 1)
      #expect(statistics.activeCount == 0 && statistics.waitingCount == 0)
    }
  }

  @Test func `a connection that the server closed is not used again`() async throws {
    try await ClientBench.with { (bench: ClientBench) async throws in
      _ = try await bench.send("/last")
      await bench.server.isDeserted()
      #expect(try await !bench.send("/hello").isOnReusedConnection)
    }
  }

  @Test(arguments: [0, 1, 100_000, 4_000_000])
  func `bodies come whole, both ways`(byteCount: Int) async throws {
    try await ClientBench.with {
      $0.maximumResponseBodyBytes = 4_000_000
    } _: { (bench: ClientBench) async throws in
      let body = pattern(byteCount)
      #expect(try await bench.send("/echo", method: "POST", body: body).body == body)
      #expect(try await bench.send("/echo", method: "PUT", body: body).body == body)
      #expect(try await bench.send("/bytes/\(byteCount)").body == body)
    }
  }

  @Test func `several large bodies go both ways at once`() async throws {
    try await ClientBench.with {
      $0.maximumResponseBodyBytes = 8_000_000
    } _: { (bench: ClientBench) async throws in
      let body = pattern(1_000_000)
      try await withThrowingTaskGroup { group in
        for _ in 0..<8 {
          group.addTask { try await bench.send("/echo", method: "POST", body: body).body == body }
        }
        for try await isSame in group { #expect(isSame) }
      }
    }
  }

  @Test func `only what was asked for is sent`() async throws {
    try await ClientBench.with { (bench: ClientBench) async throws in
      let head = try await bench.send("/describe?a=b", method: "POST", body: [1, 2, 3]) {
        $0.fields = [.init("X-Key", "value; with: all"), .init("X-Empty", ""), .init("X-Key", "2")]
      }.text
      let wanted = """
        POST /describe?a=b HTTP/1.1
        Host: 127.0.0.1:\(bench.server.port)
        Accept: */*
        X-Key: value; with: all
        X-Empty:
        X-Key: 2
        Content-Length: 3
        """
      #expect(head.split(separator: "\r\n").joined(separator: "\n") == wanted)
    }
  }

  @Test(arguments: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"])
  func `every method is sent as it is`(method: String) async throws {
    try await ClientBench.with { (bench: ClientBench) async throws in
      // The server answers a HEAD as if it were a GET, so that one ends its connection.
      let head = try await bench.send(
        method == "HEAD" ? "/status/204" : "/describe",
        method: method
      )
      if method == "HEAD" { return #expect(head.status == 204) }
      #expect(head.text.hasPrefix("\(method) /describe HTTP/1.1\r\n"))
      let saysLength = head.text.contains("Content-Length: 0")
      #expect(saysLength == ["POST", "PUT", "PATCH"].contains(method))
    }
  }

  @Test(arguments: [200, 204, 301, 404, 410, 429, 500, 503])
  func `a status is a response, not a failure`(status: Int) async throws {
    try await ClientBench.with { (bench: ClientBench) async throws in
      #expect(try await bench.send("/status/\(status)").status == status)
    }
  }

  @Test func `interim responses and trailers are left out`() async throws {
    try await ClientBench.with { (bench: ClientBench) async throws in
      let response = try await bench.send("/interim")
      #expect(response.text == "final")
      #expect(response["early"] == nil)
      #expect(response.fields.filter { $0.name == "Twice" }.map(\.value) == ["1", "2"])
      let chunked = try await bench.send("/trailers")
      #expect(chunked.text == "body" && chunked["after"] == nil)
    }
  }

  @Test func `a connection that breaks and one that speaks no HTTP are told apart`() async throws {
    try await ClientBench.with { (bench: ClientBench) async throws in
      #expect(await bench.failure("/cut") == .connectionLost)
      let garbage = await bench.failure("/garbage")
      #expect(garbage == .malformedResponse)
      #expect(garbage?.blame == .server)
    }
  }

  @Test func `a port where nobody listens says the kernel's reason`() async throws {
    try await ClientBench.with { (bench: ClientBench) async throws in
      let listener = try Listener(host: "127.0.0.1", port: 0)
      listener.shutDown()
      let request = HTTPClient.Request("http://127.0.0.1:\(listener.port)/")
      let wanted = SystemError(errno: 111, operation: "connect 127.0.0.1:\(listener.port)")
      let failure = await bench.client.failure(of: request)
      #expect(failure == .connect(wanted))
      #expect(failure?.blame == .network)
    }
  }

  @Test func `a name without an address is an unknown host`() async throws {
    try await ClientBench.with { (bench: ClientBench) async throws in
      let request = HTTPClient.Request("http://nowhere.invalid/")
      #expect(await bench.client.failure(of: request) == .unknownHost)
    }
  }

  @Test func `a caller on the loop is told in place, and can cancel`() async throws {
    try await ClientBench.with { (bench: ClientBench) async throws in
      let client = bench.client
      let loop = client.loop
      let url = bench.server.url
      let result = await withCheckedContinuation { continuation in
        loop.execute {
          client.assumeIsolated { client in
            _ = try? client.start(.init("\(url)/hello")) { result in
              continuation.resume(returning: (result, loop.isCurrent))
            }
          }
        }
      }
      #expect(try result.0.get().text == "hello")
      #expect(result.1)
      let cancelled = await withCheckedContinuation { continuation in
        loop.execute {
          client.assumeIsolated { client in
            let id = try? client.start(.init("\(url)/silent")) {
              continuation.resume(returning: $0)
            }
            if let id { client.cancel(id) }
          }
        }
      }
      #expect(throws: HTTPClient.Failure.cancelled) { try cancelled.get() }
    }
  }

  @Test func `a request that is started while a turn ends does not wait for another event`()
    async throws
  {
    let server = try ScriptedServer()
    try server.loop.start(tenant: server)
    try await server.start()
    let loop = try EventLoop(name: "client")
    let client = try HTTPClient(loop: loop)
    let url = "\(server.url)/hello"
    let isStarted = Mutex(false)
    let result = await withCheckedContinuation { continuation in
      let tenant = ProbeTenant(loop) {
        if isStarted.withLock({ started in
          defer { started = true }
          return started
        }) {
          return
        }
        client.assumeIsolated { client in
          _ = try? client.start(.init(url)) { continuation.resume(returning: $0) }
        }
      }
      try? loop.start(tenant: tenant)
      loop.execute {}
    }
    #expect(try result.get().text == "hello")
    for loop in [loop, server.loop] {
      loop.stop()
      loop.join()
    }
  }

  @Test func `a thousand requests, fifty at a time, all come back right`() async throws {
    try await ClientBench.with { (bench: ClientBench) async throws in
      try await withThrowingTaskGroup { group in
        for number in 0..<1_000 {
          if number >= 50 { #expect(try await group.next() == true) }
          group.addTask {
            let body = Array("request \(number)".utf8)
            return try await bench.send("/echo", method: "POST", body: body).body == body
          }
        }
        for try await isRight in group { #expect(isRight) }
      }
      #expect(await bench.server.requestCount == 1_000)
      #expect(await bench.server.peakConnectionCount <= 8)
      let statistics = await bench.client.statistics
      #expect(statistics.answeredCount == 1_000)
      #expect(statistics.openedConnectionCount <= 8)
      #expect(statistics.peakWaitingCount <= 50)
    }
  }
}
