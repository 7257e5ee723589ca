// SPDX-License-Identifier: Apache-2.0
import COpenSSL
import Glibc

/// What clients trust, shared by all their connections; certificates and names are always checked.
public final class TLSClientContext: Sendable {
  private let context: TLSContext
  private let statistics = TLSStatistics()

  /// Trusts what the system trusts, and more if told so; blocks as long as reading takes.
  ///
  /// - Parameters:
  ///   - authoritiesPath: A file in PEM form with further certificates that are trusted to sign
  ///     those of servers. Default none.
  ///   - versions: What may be spoken. Default TLS 1.2 and 1.3.
  /// - Throws: ``TLSConfigurationError`` that names the file and what helps.
  public init(
    authoritiesPath: String? = nil,
    versions: ClosedRange<TLSVersion> = .version12 ... .version13
  ) throws(TLSConfigurationError) {
    context = TLSContext(TLS_client_method(), versions: versions)
    SSL_CTX_set_options(context.pointer, copenssl_client_options)
    SSL_CTX_set_verify(context.pointer, SSL_VERIFY_PEER, nil)
    SSL_CTX_set_default_verify_paths(context.pointer)
    let offer = TLSContext.applicationProtocol
    // Zero is success here, unlike elsewhere.
    precondition(
      SSL_CTX_set_alpn_protos(context.pointer, offer, UInt32(offer.count)) == 0,
      "there must be memory for the name of a protocol"
    )
    guard let authoritiesPath else { return }
    let store = SSL_CTX_get_cert_store(context.pointer)
    let file = try PEMFile(authoritiesPath)
    try file.forEachCertificate { (certificate, index) throws(TLSConfigurationError) in
      guard X509_STORE_add_cert(store, certificate) == 1 else {
        throw TLSConfigurationError(
          authoritiesPath,
          "certificate \(index + 1) can't be used: \(takeOpenSSLReason())",
          remedy: "leave it out"
        )
      }
    }
  }

  /// Makes the client's side of TLS for a connection.
  ///
  /// - Parameters:
  ///   - socket: The connection; it may still be being made.
  ///   - name: Whom the server's certificate must be for: a name or an IP address (RFC 9110 §4.3.4).
  ///   - workspace: That of the loop or the thread on which the connection lives.
  ///   - ticket: What an earlier connection of this context to the same name left, to go on with its
  ///     session; one of another name or context is left aside.
  /// - Returns: A session that stays there.
  /// - Throws: ``SystemError`` with `EINVAL` when the name can't be that of a server.
  public func makeSession(
    on socket: Socket,
    to name: String,
    workspace: TLSWorkspace,
    resuming ticket: TLSTicket? = nil
  ) throws(SystemError) -> TLSSession {
    let ssl = context.makeConnection()
    SSL_set_connect_state(ssl)
    let session = TLSSession(ssl, on: socket, workspace: workspace, statistics: statistics)
    guard Self.expect(name, of: ssl) else {
      ERR_clear_error()
      throw SystemError(errno: EINVAL, operation: "read '\(name)' as the name of a server")
    }
    // In a session that goes on no certificate is looked at: it must be one with this very name.
    if let ticket, ticket.serverName == name, ticket.issuer === self {
      SSL_set_session(ssl, ticket.pointer)
    }
    session.server = (name, self)
    return session
  }

  /// Binds a connection to the name; `false` when that can't be, for then nothing would be checked.
  private static func expect(_ name: String, of ssl: OpaquePointer) -> Bool {
    let parameters = SSL_get0_param(ssl)
    // For OpenSSL a dot in front stands for any name below.
    guard !name.isEmpty, !name.utf8.contains(0), !name.hasPrefix(".") else { return false }
    let isBracketed = name.hasPrefix("[") && name.hasSuffix("]")
    let address = isBracketed ? String(name.dropFirst().dropLast()) : name
    if X509_VERIFY_PARAM_set1_ip_asc(parameters, address) == 1 { return true }
    X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
    return X509_VERIFY_PARAM_set1_host(parameters, name, name.utf8.count) == 1
      && copenssl_set_server_name(ssl, name) == 1
  }
}

/// What a server handed a client to go on with a session later, in a handshake that costs less.
///
/// Proof of `@unchecked`: OpenSSL counts its references atomically, and nobody changes it.
public final class TLSTicket: @unchecked Sendable {
  let pointer: OpaquePointer
  /// Whose certificate was checked when the session began.
  let serverName: String
  /// By whose rules.
  let issuer: TLSClientContext

  /// Takes over a reference.
  init(_ pointer: OpaquePointer, _ serverName: String, _ issuer: TLSClientContext) {
    (self.pointer, self.serverName, self.issuer) = (pointer, serverName, issuer)
  }

  deinit {
    SSL_SESSION_free(pointer)
  }
}
