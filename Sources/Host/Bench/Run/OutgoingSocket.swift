// SPDX-License-Identifier: Apache-2.0
import Glibc
import Transport

/// Connections to a server that come about while the loop does something else.
struct OutgoingSocket {
  private let place: String
  private let address: [UInt8]
  private let family: CInt

  /// Reads the address once for all connections.
  ///
  /// - Throws: `SystemError` with `EINVAL` for a host that is not an IP address or `localhost`.
  init(to server: ServerAddress) throws(SystemError) {
    place = server.authority
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    let host = server.host == "localhost" ? "127.0.0.1" : server.host
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(server.port), &hints, &found) == 0, let entry = found else {
      throw SystemError(errno: EINVAL, operation: "read '\(server.host)' as an IP address")
    }
    defer { freeaddrinfo(entry) }
    family = entry.pointee.ai_family
    address = Array(
      UnsafeRawBufferPointer(start: entry.pointee.ai_addr, count: Int(entry.pointee.ai_addrlen))
    )
  }

  /// Begins to connect; the loop tells when the socket has become writable.
  func connect() throws(SystemError) -> Socket {
    let type = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(family, type, 0)
    guard descriptor >= 0 else { throw failure(errno) }
    let connection = Socket(adopting: descriptor, peerAddress: nil)
    var one: CInt = 1
    setsockopt(
      descriptor,
      CInt(IPPROTO_TCP),
      TCP_NODELAY,
      &one,
      socklen_t(MemoryLayout<CInt>.size)
    )
    let code = address.withUnsafeBytes { bytes in
      bytes.withMemoryRebound(to: sockaddr.self) {
        Glibc.connect(descriptor, $0.baseAddress, socklen_t(bytes.count))
      }
    }
    guard code == 0 || errno == EINPROGRESS || errno == EINTR else { throw failure(errno) }
    return connection
  }

  /// Why a socket that has become writable is not connected after all; `nil` when it is.
  func failure(of socket: Socket) -> SystemError? {
    var code: CInt = 0
    var size = socklen_t(MemoryLayout<CInt>.size)
    let asked = getsockopt(socket.descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
    return asked == 0 && code == 0 ? nil : failure(code)
  }

  private func failure(_ code: CInt) -> SystemError {
    SystemError(errno: code, operation: "connect \(place)")
  }
}
