// SPDX-License-Identifier: Apache-2.0
import COpenSSL
import Foundation
import TestCertificates
import Testing

@testable import Transport

@Suite struct TLSHandshakeTests {
  @Test(arguments: [TLSVersion.version12, .version13])
  func `both versions are spoken, with HTTP/1.1 inside`(version: TLSVersion) throws {
    let world = try TLSWorld(versions: version...version)
    let pair = try world.connected()
    for session in [try pair.serverSession, try pair.clientSession] {
      #expect(session.version == version)
      #expect(session.applicationProtocol == "http/1.1")
      #expect(!session.isResumed)
      #expect(session.failure == nil)
    }
    #expect(pair.client.send(Array("ping".utf8)) && pair.server.send(Array("pong".utf8)))
    try pair.exchange { pair.receivedByServer.count >= 4 && pair.receivedByClient.count >= 4 }
    #expect(pair.receivedByServer == Array("ping".utf8))
    #expect(pair.receivedByClient == Array("pong".utf8))
    #expect(world.server.statistics.counts == .init(succeeded: 1, resumed: 0, failed: [:]))
  }

  @Test(arguments: ["localhost", "127.0.0.1"])
  func `a chain with an authority between is sent whole`(name: String) throws {
    let world = try TLSWorld { try $0.issue(hasIntermediate: true) }
    let pair = try TLSPair(world.server, world.client, name: name)
    try pair.shakeHands()
    #expect(try pair.clientSession.isEstablished)
  }

  @Test(
    arguments: [
      ("other.example", -1..<30, false, true, "hostname mismatch"),
      ("127.0.0.2", -1..<30, false, true, "IP address mismatch"),
      ("localhost", -9 ..< -1, false, true, "certificate has expired"),
      ("localhost", 1..<9, false, true, "certificate is not yet valid"),
      ("localhost", -1..<30, true, true, "self-signed certificate"),
      ("localhost", -1..<30, false, false, "unable to get local issuer certificate"),
    ] as [(String, Range<Int>, Bool, Bool, String)]
  )
  func `a certificate that proves nothing is refused`(
    name: String,
    days: Range<Int>,
    isSelfSigned: Bool,
    isTrusted: Bool,
    detail: String
  ) throws {
    let world = try TLSWorld { try $0.issue(days: days, isSelfSigned: isSelfSigned) }
    let client = isTrusted ? world.client : try TLSClientContext()
    let pair = try TLSPair(world.server, client, name: name)
    try pair.shakeHands()
    let failure = try #require(try pair.clientSession.failure)
    #expect(failure.reason == .certificate)
    #expect(failure.detail.contains(detail))
    guard case .failed(let error)? = pair.clientEnd else { throw Unexpected() }
    #expect(error.errno == EPROTO && error.operation.contains(detail))
    // The server hears of it, and counts it.
    #expect(try pair.serverSession.failure?.reason == .certificate)
    #expect(world.server.statistics.counts.failed == [.certificate: 1])
    #expect(!pair.client.send([1]) || !pair.client.flush())
  }

