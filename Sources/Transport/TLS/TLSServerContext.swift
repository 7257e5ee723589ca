// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// The certificate and key of a server, shared by all its loops.
///
/// Session tickets are on. Their keys belong to the certificate: any loop takes up a session that
/// another began, and a reload replaces them, so that older tickets lead to a whole handshake. So
/// does time: a ticket is good for an hour at least and two at most.
public final class TLSServerContext: Sendable {
  /// The file of the certificate and of those that signed it.
  public let certificatePath: String
  /// The file of the key.
  public let keyPath: String
  /// What happened in the handshakes of all connections, over all certificates.
  public let statistics = TLSStatistics()
  private let now: @Sendable () -> MonotonicInstant
  private let current: Guarded<Loaded>

  private struct Loaded {
    let context: TLSContext
    let ticketKeys: TLSTicketKeys
    /// Until the certificate ends, from the moment of loading.
    let daysLeft: Int
    let instant: MonotonicInstant
  }

  /// Reads both files; blocks as long as that takes.
  ///
  /// - Parameters:
  ///   - certificatePath: A file in PEM form: the server's certificate, then those that signed it.
  ///   - keyPath: A file in PEM form: the key of the first certificate, without a passphrase.
  /// - Throws: ``TLSConfigurationError`` that names the file and what helps.
  public convenience init(
    certificatePath: String,
    keyPath: String
  ) throws(TLSConfigurationError) {
    try self.init(certificatePath: certificatePath, keyPath: keyPath) { .now }
  }

  /// The same with a clock of its own, by which the keys of tickets change.
  init(
    certificatePath: String,
    keyPath: String,
    now: @escaping @Sendable () -> MonotonicInstant
  ) throws(TLSConfigurationError) {
    self.certificatePath = certificatePath
    self.keyPath = keyPath
    self.now = now
    current = Guarded(try Self.load(certificatePath, keyPath, now))
  }

  /// Whole days until the certificate ends; negative once it has.
  public var daysLeft: Int {
    let loaded = current.withLock { $0 }
    return loaded.daysLeft - Int(loaded.instant.duration(to: now()).components.seconds / 86_400)
  }

  /// Reads both files again; new connections use them, those that are open go on as they are.
  ///
  /// Any thread may call it; it blocks as long as reading takes.
  ///
  /// - Throws: ``TLSConfigurationError``; what was used before stays in use then.
  public func reload() throws(TLSConfigurationError) {
    let loaded = try Self.load(certificatePath, keyPath, now)
    current.withLock { $0 = loaded }
  }

  /// Makes the server's side of TLS for a connection that was just accepted.
  ///
  /// - Parameters:
  ///   - socket: The connection.
  ///   - workspace: That of the loop on which the connection lives.
  /// - Returns: A session that stays on that loop.
  public func makeSession(on socket: Socket, workspace: TLSWorkspace) -> TLSSession {
    let loaded = current.withLock { $0 }
    let ssl = loaded.context.makeConnection()
    SSL_set_accept_state(ssl)
    let session = TLSSession(ssl, on: socket, workspace: workspace, statistics: statistics)
    // OpenSSL keeps its context for it, but knows the keys by their address alone.
    session.ticketKeys = loaded.ticketKeys
    return session
  }

  private static func load(
    _ certificatePath: String,
    _ keyPath: String,
    _ now: @escaping @Sendable () -> MonotonicInstant
  ) throws(TLSConfigurationError) -> Loaded {
    let context = TLSContext(TLS_server_method(), versions: .version12 ... .version13)
    SSL_CTX_set_options(context.pointer, copenssl_server_options)
    SSL_CTX_set_alpn_select_cb(context.pointer, chooseApplicationProtocol, nil)
    let days = try context.useCertificates(of: PEMFile(certificatePath))
    try context.useKey(of: PEMFile(keyPath), for: certificatePath)
    let ticketKeys = TLSTicketKeys(now: now)
    ticketKeys.install(in: context.pointer)
    return Loaded(context: context, ticketKeys: ticketKeys, daysLeft: days, instant: now())
  }
}

extension TLSContext {
  /// Takes the server's certificate and its chain; answers the days until the first ends.
  fileprivate func useCertificates(
    of file: borrowing PEMFile
  ) throws(TLSConfigurationError) -> Int {
    var (days, seconds): (CInt, CInt) = (0, 0)
    let path = file.path
    try file.forEachCertificate { (certificate, index) throws(TLSConfigurationError) in
      if index == 0 { ASN1_TIME_diff(&days, &seconds, nil, X509_get0_notAfter(certificate)) }
      let code =
        index == 0
        ? SSL_CTX_use_certificate(pointer, certificate)
        : copenssl_add_chain_certificate(pointer, certificate)
      guard code == 1 else {
        throw TLSConfigurationError(
          path,
          "certificate \(index + 1) can't be used: \(takeOpenSSLReason())",
          remedy: "have one made with a key of P-256, Ed25519 or RSA of 2048 bits or more"
        )
      }
    }
    // ASN.1 rounds towards now: a second ago would count as 0 days left.
    return Int(days) - (seconds < 0 ? 1 : 0)
  }

  fileprivate func useKey(
    of file: borrowing PEMFile,
    for certificatePath: String
  ) throws(TLSConfigurationError) {
    let path = file.path
    try file.withPrivateKey { (key) throws(TLSConfigurationError) in
      guard SSL_CTX_use_PrivateKey(pointer, key) == 1, SSL_CTX_check_private_key(pointer) == 1
      else {
        throw TLSConfigurationError(
          path,
          "does not fit the first certificate of \(certificatePath): \(takeOpenSSLReason())",
          remedy: "name the key that the certificate was made for, and put that certificate first"
        )
      }
    }
  }
}

/// Chooses among the protocols that a client offers (RFC 7301 §3.2).
///
/// A client that offers none gets none, which means HTTP/1.1 too.
private func chooseApplicationProtocol(
  _ ssl: OpaquePointer?,
  _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
  _ chosenCount: UnsafeMutablePointer<UInt8>?,
  _ offered: UnsafePointer<UInt8>?,
  _ offeredCount: UInt32,
  _ context: UnsafeMutableRawPointer?
) -> CInt {
  let offers = UnsafeBufferPointer(start: offered, count: Int(offeredCount))
  let wanted = TLSContext.applicationProtocol
  var index = 0
  while index < offers.count {
    let end = index + 1 + Int(offers[index])
    guard end <= offers.count else { break }
    if offers[index..<end].elementsEqual(wanted) {
      chosen?.pointee = offered?.advanced(by: index + 1)
      chosenCount?.pointee = offers[index]
      return SSL_TLSEXT_ERR_OK
    }
    index = end
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL
}
