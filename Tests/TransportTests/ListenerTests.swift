// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing
import Transport

@Suite struct ListenerTests {
  @Test(arguments: ["127.0.0.1", "localhost", "::1", "[::1]"])
  func `a connection knows its peer's address`(host: String) throws {
    let listener = try Listener(host: host, port: 0)
    #expect(listener.port != 0)
    #expect(try listener.accept() == nil)
    let client = try BlockingClient(host: host, port: listener.port)
    let socket = try #require(try listener.accept())
    let peer = try #require(socket.peerAddress)
    #expect(peer.host == listener.address.host)
    #expect(peer.isLoopback)
    #expect(peer.port != listener.port)
    client.close()
  }

  @Test func `an IPv4 client of an IPv6 listener has an IPv4 address`() throws {
    let listener = try Listener(host: "::", port: 0)
    let client = try BlockingClient(host: "127.0.0.1", port: listener.port)
    #expect(try listener.accept()?.peerAddress?.host == "127.0.0.1")
    client.close()
  }

  @Test func `a port that is taken is refused by name`() throws {
    let first = try Listener(host: "127.0.0.1", port: 0)
    let error = #expect(throws: SystemError.self) {
      try Listener(host: "127.0.0.1", port: first.port)
    }
    #expect(error?.errno == EADDRINUSE)
    #expect(error?.description == "listen on 127.0.0.1:\(first.port): Address already in use")
  }

  @Test func `listeners that share a port both take connections`() throws {
    let first = try Listener(host: "127.0.0.1", port: 0, sharesPort: true)
    let second = try Listener(host: "127.0.0.1", port: first.port, sharesPort: true)
    var clients: [BlockingClient] = []
    for _ in 0..<64 { clients.append(try BlockingClient(host: "127.0.0.1", port: first.port)) }
    var accepted = [0, 0]
    while try first.accept() != nil { accepted[0] += 1 }
    while try second.accept() != nil { accepted[1] += 1 }
    #expect(accepted[0] + accepted[1] == 64)
    #expect(accepted[0] > 0 && accepted[1] > 0)
  }

  @Test func `a listener that was shut down refuses`() throws {
    let listener = try Listener(host: "127.0.0.1", port: 0)
    listener.shutDown()
    #expect(throws: SystemError.self) { try listener.accept() == nil }
    let error = #expect(throws: SystemError.self) {
      try BlockingClient(host: "127.0.0.1", port: listener.port)
    }
    #expect(error?.errno == ECONNREFUSED)
  }

  @Test func `running out of descriptors is told as such`() {
    #expect(SystemError(errno: EMFILE, operation: "accept").isDescriptorShortage)
    #expect(SystemError(errno: ENFILE, operation: "accept").isDescriptorShortage)
    #expect(!SystemError(errno: ECONNRESET, operation: "read").isDescriptorShortage)
  }
}
