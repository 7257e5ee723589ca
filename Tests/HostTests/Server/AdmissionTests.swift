// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing

@testable import Host
@testable import Transport

@Suite struct AdmissionTests {
  @Test func `so many in all, and room again when one leaves`() throws {
    let admission = Admission(maximumCount: 2, maximumPerAddress: nil)
    let address = try SocketAddress(host: "127.0.0.1", port: 1)
    #expect(admission.admit(address) == nil)
    #expect(admission.admit(nil) == nil)
    #expect(admission.admit(address) == .connections)
    admission.leave(nil)
    #expect(admission.admit(address) == nil)
    #expect(admission.count == 2)
  }

  @Test func `so many of one address, whatever the port`() throws {
    let admission = Admission(maximumCount: 10, maximumPerAddress: 2)
    let mine = try (1...3).map { try SocketAddress(host: "10.0.0.1", port: $0) }
    let other = try SocketAddress(host: "10.0.0.2", port: 1)
    #expect(admission.admit(mine[0]) == nil)
    #expect(admission.admit(mine[1]) == nil)
    #expect(admission.admit(mine[2]) == .address)
    #expect(admission.admit(other) == nil)
    admission.leave(mine[1])
    #expect(admission.admit(mine[2]) == nil)
  }

  @Test(arguments: [
    ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true),
    ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
    ("::ffff:10.0.0.1", "10.0.0.1", true), ("::1", "127.0.0.1", false),
  ])
  func `an IPv6 address stands for its network`(_ one: String, _ other: String, _ same: Bool) throws
  {
    let one = try SocketAddress(host: one, port: 5).network
    let other = try SocketAddress(host: other, port: 6).network
    #expect((one == other) == same)
  }

  @Test func `connections of one address beyond its share get 503`() async throws {
    try await withServer {
      $0.maximumConnectionsPerAddress = 2
    } _: { server in
      let clients = [try server.connect(), try server.connect()]
      for client in clients { #expect(try client.answer("GET", "/healthz").status == 200) }
      let third = try server.connect()
      third.expectAnswer(to: "GET")
      #expect(try third.head().status == 503)
      let metrics = try clients[0].answer("GET", "/metrics").text
      #expect(metrics.contains(#"weir_refused_total{reason="address"} 1"#))
      for client in clients + [third] { client.close() }
    }
  }

  @Test func `while too much is held, requests wait and probes are answered`() throws {
    let harness = try ConnectionHarness { $0.maximumHeldBytes = 1_000 }
    harness.services.budget.change(by: 1_000)
    harness.receive("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    harness.receive("GET /v1/topics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    let answers = try harness.answers()
    #expect(answers.map(\.status) == [200, 503])
    #expect(answers[1].fields["Retry-After"] == "1")
  }

  @Test func `a body that comes while too much is held is refused`() throws {
    let harness = try ConnectionHarness { $0.maximumHeldBytes = 1_000 }
    harness.receive(
      "POST /v1/topics/a/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\n\r\n12"
    )
    #expect(harness.http.heldBytes == 2)
    harness.services.budget.change(by: 1_000)
    harness.receive("34")
    #expect(try harness.statuses() == [503])
    #expect(harness.services.engine.topics.existing("a")?.statistics.published ?? 0 == 0)
  }

  @Test func `what peers hold is known, and forgotten with them`() async throws {
    try await withServer { server in
      let client = try server.connect()
      try client.send(
        "POST /v1/topics/a/events HTTP/1.1\r\nHost: 127.0.0.1:\(server.server.port)\r\n"
          + "Content-Length: 5000\r\n\r\n" + String(repeating: "1", count: 4_000)
      )
      let witness = try server.connect()
      // Each look is a turn of the loop.
      func isSeen(_ line: String) throws -> Bool {
        try (1...10_000).contains { _ in
          try witness.answer("GET", "/metrics").text.contains("\n\(line)\n")
        }
      }
      #expect(try isSeen("weir_held_bytes 4000"))
      client.close()
      #expect(try isSeen("weir_held_bytes 0"))
      witness.close()
    }
  }

  @Test func `replies that a WebSocket leaves are known, and end it when all hold too much`()
    async throws
  {
    try await withServer {
      $0.loops = 1
    } _: { server in
      let witness = try server.connect()
      let (slow, quiet) = (try TestSocket(server), try TestSocket(server))
      for socket in [slow, quiet] {
        try socket.send(#"{"id":1,"connect":{}}"#)
        #expect(try socket.next().contains("connect"))
      }
      try eventually {
        try slow.sendCommands()
        return try witness.heldByServer() >= 64 << 10
      }
      let budget = server.server.services.budget
      budget.change(by: 1 << 40)
      try eventually {
        try witness.answer("GET", "/metrics").text
          .contains(#"weir_refused_total{reason="memory"} 1"#)
      }
      budget.change(by: -(1 << 40))
      #expect(try witness.heldByServer() == 0)
      // One that holds nothing has stayed.
      try quiet.send(#"{"id":2,"subscribe":{"channel":"a"}}"#)
      // A ping may come before.
      try eventually { try quiet.next().contains("subscribe") }
      for socket in [slow, quiet] { socket.close() }
      witness.close()
    }
  }
}
