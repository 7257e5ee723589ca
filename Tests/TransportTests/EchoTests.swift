// SPDX-License-Identifier: Apache-2.0
import Testing
import Transport

@Suite struct EchoTests {
  @Test func `an actor on the loop echoes what a client sends`() async throws {
    let server = try await startedServer()
    let client = try BlockingClient(host: "127.0.0.1", port: server.listener.port)
    let message = pattern(300_000)
    var echoed: [UInt8] = []
    for start in stride(from: 0, to: message.count, by: 10_000) {
      try client.write(Array(message[start..<start + 10_000]))
      while echoed.count < start + 10_000 {
        #expect(try client.read(into: &echoed) > 0)
      }
    }
    #expect(echoed == message)
    await stop(server)
  }

  @Test func `a thousand connections opened and dropped leave no descriptor`() async throws {
    let server = try await startedServer()
    let port = server.listener.port
    for _ in 0..<10 {
      var clients: [BlockingClient] = []
      for _ in 0..<100 {
        clients.append(try BlockingClient(host: "localhost", port: port))
        try clients[clients.count - 1].write([1])
      }
      for client in clients { client.close() }
    }
    await server.closed(1_000)
    #expect(await server.acceptedCount == 1_000)
    #expect(await server.statistics.registrationCount == 1)
    #expect(try descriptorCount(ofPort: port) == 1, "only the listener is left")
    await stop(server)
  }

  private func startedServer() async throws -> EchoServer {
    let server = try EchoServer()
    try server.loop.start(tenant: server)
    try await server.listen()
    return server
  }

  private func stop(_ server: EchoServer) async {
    server.loop.stop()
    server.loop.join()
    // An await into the actor of an ended loop still returns.
    #expect(await server.closedCount <= 1_000)
  }
}
