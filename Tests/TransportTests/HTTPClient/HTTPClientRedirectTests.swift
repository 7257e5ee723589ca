// SPDX-License-Identifier: Apache-2.0
import Testing
import Transport

@Suite struct HTTPClientRedirectTests {
  @Test func `a redirect is the response unless following was asked for`() async throws {
    try await ClientBench.with { (bench: ClientBench) async throws in
      let response = try await bench.send("/redirect/1")
      #expect(response.status == 302)
      #expect(response["location"] == "/redirect/0")
      #expect(await bench.server.requestCount == 1)
    }
  }

  @Test func `redirects are followed as far as was asked, and the last is the response`()
    async throws
  {
    try await ClientBench.with { (bench: ClientBench) async throws in
      let response = try await bench.send("/redirect/3") { $0.redirects = .followed(maximum: 3) }
      #expect(response.status == 200)
      #expect(response.text == "GET arrived")
      #expect(response["location"] == nil)
      let failure = await bench.failure("/redirect/4") { $0.redirects = .followed(maximum: 3) }
      #expect(failure == .tooManyRedirects(limit: 3))
      let none = await bench.failure("/redirect/1") { $0.redirects = .followed(maximum: 0) }
      #expect(none == .tooManyRedirects(limit: 0))
    }
  }

  @Test func `a POST becomes a GET, as in browsers, and other methods are not followed`()
    async throws
  {
    try await ClientBench.with { (bench: ClientBench) async throws in
      let posted = try await bench.send("/redirect/1", method: "POST", body: [1]) {
        $0.redirects = .followed(maximum: 1)
      }
      #expect(posted.text == "GET arrived")
      let deleted = try await bench.send("/redirect/1", method: "DELETE") {
        $0.redirects = .followed(maximum: 1)
      }
      #expect(deleted.status == 302)
    }
  }

  @Test(arguments: ["file:///etc/hostname", "ftp://127.0.0.1/", "gopher://127.0.0.1/"])
  func `a redirect to another scheme is not followed`(url: String) async throws {
    try await ClientBench.with { (bench: ClientBench) async throws in
      let failure = await bench.failure("/to/\(url)") { $0.redirects = .followed(maximum: 1) }
      #expect(failure == .forbiddenRedirect)
    }
  }

  @Test func `credentials stay with their host`() async throws {
    let other = try ScriptedServer()
    try other.loop.start(tenant: other)
    try await other.start()
    defer {
      other.loop.stop()
      other.loop.join()
    }
    try await ClientBench.with { (bench: ClientBench) async throws in
      let url = "http://localhost:\(other.port)/describe"
      let head = try await bench.send("/to/\(url)") {
        $0.redirects = .followed(maximum: 1)
        $0.fields = [.init("Authorization", "Bearer secret"), .init("Cookie", "a=secret")]
      }.text
      #expect(head.hasPrefix("GET /describe "))
      #expect(!head.contains("secret"))
    }
  }
}
