// SPDX-License-Identifier: Apache-2.0
import COpenSSL
import Glibc

/// TLS on one connection, at either side; confined to its loop.
///
/// It reads straight from the socket. What it has to send is encrypted as a whole and given to the
/// socket at once; what the socket did not take waits here, at most some 64 KiB of data, and nothing
/// more is encrypted until it has left. So reading never waits for room to write, nor the other way.
public final class TLSSession {
  /// Why nothing can be read or written any more.
  public private(set) var failure: TLSFailure?
  /// Whether the handshake is over, so that data can flow.
  public private(set) var isEstablished = false

  let ssl: OpaquePointer
  let socket: Socket
  let workspace: TLSWorkspace
  private let statistics: TLSStatistics
  /// Encrypted, but not taken by the socket yet, from the offset on.
  var unsent: [UInt8] = []
  var unsentOffset = 0
  /// Encrypted bytes that the socket has taken, the handshake's among them.
  var takenBytes: UInt64 = 0
  var hasSaidGoodbye = false
  /// On the client's side: whom it speaks with, and whose rules hold.
  var server: (name: String, context: TLSClientContext)?
  /// On the server's side: what seals and opens its tickets, kept as long as a handshake may.
  var ticketKeys: TLSTicketKeys?
  /// Whether the handshake was begun.
  private(set) var hasStarted = false
  /// What every read tells from now on, once the end was seen behind data.
  private var end: ReadOutcome?

  /// Takes over the state of a connection that knows its side.
  init(
    _ ssl: OpaquePointer,
    on socket: Socket,
    workspace: TLSWorkspace,
    statistics: TLSStatistics
  ) {
    (self.ssl, self.socket) = (ssl, socket)
    (self.workspace, self.statistics) = (workspace, statistics)
    BIO_up_ref(workspace.channel)
    SSL_set_bio(ssl, workspace.channel, workspace.channel)
  }

  deinit {
    if !isEstablished, failure == nil { statistics.count(.abandoned) }
    SSL_free(ssl)
  }

  // MARK: What was agreed

  /// The version that is spoken; `nil` before the handshake is over.
  public var version: TLSVersion? { isEstablished ? TLSVersion(rawValue: SSL_version(ssl)) : nil }

  /// The protocol within TLS that both sides named, such as `http/1.1`.
  public var applicationProtocol: String? {
    var (name, count): (UnsafePointer<UInt8>?, UInt32) = (nil, 0)
    SSL_get0_alpn_selected(ssl, &name, &count)
    let bytes = UnsafeBufferPointer(start: name, count: Int(count))
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }

  /// Whether an earlier session went on, so that no certificate was needed.
  public var isResumed: Bool { SSL_session_reused(ssl) == 1 }

  /// What lets a later connection go on with this session; `nil` until the server has sent it.
  ///
  /// With TLS 1.3 that is after the handshake, so read something before.
  public var ticket: TLSTicket? {
    guard let server, let session = SSL_get_session(ssl),
      SSL_SESSION_is_resumable(session) == 1
    else { return nil }
    // A copy: OpenSSL forbids its own to go on when the connection ends without a goodbye.
    return SSL_SESSION_dup(session).map { TLSTicket($0, server.name, server.context) }
  }

  // MARK: Handshake and reading

  /// Goes on with the handshake as far as what has arrived allows.
  ///
  /// - Returns: `nil` once it is over; else what reading tells.
  public func handshake() -> ReadOutcome? {
    if isEstablished { return nil }
    if let failure { return .failed(failure.systemError("TLS handshake")) }
    hasStarted = true
    workspace.begin(socket.descriptor)
    let code = SSL_do_handshake(ssl)
    guard code != 1 else {
      isEstablished = true
      statistics.countSuccess(isResumed: isResumed)
      return deliver().map { .failed($0) }
    }
    let outcome = conclude(code)
    if failure?.reason == .notTLS, workspace.output.isEmpty {
      // OpenSSL is silent here. Unencrypted: fatal, unexpected message (RFC 8446 §5.1, §6).
      workspace.append([21, 3, 3, 0, 2, 2, 10])
    }
    _ = deliver()
    return outcome
  }

  /// Reads what has arrived and appends it to a buffer, after the handshake if that is due.
  ///
  /// - Parameters:
  ///   - buffer: Where the bytes go.
  ///   - maximum: Most bytes to take, above 0.
  /// - Returns: How many bytes came; only `wouldBlock` means that there are no more for now.
  public func read(into buffer: inout [UInt8], maximum: Int) -> ReadOutcome {
    precondition(maximum > 0, "a read must have room")
    if let end { return end }
    if let failure { return .failed(failure.systemError("read over TLS")) }
    if let outcome = handshake() { return outcome }
    workspace.begin(socket.descriptor)
    var total = 0
    var stop: ReadOutcome?
    buffer.append(addingCapacity: maximum) { span in
      span.withUnsafeMutableBufferPointer { bytes, filled in
        guard let start = bytes.baseAddress else { return }
        repeat {
          var count = 0
          let code = SSL_read_ex(ssl, start + filled, maximum - total, &count)
          guard code == 1 else {
            stop = conclude(code)
            break
          }
          filled += count
          total += count
        } while total < maximum && SSL_has_pending(ssl) == 1
      }
    }
    // An alert, a ticket or the answer to a key update may have become due.
    let error = deliver()
    if let stop, stop != .wouldBlock { end = stop }
    if total > 0 { return .bytes(total) }
    return error.map { .failed($0) } ?? stop ?? .wouldBlock
  }

  /// What a call of OpenSSL that returned no success tells.
  private func conclude(_ code: CInt) -> ReadOutcome {
    switch SSL_get_error(ssl, code) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: .wouldBlock
    case SSL_ERROR_ZERO_RETURN: .end
    default: .failed(fail(reason()).systemError("read over TLS"))
    }
  }

  /// Why a call of OpenSSL failed.
  func reason() -> TLSFailure {
    if workspace.readError != 0 {
      return .lost(SystemError(errno: workspace.readError, operation: "read"))
    }
    if workspace.sawEnd { return .truncated }
    return TLSFailure(ofQueueFor: ssl, isEstablished: isEstablished)
  }

  /// Notes why nothing goes on; the first reason stays.
  func fail(_ failure: TLSFailure) -> TLSFailure {
    if let first = self.failure { return first }
    self.failure = failure
    if !isEstablished { statistics.count(failure.reason) }
    return failure
  }
}