  @Test(arguments: ["", "a\0.example"])
  func `a name that can't be checked makes no session`(name: String) throws {
    let world = try TLSWorld()
    #expect {
      try TLSPair(world.server, world.client, name: name)
    } throws: {
      ($0 as? SystemError)?.errno == EINVAL
    }
  }

  @Test func `a client that offers another protocol only is refused`() throws {
    let world = try TLSWorld()
    let pair = try TLSPair(world.server, world.client)
    #expect(SSL_set_alpn_protos(try pair.clientSession.ssl, [2] + Array("h2".utf8), 3) == 0)
    try pair.shakeHands()
    #expect(try pair.clientSession.failure?.reason == .negotiation)
    #expect(world.server.statistics.counts.failed == [.negotiation: 1])
  }

  @Test func `TLS 1.2 is not negotiated anew`() throws {
    let world = try TLSWorld(versions: .version12 ... .version12)
    let pair = try world.connected()
    let ssl = try pair.clientSession.ssl
    #expect(SSL_clear_options(ssl, copenssl_client_options) >= 0)
    #expect(SSL_renegotiate(ssl) == 1)
    // Reading begins it; a server that took part in it would let it come to its end.
    try pair.exchange {
      pair.clientEnd != nil || (SSL_renegotiate_pending(ssl) == 0 && SSL_in_init(ssl) == 0)
    }
    #expect(try pair.clientSession.failure?.detail == "no renegotiation")
    #expect(try pair.serverSession.failure == nil)
  }

  @Test(arguments: [
    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "PROXY TCP4 127.0.0.1\r\n", "\0\0\0\0\0\0\0\0",
  ])
  func `what is not TLS gets an alert and the end`(text: String) throws {
    let world = try TLSWorld()
    let pair = try Pair()
    let session = world.server.makeSession(on: pair.server, workspace: TLSWorkspace())
    try pair.client.write(Array(text.utf8))
    var bytes: [UInt8] = []
    var outcome = ReadOutcome.wouldBlock
    while outcome == .wouldBlock { outcome = session.read(into: &bytes, maximum: 100) }
    guard case .failed = outcome else { throw Unexpected() }
    #expect(session.failure?.reason == .notTLS)
    #expect(world.server.statistics.counts.failed == [.notTLS: 1])
    session.close()
    while try pair.client.read(into: &bytes) > 0 {}
    // A fatal alert: unexpected message.
    #expect(bytes == [21, 3, 3, 0, 2, 2, 10])
  }

  @Test func `a handshake that is given up is counted`() throws {
    let world = try TLSWorld()
    do { _ = try TLSPair(world.server, world.client) }
    #expect(world.server.statistics.counts.failed == [.abandoned: 1])
  }

  @Test func `a peer that goes within the handshake is told apart from one that speaks wrongly`()
    throws
  {
    let world = try TLSWorld()
    let pair = try TLSPair(world.server, world.client)
    pair.client.socket.close()
    var bytes: [UInt8] = []
    guard case .failed(let error) = pair.server.read(into: &bytes, maximum: 1) else {
      throw Unexpected()
    }
    #expect(error.errno == ECONNRESET)
    #expect(world.server.statistics.counts.failed == [.truncated: 1])
  }

  @Test func `a blocking client speaks TLS and says why it can't`() async throws {
    let world = try TLSWorld()
    let listener = try Listener(host: "127.0.0.1", port: 0)
    let echo = Thread { [server = world.server] in
      for _ in 0..<2 { serveOnce(listener, server) }
    }
    echo.start()
    let client = try BlockingClient(host: "127.0.0.1", port: listener.port, tls: world.client)
    let sent = pattern(300_000)
    try client.write(sent)
    var received: [UInt8] = []
    while received.count < sent.count { _ = try client.read(into: &received) }
    #expect(received == sent)
    #expect(client.tls?.version == .version13)
    client.close()
    #expect {
      try BlockingClient(
        host: "127.0.0.1",
        port: listener.port,
        tls: world.client,
        serverName: "other.example"
      )
    } throws: {
      let error = $0 as? SystemError
      return error?.errno == EPROTO && error?.operation.contains("hostname mismatch") == true
    }
  }
}

struct Unexpected: Error {}

/// Sends back what one connection sends, until it ends.
private func serveOnce(_ listener: Listener, _ context: TLSServerContext) {
  var watched = pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)
  poll(&watched, 1, -1)
  guard let socket = try? listener.accept() else { return }
  let connection = Connection(
    id: RegistrationID(descriptor: socket.descriptor, generation: 1),
    socket: socket,
    tls: context.makeSession(on: socket, workspace: TLSWorkspace()),
    outboundLimit: 1 << 20
  )
  defer { connection.close() }
  var bytes: [UInt8] = []
  while true {
    let events = connection.isWritten ? POLLIN : POLLIN | POLLOUT
    var watched = pollfd(fd: socket.descriptor, events: Int16(events), revents: 0)
    poll(&watched, 1, -1)
    connection.becameWritable()
    connection.flush()
    bytes.removeAll(keepingCapacity: true)
    switch connection.read(into: &bytes, maximum: 64 << 10) {
    case .bytes:
      _ = connection.send(bytes)
      connection.flush()
    case .wouldBlock: continue
    case .end, .failed: return
    }
  }
}
