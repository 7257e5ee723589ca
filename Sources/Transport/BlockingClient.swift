// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A TCP connection for command-line tools, with TLS if asked: each call blocks its thread, up to a
/// time limit.
public final class BlockingClient {
  /// Where it is connected to.
  public let address: SocketAddress
  /// TLS on the connection; `nil` for none.
  public private(set) var tls: TLSSession?
  private let socket: Socket

  /// Connects, and makes the handshake of TLS if there is to be any.
  ///
  /// - Parameters:
  ///   - host: An IPv4 or IPv6 literal, or `localhost`.
  ///   - port: The port.
  ///   - tls: What the client trusts; `nil`, the default, for a connection without TLS.
  ///   - serverName: Whom the server's certificate must be for. Default: the host.
  ///   - ticket: What an earlier connection to the server left, to go on with its session.
  ///   - timeoutMilliseconds: How long to wait at most. Default 5,000.
  /// - Throws: ``SystemError``, such as `connect 127.0.0.1:8080: Connection refused`, or `ETIMEDOUT`;
  ///   with `EPROTO` when TLS failed, which includes a certificate that is refused.
  public init(
    host: String,
    port: UInt16,
    tls: TLSClientContext? = nil,
    serverName: String? = nil,
    resuming ticket: TLSTicket? = nil,
    timeoutMilliseconds: Int = 5_000
  ) throws(SystemError) {
    let deadline = MonotonicInstant.inMilliseconds(timeoutMilliseconds)
    address = try SocketAddress(host: host, port: port)
    let type = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = Glibc.socket(address.family, type, 0)
    guard descriptor >= 0 else { throw .last("connect \(address)") }
    socket = Socket(adopting: descriptor, peerAddress: address)
    try connect(until: deadline)
    guard let tls else { return }
    let session = try tls.makeSession(
      on: socket,
      to: serverName ?? host,
      workspace: TLSWorkspace(),
      resuming: ticket
    )
    self.tls = session
    try shakeHands(session, until: deadline)
  }

  private func connect(until deadline: MonotonicInstant) throws(SystemError) {
    let operation = "connect \(address)"
    try setOption(IPPROTO_TCP, TCP_NODELAY, 1, on: socket.descriptor)
    let code = address.withKernelForm { Glibc.connect(socket.descriptor, $0, $1) }
    guard code != 0 else { return }
    // An interrupted connect goes on in the background like one in progress (connect(2), EINTR).
    guard errno == EINPROGRESS || errno == EINTR else { throw .last(operation) }
    try wait(for: POLLOUT, until: deadline, operation)
    let pending = pendingError(of: socket.descriptor)
    guard pending == 0 else { throw SystemError(errno: pending, operation: operation) }
  }

  private func shakeHands(
    _ session: TLSSession,
    until deadline: MonotonicInstant
  ) throws(SystemError) {
    let operation = "connect \(address)"
    while let outcome = session.handshake() {
      switch outcome {
      case .bytes, .wouldBlock: try wait(for: POLLIN, until: deadline, operation)
      case .end: throw SystemError(errno: ECONNRESET, operation: operation)
      case .failed(let error):
        let detail = session.failure?.detail ?? error.operation
        throw SystemError(errno: error.errno, operation: "\(operation): \(detail)")
      }
    }
  }

  /// Waits for bytes and appends them to a buffer.
  ///
  /// - Parameters:
  ///   - buffer: Where the bytes go.
  ///   - maximum: Most bytes to take. Default 64 KiB.
  ///   - timeoutMilliseconds: How long to wait at most. Default 5,000.
  /// - Returns: How many bytes came; 0 when the peer has sent everything.
  /// - Throws: ``SystemError``, with `ETIMEDOUT` when nothing came in time.
  public func read(
    into buffer: inout [UInt8],
    maximum: Int = 64 << 10,
    timeoutMilliseconds: Int = 5_000
  ) throws(SystemError) -> Int {
    let deadline = MonotonicInstant.inMilliseconds(timeoutMilliseconds)
    while true {
      switch read(into: &buffer, maximum: maximum) {
      case .bytes(let count): return count
      case .end: return 0
      case .wouldBlock: try wait(for: POLLIN, until: deadline, "read from \(address)")
      case .failed(let error): throw located(error, "read from")
      }
    }
  }

  /// Writes all bytes.
  ///
  /// - Parameters:
  ///   - bytes: What to write.
  ///   - timeoutMilliseconds: How long it may take at most. Default 5,000.
  /// - Throws: ``SystemError``, with `ETIMEDOUT` when the peer took too little in time.
  public func write(_ bytes: [UInt8], timeoutMilliseconds: Int = 5_000) throws(SystemError) {
    let deadline = MonotonicInstant.inMilliseconds(timeoutMilliseconds)
    var list = GatherList()
    var done = 0
    while done < bytes.count || tls?.hasUnsent == true {
      list.removeAll()
      list.append(unretained: bytes, from: done)
      switch tls?.write(list) ?? socket.write(list) {
      case .written(let count): done += count
      case .wouldBlock: try wait(for: POLLOUT, until: deadline, "write to \(address)")
      case .failed(let error): throw located(error, "write to")
      }
    }
  }

  /// Tells the peer that nothing more will be written; reading goes on.
  public func shutdownWrite() {
    guard let tls else { return socket.shutdownWrite() }
    tls.shutdownWrite()
  }

  /// Closes the connection.
  public func close() {
    guard let tls else { return socket.close() }
    tls.close()
  }

  private func read(into buffer: inout [UInt8], maximum: Int) -> ReadOutcome {
    guard let tls else { return socket.read(into: &buffer, maximum: maximum) }
    return tls.read(into: &buffer, maximum: maximum)
  }

  private func wait(
    for events: CInt,
    until deadline: MonotonicInstant,
    _ operation: String
  ) throws(SystemError) {
    var watched = pollfd(fd: socket.descriptor, events: Int16(events), revents: 0)
    while true {
      let left = deadline.millisecondsLeft(from: .now)
      let count = poll(&watched, 1, left)
      if count > 0 { return }
      if count < 0, errno != EINTR { throw .last(operation) }
      if left == 0 { throw SystemError(errno: ETIMEDOUT, operation: operation) }
    }
  }

  private func located(_ error: SystemError, _ verb: String) -> SystemError {
    SystemError(errno: error.errno, operation: "\(verb) \(address)")
  }
}

extension MonotonicInstant {
  fileprivate static func inMilliseconds(_ count: Int) -> MonotonicInstant {
    now.advanced(by: .milliseconds(count))
  }
}

/// The error a socket met in the background, 0 for none; asking clears it.
private func pendingError(of descriptor: CInt) -> CInt {
  var code: CInt = 0
  var size = socklen_t(MemoryLayout<CInt>.size)
  return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno
}
