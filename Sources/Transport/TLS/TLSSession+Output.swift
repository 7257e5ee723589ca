// SPDX-License-Identifier: Apache-2.0
import COpenSSL

// What leaves: data, what TLS itself has to say, and the end.
extension TLSSession {
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

  /// A copy, no larger than what it holds: the workspace's own array has room for much more.
  private func keepUnsent(from offset: Int) {
    unsent = workspace.output.withUnsafeBytes { Array($0[offset...]) }
  }

  /// Sends what OpenSSL has put into the workspace, behind what waits already.
  func deliver() -> SystemError? {
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
    case .written(let count):
      takenBytes += UInt64(count)
      if count < workspace.output.count { keepUnsent(from: count) }
    case .wouldBlock: keepUnsent(from: 0)
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
    case .written(let count):
      takenBytes += UInt64(count)
      unsentOffset += count
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
  /// Most bytes received in one call of OpenSSL: several times what a read asks for.
  static let receivedBytes = 512 << 10
  /// Most bytes that OpenSSL may write in one call, beyond the last of them.
  static let collectedBytes = 256 << 10
}
