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
  // Encrypted, but not taken by the socket yet, from the offset on.
  private var unsent: [UInt8] = []
  private var unsentOffset = 0
  private var hasStarted = false
  private var hasSaidGoodbye = false
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
    guard let session = SSL_get_session(ssl), SSL_SESSION_is_resumable(session) == 1 else {
      return nil
    }
    // A copy: OpenSSL forbids its own to go on when the connection ends without a goodbye.
    return SSL_SESSION_dup(session).map { TLSTicket($0) }
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

  private func reason() -> TLSFailure {
    if workspace.readError != 0 {
      return .lost(SystemError(errno: workspace.readError, operation: "read"))
    }
    if workspace.sawEnd { return .truncated }
    return TLSFailure(ofQueueFor: ssl, isEstablished: isEstablished)
  }

  /// Notes why nothing goes on; the first reason stays.
  private func fail(_ failure: TLSFailure) -> TLSFailure {
    if let first = self.failure { return first }
    self.failure = failure
    if !isEstablished { statistics.count(failure.reason) }
    return failure
  }

  // MARK: Writing

  /// Whether encrypted bytes wait for room in the socket.
  public var hasUnsent: Bool { !unsent.isEmpty }

  /// Writes what a buffer holds, unless the handshake is not over yet.
  ///
  /// - Returns: What was achieved; `nil` when the peer's part of the handshake is awaited.
  func flush(_ outbound: inout OutboundBuffer) -> FlushOutcome? {
    if let error = sendUnsent() { return .failed(error) }
    if !isEstablished, !hasStarted, case .failed(let error) = handshake() { return .failed(error) }
    if let failure { return .failed(failure.systemError("write over TLS")) }
    if hasUnsent { return .blocked }
    guard isEstablished else { return nil }
    let outcome = outbound.flush { write($0) }
    return outcome == .drained && hasUnsent ? .blocked : outcome
  }

  /// Encrypts the slices of a list in order and sends them, until the socket has no room.
  ///
  /// - Returns: How many bytes were taken; the last of them may still wait, see ``hasUnsent``.
  public func write(_ list: borrowing GatherList) -> WriteOutcome {
    if let error = sendUnsent() { return .failed(error) }
    if let failure { return .failed(failure.systemError("write over TLS")) }
    guard isEstablished, !hasUnsent else { return .wouldBlock }
    let total = list.byteCount
    return list.withSlices { slices in
      var records = RecordCutter(slices, joiningIn: workspace.record)
      var taken = 0
      while taken < total, !hasUnsent {
        workspace.begin(socket.descriptor)
        while workspace.output.count < TLSLimits.outputBytes, let record = records.next() {
          var count = 0
          guard SSL_write_ex(ssl, record.baseAddress, record.count, &count) == 1 else {
            return .failed(fail(reason()).systemError("write over TLS"))
          }
          taken += count
        }
        if let error = deliver() { return .failed(error) }
      }
      return .written(taken)
    }
  }

  /// Tells the peer that nothing more will be written, within TLS and TCP; reading goes on.
  public func shutdownWrite() {
    guard !hasSaidGoodbye else { return }
    hasSaidGoodbye = true
    if isEstablished, failure == nil {
      workspace.begin(socket.descriptor)
      SSL_shutdown(ssl)
      guard deliver() == nil else { return }
    }
    if !hasUnsent { socket.shutdownWrite() }
  }

  /// Closes the connection; tells the peer before, as far as the socket takes it at once.
  public func close() {
    if socket.descriptor >= 0, isEstablished, failure == nil, !hasUnsent { shutdownWrite() }
    socket.close()
  }

  // MARK: The socket

  /// Sends what OpenSSL has put into the workspace, behind what waits already.
  private func deliver() -> SystemError? {
    guard !workspace.output.isEmpty else { return nil }
    if hasUnsent {
      unsent += workspace.output
      // Our own data never come this far: a peer has made us answer again and again.
      guard unsent.count <= TLSLimits.unsentBytes else {
        return fail(.unheard).systemError("write over TLS")
      }
      return sendUnsent()
    }
    switch workspace.output.withUnsafeBytes({ socket.write($0) }) {
    case .written(let count): unsent = Array(workspace.output.dropFirst(count))
    case .wouldBlock: unsent = workspace.output
    case .failed(let error): return lose(error)
    }
    return nil
  }

  /// Sends what waits, as far as there is room.
  private func sendUnsent() -> SystemError? {
    guard hasUnsent else { return nil }
    let outcome = unsent.withUnsafeBytes {
      socket.write(UnsafeRawBufferPointer(rebasing: $0[unsentOffset...]))
    }
    switch outcome {
    case .written(let count): unsentOffset += count
    case .wouldBlock: break
    case .failed(let error): return lose(error)
    }
    if unsentOffset == unsent.count {
      (unsent, unsentOffset) = ([], 0)
      if hasSaidGoodbye { socket.shutdownWrite() }
    }
    return nil
  }

  private func lose(_ error: SystemError) -> SystemError {
    (unsent, unsentOffset) = ([], 0)
    return fail(.lost(error)).systemError("write over TLS")
  }
}

/// Bounds of what one connection keeps.
enum TLSLimits {
  /// Bytes encrypted before the socket is asked to take them: four records.
  static let outputBytes = 64 << 10
  /// Most bytes that wait for room: data and, behind them, answers to a peer's key updates.
  static let unsentBytes = 128 << 10
}
