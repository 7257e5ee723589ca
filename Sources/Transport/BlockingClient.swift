// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A TCP connection for command-line tools: each call blocks its thread, up to a time limit.
public final class BlockingClient {
  /// Where it is connected to.
  public let address: SocketAddress
  private let socket: Socket

  /// Connects.
  ///
  /// - Parameters:
  ///   - host: An IPv4 or IPv6 literal, or `localhost`.
  ///   - port: The port.
  ///   - timeoutMilliseconds: How long to wait at most. Default 5,000.
  /// - Throws: ``SystemError``, such as `connect 127.0.0.1:8080: Connection refused`, or `ETIMEDOUT`.
  public init(host: String, port: UInt16, timeoutMilliseconds: Int = 5_000) throws(SystemError) {
    let deadline = MonotonicInstant.inMilliseconds(timeoutMilliseconds)
    address = try SocketAddress(host: host, port: port)
    let operation = "connect \(address)"
    let type = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = Glibc.socket(address.family, type, 0)
    guard descriptor >= 0 else { throw .last(operation) }
    socket = Socket(adopting: descriptor, peerAddress: address)
    try setOption(IPPROTO_TCP, TCP_NODELAY, 1, on: descriptor)
    guard address.withKernelForm({ connect(descriptor, $0, $1) }) != 0 else { return }
    // An interrupted connect goes on in the background like one in progress (connect(2), EINTR).
    guard errno == EINPROGRESS || errno == EINTR else { throw .last(operation) }
    try wait(for: POLLOUT, until: deadline, operation)
    let code = pendingError(of: descriptor)
    guard code == 0 else { throw SystemError(errno: code, operation: operation) }
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
      switch socket.read(into: &buffer, maximum: maximum) {
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
    while done < bytes.count {
      list.removeAll()
      list.append(unretained: bytes, from: done)
      switch socket.write(list) {
      case .written(let count): done += count
      case .wouldBlock: try wait(for: POLLOUT, until: deadline, "write to \(address)")
      case .failed(let error): throw located(error, "write to")
      }
    }
  }

  /// Tells the peer that nothing more will be written; reading goes on.
  public func shutdownWrite() {
    socket.shutdownWrite()
  }

  /// Closes the connection.
  public func close() {
    socket.close()
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
