// SPDX-License-Identifier: Apache-2.0
import Testing
import Transport

/// Against nginx: TLS, and HTTP/2.
@Suite(.serialized) struct HTTPClientTLSTests {
  /// Runs a body with an nginx in front of the scripted server, and a client that trusts it.
  private static func with(
    _ configure: (inout HTTPClient.Configuration) -> Void,
    _ body: (NginxServer, HTTPClient, ScriptedServer) async throws -> Void
  ) async throws {
    let upstream = try ScriptedServer()
    try upstream.loop.start(tenant: upstream)
    try await upstream.start()
    defer {
      upstream.loop.stop()
      upstream.loop.join()
    }
    try await NginxServer.with(upstream: upstream.port) { nginx in
      var configuration = HTTPClient.Configuration.patient
      configuration.certificateAuthoritiesFile = nginx.authority
      configuration.maximumResponseBodyBytes = 4 << 20
      configure(&configuration)
      let loop = try EventLoop(name: "client")
      let client = try HTTPClient(loop: loop, configuration: configuration)
      try loop.start()
      defer {
        loop.stop()
        loop.join()
      }
      try await body(nginx, client, upstream)
      await client.close()
    }
  }

  @Test func `HTTP 2 is spoken where the server offers it, else HTTP 1`() async throws {
    try await Self.with({ _ in }) { nginx, client, _ in
      let second = try await client.send(.init("https://localhost:\(nginx.port2)/hello"))
      #expect(second.version == .http2)
      #expect(second.text == "hello")
      #expect(second.timings.tls > .zero)
      let first = try await client.send(.init("https://localhost:\(nginx.port1)/hello"))
      #expect(first.version == .http1_1)
      #expect(first.text == "hello")
    }
  }

  @Test func `many requests share one connection of HTTP 2`() async throws {
    try await Self.with({ _ in }) { nginx, client, _ in
      let url = "https://localhost:\(nginx.port2)/echo"
      try await withThrowingTaskGroup { group in
        for number in 0..<500 {
          if number >= 50 { #expect(try await group.next() == true) }
          group.addTask {
            let body = Array("request \(number)".utf8)
            let response = try await client.send(.init(url, method: "POST", body: body))
            return response.body == body && response.version == .http2
          }
        }
        for try await isRight in group { #expect(isRight) }
      }
      let statistics = await client.statistics
      #expect(statistics.openedConnectionCount == 1)
      #expect(statistics.answeredCount == 500)
    }
  }

  @Test(arguments: [true, false])
  func `large bodies go both ways over TLS`(isHTTP2: Bool) async throws {
    try await Self.with({ _ in }) { nginx, client, _ in
      let body = pattern(3_000_000)
      let url = "https://localhost:\(isHTTP2 ? nginx.port2 : nginx.port1)/echo"
      try await withThrowingTaskGroup { group in
        for _ in 0..<4 {
          group.addTask {
            try await client.send(.init(url, method: "PUT", body: body)).body == body
          }
        }
        for try await isSame in group { #expect(isSame) }
      }
    }
  }

  @Test func `a stream that is cancelled or too large leaves its connection to others`()
    async throws
  {
    try await Self.with({ _ in }) { nginx, client, upstream in
      let base = "https://localhost:\(nginx.port2)"
      _ = try await client.send(.init("\(base)/hello"))
      let silent = Task { await client.failure(of: .init("\(base)/silent")) }
      await upstream.read(requests: 2)
      silent.cancel()
      #expect(await silent.value == .cancelled)
      var large = HTTPClient.Request("\(base)/zeros/1000000")
      large.maximumResponseBodyBytes = 10
      #expect(await client.failure(of: large) == .responseTooLarge(.body, limitBytes: 10))
      let after = try await client.send(.init("\(base)/hello"))
      #expect(after.text == "hello")
      #expect(after.isOnReusedConnection)
    }
  }

  @Test func `a certificate for another name is refused`() async throws {
    try await Self.with({ _ in }) { nginx, client, upstream in
      let failure = await client.failure(of: .init("https://127.0.0.1:\(nginx.port2)/hello"))
      guard case .tls(.wrongName, _) = failure else {
        Issue.record("it was \(String(describing: failure))")
        return
      }
      #expect(failure?.blame == .server)
      #expect(await upstream.requestCount == 0)
    }
  }

  @Test func `a certificate of nobody who is trusted is refused`() async throws {
    try await Self.with {
      $0.certificateAuthoritiesFile = nil
    } _: { nginx, client, upstream in
      let failure = await client.failure(of: .init("https://localhost:\(nginx.port2)/hello"))
      guard case .tls(.untrustedCertificate, _) = failure else {
        Issue.record("it was \(String(describing: failure))")
        return
      }
      #expect(await upstream.requestCount == 0)
    }
  }

  @Test func `a file of certificates that is not there is this machine's fault`() async throws {
    try await Self.with {
      $0.certificateAuthoritiesFile = "/nowhere.pem"
    } _: { nginx, client, _ in
      let failure = await client.failure(of: .init("https://localhost:\(nginx.port2)/hello"))
      guard case .tls(.certificateAuthoritiesFile, _) = failure else {
        Issue.record("it was \(String(describing: failure))")
        return
      }
      #expect(failure?.blame == .machine)
    }
  }

  @Test func `a server that speaks no TLS fails the handshake`() async throws {
    try await Self.with({ _ in }) { nginx, client, _ in
      // TLS to a port of plain HTTP that answers what it can't read with 400.
      let failure = await client.failure(of: .init("https://localhost:\(nginx.plainPort)/"))
      guard case .tls(.handshake, _) = failure else {
        Issue.record("it was \(String(describing: failure))")
        return
      }
    }
  }

  @Test func `from HTTPS no redirect leads to HTTP`() async throws {
    try await Self.with({ _ in }) { nginx, client, upstream in
      var request = HTTPClient.Request("https://localhost:\(nginx.port2)/to/\(upstream.url)/hello")
      request.redirects = .followed(maximum: 2)
      #expect(await client.failure(of: request) == .forbiddenRedirect)
    }
  }
}
