// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Host

@Suite struct ServerAddressTests {
  @Test(arguments: [
    ("http://127.0.0.1:8080", "127.0.0.1:8080", ""),
    ("HTTP://localhost", "localhost:80", ""),
    ("http://localhost:1/", "localhost:1", ""),
    ("http://[::1]:8080/a/b/", "[::1]:8080", "/a/b"),
    ("http://[::1]", "[::1]:80", ""),
    ("http://example.org:65535", "example.org:65535", ""),
    ("https://localhost", "localhost:443", ""), ("HTTPS://[::1]:8443/a", "[::1]:8443", "/a"),
  ])
  func `a URL names host, port and prefix`(
    _ url: String,
    _ authority: String,
    _ prefix: String
  ) throws {
    let address = try ServerAddress(url: url, from: "--server")
    #expect(address.authority == authority)
    #expect(address.prefix == prefix)
    #expect(address.isSecure == url.lowercased().hasPrefix("https"))
  }

  @Test(arguments: [
    "", "localhost:8080", "http://", "http://:80", "http://a:", "http://a:0", "http://a:65536",
    "http://a:b", "http://::1", "http://[::1", "http://[]:80", "http://u@a", "http://a/?x",
    "http://a/#x", "ftp://a", "http://a:+80", "https://", "httpss://a",
  ])
  func `anything else is used wrongly`(_ url: String) {
    let error = #expect(throws: CommandFailure.self) {
      try ServerAddress(url: url, from: "--server")
    }
    #expect(error?.status == 2)
    #expect(error?.remedy == "write it as http://127.0.0.1:8080")
  }
}
