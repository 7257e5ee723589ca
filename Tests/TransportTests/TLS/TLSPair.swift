// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestCertificates
import Testing

@testable import Transport

/// How long a test waits for what must come: long, for machines with other work.
private let patienceMilliseconds: CInt = 60_000

/// Both ends of one connection with TLS, on the thread of the test, which moves them.
final class TLSPair {
  let server: Connection
  let client: Connection
  private(set) var receivedByServer: [UInt8] = []
  private(set) var receivedByClient: [UInt8] = []
  /// How reading ended at each side; `nil` while it goes on.
  private(set) var serverEnd: ReadOutcome?
  private(set) var clientEnd: ReadOutcome?

  var serverSession: TLSSession { get throws { try #require(server.tls) } }
  var clientSession: TLSSession { get throws { try #require(client.tls) } }

  init(
    _ serverContext: TLSServerContext,
    _ clientContext: TLSClientContext,
    name: String = "localhost",
    resuming ticket: TLSTicket? = nil,
    workspace: TLSWorkspace = TLSWorkspace(),
    options: SocketOptions = SocketOptions()
  ) throws {
    let listener = try Listener(host: "127.0.0.1", port: 0, options: options)
    let clientSocket = try connectedSocket(listener.address)
    let serverSocket = try #require(try listener.accept())
    server = Connection(
      id: RegistrationID(descriptor: serverSocket.descriptor, generation: 1),
      socket: serverSocket,
      tls: serverContext.makeSession(on: serverSocket, workspace: workspace),
      outboundLimit: 64 << 20
    )
    client = Connection(
      id: RegistrationID(descriptor: clientSocket.descriptor, generation: 1),
      socket: clientSocket,
      tls: try clientContext.makeSession(
        on: clientSocket,
        to: name,
        workspace: TLSWorkspace(),
        resuming: ticket
      ),
      outboundLimit: 64 << 20
    )
  }

  /// Moves both sides until something is so, which is looked at after each step; the client takes
  /// so many bytes at a time, and none at 0.
  func exchange(clientReads: Int = 64 << 10, until isDone: () -> Bool) throws {
    while !isDone() {
      client.becameWritable()
      client.flush()
      server.becameWritable()
      server.flush()
      serverEnd = serverEnd ?? read(server, 64 << 10, into: &receivedByServer)
      server.flush()
      if clientReads > 0 {
        clientEnd = clientEnd ?? read(client, clientReads, into: &receivedByClient)
      }
      if isDone() { return }
      try waitForEither()
    }
  }

  /// Makes the handshake, or what can be made of it.
  func shakeHands() throws {
    let (server, client) = (try serverSession, try clientSession)
    try exchange {
      (server.isEstablished || server.failure != nil)
        && (client.isEstablished || client.failure != nil)
    }
  }

  private func read(
    _ connection: Connection,
    _ maximum: Int,
    into bytes: inout [UInt8]
  ) -> ReadOutcome? {
    while true {
      switch connection.read(into: &bytes, maximum: maximum) {
      case .bytes: continue
      case .wouldBlock: return nil
      case .end, .failed: return connection.read(into: &bytes, maximum: maximum)
      }
    }
  }

  private func waitForEither() throws {
    var watched = [server, client].map {
      let events = $0.isWritten ? POLLIN : POLLIN | POLLOUT
      return pollfd(fd: $0.socket.descriptor, events: Int16(events), revents: 0)
    }
    // An end that was seen stays readable for ever.
    if serverEnd != nil { watched[0].fd = -1 }
    if clientEnd != nil { watched[1].fd = -1 }
    try #require(poll(&watched, 2, patienceMilliseconds) > 0, "nothing comes any more")
  }
}

/// A client's socket that never blocks.
func connectedSocket(_ address: SocketAddress) throws -> Socket {
  let descriptor = socket(address.family, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  try #require(address.withKernelForm { connect(descriptor, $0, $1) } == 0)
  try #require(fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0)
  return Socket(adopting: descriptor, peerAddress: address)
}

/// A server with a certificate, and a client that trusts it.
struct TLSWorld {
  let authority: TestAuthority
  let certificate: TestCertificate
  let server: TLSServerContext
  let client: TLSClientContext

  init(
    versions: ClosedRange<TLSVersion> = .version12 ... .version13,
    issue: (TestAuthority) throws -> TestCertificate = { try $0.issue() }
  ) throws {
    authority = try TestAuthority()
    certificate = try issue(authority)
    server = try TLSServerContext(
      certificatePath: certificate.certificatePath,
      keyPath: certificate.keyPath
    )
    client = try TLSClientContext(authoritiesPath: authority.certificatePath, versions: versions)
  }

  /// Another server with the same certificate, and a clock by which the keys of its tickets change.
  func makeServer(now: @escaping @Sendable () -> MonotonicInstant) throws -> TLSServerContext {
    try TLSServerContext(
      certificatePath: certificate.certificatePath,
      keyPath: certificate.keyPath,
      now: now
    )
  }

  /// A connection whose handshake is over.
  func connected(_ options: SocketOptions = SocketOptions()) throws -> TLSPair {
    let pair = try TLSPair(server, client, options: options)
    try pair.shakeHands()
    return pair
  }
}
