// SPDX-License-Identifier: Apache-2.0
import Testing
import Transport

@Suite struct SocketAddressTests {
  @Test(arguments: [
    ("127.0.0.1", "127.0.0.1:80", true), ("localhost", "127.0.0.1:80", true),
    ("0.0.0.0", "0.0.0.0:80", false), ("127.9.8.7", "127.9.8.7:80", true),
    ("::1", "[::1]:80", true), ("[::1]", "[::1]:80", true), ("::", "[::]:80", false),
    ("2001:db8::17", "[2001:db8::17]:80", false), ("::ffff:10.1.2.3", "10.1.2.3:80", false),
    ("::ffff:127.0.0.1", "127.0.0.1:80", true), ("255.254.253.252", "255.254.253.252:80", false),
  ])
  func `an address is read and shown`(host: String, text: String, isLoopback: Bool) throws {
    let address = try SocketAddress(host: host, port: 80)
    #expect(address.description == text)
    #expect(address.isLoopback == isLoopback)
  }

  @Test(arguments: ["", "example.org", "1.2.3", "1.2.3.4.5", "[1.2.3.4", "::g", "127.0.0.1:80"])
  func `other text is refused`(host: String) {
    #expect(throws: SystemError.self) { try SocketAddress(host: host, port: 80) }
  }
}
