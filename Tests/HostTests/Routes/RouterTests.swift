// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing
import Web

@testable import Host

@Suite struct RouterTests {
  @Test func `what is not there, or not possible there, says so`() async throws {
    try await withServer { server in
      for path in ["/nothing", "/v1/nothing", "/v1/topics/a/b/c", "/ws/x", "/healthz/"] {
        #expect(try server.answer("GET", path).status == 404, "\(path)")
      }
      #expect(try server.answer("POST", "/nothing", [:], "1").status == 404)
      let allowed = [
        ("/healthz", "GET, HEAD"), ("/metrics", "GET, HEAD"), ("/v1/topics", "GET, HEAD"),
        ("/v1/topics/a/events", "GET, HEAD, POST"), ("/v1/events?topic=a", "GET, HEAD"),
        ("/", "GET, HEAD"),
      ]
      for (path, methods) in allowed {
        let answer = try server.answer("DELETE", path)
        #expect(answer.status == 405, "\(path)")
        #expect(answer.fields["Allow"] == methods)
      }
      #expect(try server.answer("GET", "/v1/topics/a/end").fields["Allow"] == "POST")
      for path in ["/healthz", "/readyz"] { #expect(try server.answer("GET", path).text == "ok\n") }
    }
  }

  @Test func `foreign hosts and origins get nothing at all`() async throws {
    try await withServer { server in
      for path in ["/", "/metrics", "/v1/topics", "/v1/events?topic=a", "/ws", "/nothing"] {
        let rebound = try server.answer("GET", path, ["Host": "evil.example"])
        #expect(rebound.status == 403)
        #expect(try rebound.member("field") == "Host")
        let foreign = try server.answer("GET", path, ["Origin": "http://evil.example"])
        #expect(foreign.status == 403)
        #expect(try foreign.member("field") == "Origin")
      }
      #expect(
        try server.answer("POST", "/v1/topics/a/events", ["Origin": "null"], "1").status == 403
      )
      #expect(server.topics.all.isEmpty)
    }
  }

  @Test func `a listed origin may read and send, and is told so`() async throws {
    try await withServer { configuration in
      configuration.allowedOrigins = ["https://app.example"]
    } _: { server in
      let origin = ["Origin": "https://app.example"]
      let answer = try server.answer("GET", "/v1/topics", origin)
      #expect(answer.fields["Access-Control-Allow-Origin"] == "https://app.example")
      #expect(answer.fields["Vary"] == "Origin")
      #expect(try server.answer("GET", "/v1/topics").fields["Access-Control-Allow-Origin"] == nil)
      let asked = origin.merging([
        "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "ce-type",
      ]) { $1 }
      let preflight = try server.answer("OPTIONS", "/v1/topics/a/events", asked)
      #expect(preflight.status == 204)
      #expect(preflight.fields["Access-Control-Allow-Methods"] == "POST")
      #expect(preflight.fields["Access-Control-Allow-Headers"] == "ce-type")
      #expect(try server.answer("OPTIONS", "/v1/topics/a/events").status == 405)
      let all = try server.answer("OPTIONS", "*")
      #expect(all.status == 204)
      #expect(all.fields["Allow"] == "GET, HEAD, POST, PUT, DELETE, OPTIONS")
      let client = try server.connect()
      try client.request("GET", "/v1/events?topic=a", origin)
      #expect(try client.head().fields["Access-Control-Allow-Origin"] == "https://app.example")
    }
  }

  @Test func `the dashboard's files come with a tag, a policy and their type`() async throws {
    try await withServer { server in
      for asset in WebAssets.all {
        let answer = try server.answer("GET", asset.path)
        #expect(answer.status == 200)
        #expect(answer.body == asset.bytes)
        #expect(answer.fields["Content-Type"] == asset.contentType)
        #expect(answer.fields["X-Content-Type-Options"] == "nosniff")
        let policy = try #require(answer.fields["Content-Security-Policy"])
        #expect(policy.contains("default-src 'self'") && !policy.contains("unsafe"))
        let tag = try #require(answer.fields["ETag"])
        for known in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
          let again = try server.answer("GET", asset.path, ["If-None-Match": known])
          #expect(again.status == 304)
          #expect(again.body.isEmpty)
        }
        #expect(try server.answer("GET", asset.path, ["If-None-Match": "\"x\""]).status == 200)
      }
    }
  }

  @Test func `requests over the most connections are refused`() async throws {
    try await withServer {
      $0.maximumConnections = 2
    } _: { server in
      let held = try (1...2).map { _ in try server.connect() }
      for client in held { #expect(try client.answer("GET", "/healthz").status == 200) }
      let refused = try server.connect()
      refused.expectAnswer(to: "GET")
      let answer = try refused.answer()
      #expect(answer.status == 503)
      #expect(answer.fields["Retry-After"] == "1")
      for client in held { client.close() }
    }
  }
}
