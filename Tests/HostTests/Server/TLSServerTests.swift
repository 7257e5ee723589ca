// SPDX-License-Identifier: Apache-2.0
import Codecs
import Foundation
import Streams
import TestCertificates
import Testing
import Transport

@testable import Host

@Suite struct TLSServerTests {
  /// Runs a server with a fresh certificate, and a client's context that trusts it.
  private func withTLSServer(
    _ configure: (inout Configuration) -> Void = { _ in },
    _ body: @escaping @Sendable (TestServer, TLSClientContext) throws -> Void
  ) async throws {
    let authority = try TestAuthority()
    let files = try authority.issue()
    let trusting = try TLSClientContext(authoritiesPath: authority.certificatePath)
    try await withServer {
      $0.tls = .init(certificatePath: files.certificatePath, keyPath: files.keyPath)
      configure(&$0)
    } _: {
      try body($0, trusting)
    }
    withExtendedLifetime(authority) {}
  }

  @Test func `requests and their answers go through TLS, large ones too`() async throws {
    try await withTLSServer { server, trusting in
      #expect(server.server.url == "https://127.0.0.1:\(server.server.port)")
      let client = try TestClient(port: server.server.port, tls: trusting)
      let large = "\"\(String(repeating: "x", count: 900_000))\""
      let json = ["Content-Type": "application/json"]
      for _ in 0..<3 {
        let answer = try client.answer("POST", "/v1/topics/a/events", json, large)
        #expect(answer.status == 200)
      }
      // The connection is kept; a page is many records.
      let page = try client.answer("GET", "/v1/topics/a/events?after=0")
      #expect(page.status == 200 && page.body.count > 900_000)
    }
  }

  @Test func `the server's own origin is https, and http is another`() async throws {
    try await withTLSServer { server, trusting in
      let port = server.server.port
      let client = try TestClient(port: port, tls: trusting)
      let own = try client.answer("GET", "/v1/topics", ["Origin": "https://127.0.0.1:\(port)"])
      #expect(own.status == 200)
      let foreign = try client.answer("GET", "/v1/topics", ["Origin": "http://127.0.0.1:\(port)"])
      #expect(foreign.status == 403)
      #expect(own.fields["Strict-Transport-Security"] == nil)
    }
  }

  @Test func `what was encrypted for readers that take nothing is known, and forgotten with them`()
    async throws
  {
    try await withTLSServer({ $0.loops = 1 }) { server, trusting in
      let connect = { try TestClient(port: server.server.port, tls: trusting) }
      let (witness, reader) = (try connect(), try connect())
      try reader.request("GET", "/v1/events?topic=a")
      #expect(try reader.head().status == 200)
      let large = "\"\(String(repeating: "x", count: 200_000))\""
      let json = ["Content-Type": "application/json"]
      try eventually {
        #expect(try witness.answer("POST", "/v1/topics/a/events", json, large).status == 200)
        return try witness.heldByServer() > 0
      }
      reader.close()
      try eventually { try witness.heldByServer() == 0 }
    }
  }

  @Test func `all loops go on with each other's sessions, and metrics count`() async throws {
    try await withTLSServer({ $0.loops = 4 }) { server, trusting in
      var ticket: TLSTicket?
      for count in 0..<12 {
        let client = try TestClient(port: server.server.port, tls: trusting, resuming: ticket)
        #expect(try client.answer("GET", "/healthz").status == 200)
        #expect(client.client.tls?.isResumed == (count > 0))
        ticket = client.client.tls?.ticket
        client.close()
      }
      let plain = try server.connect()
      try plain.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
      // An alert, no answer.
      #expect(try plain.readToEnd().first == 21)
      let client = try TestClient(port: server.server.port, tls: trusting)
      let metrics = try client.answer("GET", "/metrics").text
      #expect(metrics.contains("weir_tls_handshakes_total{kind=\"resumed\"} 11\n"))
      #expect(metrics.contains("weir_tls_handshakes_total{kind=\"full\"} 2\n"))
      #expect(metrics.contains("weir_tls_failures_total{reason=\"not_tls\"} 1\n"))
    }
  }

  @Test func `a server without TLS counts none`() async throws {
    try await withServer { server in
      let metrics = try server.answer("GET", "/metrics").text
      #expect(!metrics.contains("tls"))
    }
  }

  @Test func `one connection too many is closed`() async throws {
    try await withTLSServer({ $0.maximumConnections = 1 }) { server, trusting in
      let first = try TestClient(port: server.server.port, tls: trusting)
      #expect(try first.answer("GET", "/healthz").status == 200)
      #expect(throws: SystemError.self) {
        try TestClient(port: server.server.port, tls: trusting)
      }
      #expect(try first.answer("GET", "/healthz").status == 200)
    }
  }

  @Test func `files that can't be used make no server, and are named`() throws {
    var configuration = Configuration()
    configuration.port = 0
    configuration.tls = .init(certificatePath: "/nowhere/a.pem", keyPath: "/nowhere/a.key")
    let engine = try Engine(
      topics: TopicDirectory(rules: configuration.topicRules()),
      pipelines: []
    )
    #expect {
      try Server(configuration: configuration, engine: engine) { _ in }
    } throws: {
      "\($0)".contains("/nowhere/a.pem")
    }
  }
}
