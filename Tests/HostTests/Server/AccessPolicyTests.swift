// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@testable import Host

@Suite struct AccessPolicyTests {
  private let policy = {
    var configuration = Configuration()
    configuration.allowedHosts = ["Weir.example", "other.example:8080"]
    configuration.allowedOrigins = ["https://App.example"]
    return AccessPolicy(configuration: configuration)
  }()

  private func field(
    host: String?,
    origins: [String] = [],
    target: String = "/"
  ) -> String? {
    var fields = HTTPFields()
    if let host { fields.append("Host", host) }
    for origin in origins { fields.append("Origin", origin) }
    do {
      try policy.check(HTTPRequestHead(method: "GET", target: target, fields: fields))
      return nil
    } catch {
      return error.status == 403 ? error.field : "not 403"
    }
  }

  @Test(arguments: [
    "localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8080",
    "weir.EXAMPLE:99", "other.example", "other.example:1",
  ])
  func `names of the server are its own, with any port`(host: String) {
    #expect(field(host: host) == nil)
    #expect(field(host: host, origins: ["http://\(host.lowercased())"]) == nil)
    #expect(field(host: host, origins: ["https://app.EXAMPLE"]) == nil)
  }

  @Test(arguments: [
    "", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example:8080",
    "127.0.0.2", "0.0.0.0", "[::2]", "[::1", "::1", "weir.example.", "localhost@evil.example",
  ])
  func `other names are foreign`(host: String) {
    #expect(field(host: host) == "Host")
  }

  @Test func `a request without a host is foreign`() {
    #expect(field(host: nil) == "Host")
  }

  @Test func `an absolute target's host counts, and not the field`() {
    #expect(field(host: "localhost", target: "http://evil.example/") == "Host")
    #expect(field(host: "evil.example", target: "http://localhost:1/") == nil)
  }

  @Test(arguments: [
    ["null"], [""], ["http://evil.example"], ["http://localhost"], ["http://localhost:8081"],
    ["https://localhost:8080"], ["http://127.0.0.1:8080"], ["http://localhost:8080/"],
    ["https://app.example:444"], ["http://app.example"], ["https://app.example.evil.example"],
    ["http://localhost:8080", "http://localhost:8080"], ["http://localhost:8080 http://x"],
  ])
  func `other origins are foreign`(origins: [String]) {
    #expect(field(host: "localhost:8080", origins: origins) == "Origin")
  }
}
