// SPDX-License-Identifier: Apache-2.0
import Testing
import Transport

@Suite struct AddressPolicyTests {
  private static func isPublic(_ host: String) throws -> Bool {
    AddressPolicy.publicInternet.allows(try SocketAddress(host: host, port: 443))
  }

  /// The first and the last address of each special range.
  private static let special = [
    "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255",
    "127.0.0.0", "127.255.255.255", "168.63.129.16", "169.254.0.0", "169.254.255.255",
    "172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.255", "192.0.2.0", "192.0.2.255",
    "192.88.99.0", "192.88.99.255", "192.168.0.0", "192.168.255.255", "198.18.0.0",
    "198.19.255.255", "198.51.100.0", "198.51.100.255", "203.0.113.0", "203.0.113.255",
    "224.0.0.0", "239.255.255.255", "240.0.0.0", "255.255.255.255",
    "::", "::1", "::ffff", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
    "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
    "4000::", "5f00::", "64:ff9b::", "64:ff9b::ffff:ffff", "64:ff9b:1::", "64:ff9b:1:ffff::",
    "100::", "100::ffff:ffff:ffff:ffff", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fec0::", "ff00::",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
  ]

  /// The neighbours of the special ranges, and some that everybody knows.
  private static let open = [
    "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
    "128.0.0.0", "168.63.129.15", "168.63.129.17", "169.253.255.255", "169.255.0.0",
    "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.1.255", "192.0.3.0",
    "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "198.17.255.255",
    "198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0",
    "223.255.255.255", "1.1.1.1", "8.8.8.8",
    "2000::", "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::",
    "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::",
    "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::",
    "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::",
    "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:4860:4860::8888",
  ]

  @Test(arguments: special)
  func `an address that is not for everybody is refused`(host: String) throws {
    #expect(try !Self.isPublic(host))
  }

  @Test(arguments: open)
  func `an address of the public internet is allowed`(host: String) throws {
    #expect(try Self.isPublic(host))
  }

  @Test func `an IPv4 address written as IPv6 is judged as what it stands for`() throws {
    for host in Self.special + Self.open where !host.contains(":") {
      #expect(try Self.isPublic("::ffff:\(host)") == Self.isPublic(host))
    }
  }

  @Test(arguments: [
    "169.254.169.254", "100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254",
  ])
  func `no cloud's metadata service is reached`(host: String) throws {
    #expect(try !Self.isPublic(host))
  }

  @Test(arguments: [
    "64:ff9b::7f00:1", "2002:7f00:1::", "2002:a9fe:a9fe::", "::7f00:1", "2001:0:7f00:1::",
  ])
  func `no translation or tunnel leads to a special IPv4 address`(host: String) throws {
    #expect(try !Self.isPublic(host))
  }

  @Test(arguments: [
    "127.0.0.1", "127.255.255.255", "::1", "10.0.0.0", "10.255.255.255", "172.16.0.0",
    "172.31.255.255", "192.168.0.0", "192.168.255.255", "::ffff:10.1.2.3", "fc00::", "fd12::1",
    "1.1.1.1", "2001:4860:4860::8888",
  ])
  func `private networks can be allowed`(host: String) throws {
    #expect(AddressPolicy.publicOrPrivate.allows(try SocketAddress(host: host, port: 1)))
  }

  @Test(arguments: [
    "169.254.169.254", "100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254",
    "0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "fe80::1", "ff02::1", "100.64.0.1",
    "64:ff9b::a00:1", "2002:a00:1::", "192.0.2.1", "198.18.0.1", "fec0::1",
  ])
  func `what is special otherwise stays refused`(host: String) throws {
    #expect(!AddressPolicy.publicOrPrivate.allows(try SocketAddress(host: host, port: 1)))
  }

  @Test func `ports can be bounded`() throws {
    let policy = AddressPolicy.publicInternet(ports: [80, 443])
    for (port, isAllowed) in [(80, true), (443, true), (25, false), (0, false)] as [(UInt16, Bool)]
    {
      #expect(policy.allows(try SocketAddress(host: "1.1.1.1", port: port)) == isAllowed)
    }
    #expect(!policy.allows(try SocketAddress(host: "10.0.0.1", port: 443)))
  }

  @Test func `without a policy everything is allowed`() throws {
    #expect(AddressPolicy.any.allows(try SocketAddress(host: "127.0.0.1", port: 1)))
  }
}
