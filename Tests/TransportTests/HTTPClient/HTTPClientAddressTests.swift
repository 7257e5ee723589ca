// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Testing
import Transport

@Suite struct HTTPClientAddressTests {
  @Test func `an address that is refused is never connected to`() async throws {
    try await ClientBench.with {
      $0.addresses = .publicInternet
    } _: { (bench: ClientBench) async throws in
      let failure = await bench.failure("/hello")
      let address = try SocketAddress(host: "127.0.0.1", port: bench.server.port)
      #expect(failure == .refusedAddress(address))
      #expect(failure?.blame == .caller)
      #expect(await bench.server.acceptedCount == 0)
      #expect(await bench.client.statistics.refusedAddressCount == 1)
    }
  }

  @Test(arguments: [
    "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::ffff:127.0.0.1]", "localhost",
  ])
  func `other spellings of an address are seen through`(host: String) async throws {
    try await ClientBench.with {
      $0.addresses = .publicInternet
    } _: { (bench: ClientBench) async throws in
      let request = HTTPClient.Request("http://\(host):\(bench.server.port)/hello")
      guard case .refusedAddress(let address) = await bench.client.failure(of: request) else {
        Issue.record("it must be refused")
        return
      }
      #expect(address.isLoopback)
      #expect(await bench.server.acceptedCount == 0)
    }
  }

  @Test func `the address behind a redirect is judged too`() async throws {
    let elsewhere = try ScriptedServer()
    let forbidden = elsewhere.port
    let policy = AddressPolicy { $0.port != forbidden }
    try await ClientBench.with {
      $0.addresses = policy
    } _: { (bench: ClientBench) async throws in
      let failure = await bench.failure("/to/\(elsewhere.url)/hello") {
        $0.redirects = .followed(maximum: 3)
      }
      #expect(failure == .refusedAddress(try SocketAddress(host: "127.0.0.1", port: forbidden)))
      #expect(try elsewhere.listener.accept() == nil)
    }
  }

  @Test func `an open connection is not judged again`() async throws {
    let counter = AskCounter()
    try await ClientBench.with {
      $0.addresses = counter.policy
    } _: { (bench: ClientBench) async throws in
      for _ in 0..<5 { _ = try await bench.send("/hello") }
      #expect(counter.count == 1)
    }
  }
}

private final class AskCounter: Sendable {
  private let asked = Mutex(0)
  var count: Int { asked.withLock { $0 } }
  var policy: AddressPolicy {
    AddressPolicy { _ in
      self.asked.withLock { $0 += 1 }
      return true
    }
  }
}
