// SPDX-License-Identifier: Apache-2.0
import Testing
import Transport

@Suite struct HTTPDestinationTests {
  /// An address of each special range in the usual spelling, and some in odd ones.
  private static let special = [
    "10.1.2.3", "172.16.0.1", "192.168.1.1", "0.0.0.0", "127.0.0.1", "169.254.169.254",
    "255.255.255.255", "224.0.0.1", "192.0.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1",
    "100.64.0.1", "192.88.99.1", "198.18.0.1", "240.0.0.1", "[::]", "[::1]", "[::ffff:127.0.0.1]",
    "[::ffff:0.0.0.1]", "[::ffff:7f00:1]", "[2001:db8::1]", "[3fff::1]", "[fe80::1]",
    "[fe80::1%25lo]", "[fc00::1]", "[100::1]", "[2002::1]", "[64:ff9b::1]", "[64:ff9b:1::1]",
    "[5f00::1]", "[0:0:0:0:0:0:0:1]",
    "127.1", "127.0.1", "0x7f000001", "0x7F.1", "2130706433", "017700000001", "0177.0.0.1",
    "0", "127.0.0.1.", "%31%32%37.0.0.1", "localhost", "LOCALHOST", "localhost.", "a.localhost",
  ]

  @Test(arguments: special)
  func `an address that is not for everybody is seen in any spelling`(host: String) throws {
    for url in ["http://\(host)/", "https://\(host):8443/x?y", "HTTP://\(host)"] {
      let destination: HTTPDestination
      do { destination = try HTTPDestination(url) } catch { continue }
      #expect(destination.address != nil, "\(url) is taken for a name")
      #expect(!destination.isAllowed(by: .publicInternet), "\(url)")
    }
  }

  @Test(arguments: [
    ("1.1.1.1", "1.1.1.1"), ("8.8.8.8", "8.8.8.8"), ("[::ffff:8.8.8.8]", "8.8.8.8"),
    ("[2001:4860:4860::8888]", "2001:4860:4860::8888"), ("0x08080808", "8.8.8.8"),
  ])
  func `an address of the public internet is allowed`(host: String, address: String) throws {
    let destination = try HTTPDestination("https://\(host)/hook")
    #expect(destination.address?.host == address)
    #expect(destination.isAllowed(by: .publicInternet))
  }

  @Test func `a name is judged when it is connected to`() throws {
    let destination = try HTTPDestination("https://Hooks.Example.COM./a?b=c")
    #expect(destination.host == "hooks.example.com" && destination.address == nil)
    #expect(destination.isHTTPS && destination.isAllowed(by: .publicInternet))
  }

  @Test func `private networks are for those who may`() throws {
    for host in ["127.0.0.1", "localhost", "10.0.0.1", "[::1]", "127.1"] {
      #expect(try HTTPDestination("http://\(host)/").isAllowed(by: .publicOrPrivate))
    }
    for host in ["169.254.169.254", "0.0.0.0", "[fe80::1]", "[fd00:ec2::254]"] {
      #expect(try !HTTPDestination("http://\(host)/").isAllowed(by: .publicOrPrivate))
    }
  }

  @Test(arguments: [
    ("http://user@example.com/", HTTPClient.RequestFault.userInURL),
    ("http://user:secret@example.com/", .userInURL), ("http://:x@example.com/", .userInURL),
    ("ftp://example.com/", .unsupportedScheme), ("file:///etc/passwd", .unsupportedScheme),
    ("gopher://example.com/", .unsupportedScheme), ("example.com", .malformedURL),
    ("http://", .malformedURL), ("http://a b/", .malformedURL),
    ("http://[::1/", .malformedURL), ("http://exämple.com/", .malformedURL),
    ("http://example.com:99999/", .malformedURL), ("", .malformedURL),
  ])
  func `what no client would send to is refused`(url: String, fault: HTTPClient.RequestFault) {
    #expect(throws: fault) { try HTTPDestination(url) }
  }
}
