// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Accepts TCP connections at one address.
///
/// It can be shared: accepting is one system call, and the descriptor is closed only when the last
/// reference goes. End its registration with a loop before that.
public final class Listener: Sendable {
  /// Where it listens; with the port the kernel chose, if that was left to it.
  public let address: SocketAddress
  private let owned: OwnedDescriptor

  /// Binds an address and listens, without ever blocking.
  ///
  /// - Parameters:
  ///   - host: An IPv4 or IPv6 literal, or `localhost`. `::` takes IPv4 connections too.
  ///   - port: The port; 0 lets the kernel choose one.
  ///   - options: What the accepted connections inherit.
  ///   - sharesPort: Whether several listeners of this user may hold the port (`SO_REUSEPORT`); the
  ///     kernel spreads connections over them, so that each loop can accept for itself.
  ///   - backlog: Connections that may wait to be accepted; the kernel caps it at `net.core.somaxconn`.
  /// - Throws: ``SystemError``, such as `EADDRINUSE` or `EACCES`.
  public init(
    host: String,
    port: UInt16,
    options: SocketOptions = SocketOptions(),
    sharesPort: Bool = false,
    backlog: CInt = 4096
  ) throws(SystemError) {
    let wanted = try SocketAddress(host: host, port: port)
    let operation = "listen on \(wanted)"
    let type = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let owned = try OwnedDescriptor(socket(wanted.family, type, 0), operation)
    try setOption(Int(SOL_SOCKET), SO_REUSEADDR, 1, on: owned.number)
    if sharesPort { try setOption(Int(SOL_SOCKET), SO_REUSEPORT, 1, on: owned.number) }
    try options.apply(to: owned.number)
    guard wanted.withKernelForm({ bind(owned.number, $0, $1) }) == 0,
      listen(owned.number, backlog) == 0
    else { throw .last(operation) }
    address = localAddress(of: owned.number) ?? wanted
    self.owned = owned
  }

  /// The port it listens on.
  public var port: UInt16 { address.port }

  /// The descriptor, to be registered with a loop; it stays the listener's.
  public var descriptor: CInt { owned.number }

  /// Takes the next connection that waits; `nil` when none does.
  ///
  /// - Returns: A connection that never blocks.
  /// - Throws: ``SystemError``; when it ``SystemError/isDescriptorShortage``, the connection goes on
  ///   waiting without a new event: try again after a pause.
  public func accept() throws(SystemError) -> sending Socket? {
    while true {
      var storage = sockaddr_storage()
      let descriptor = acceptConnection(&storage)
      if descriptor >= 0 {
        return Socket(adopting: descriptor, peerAddress: SocketAddress(storage))
      }
      switch errno {
      case EAGAIN: return nil
      case EMFILE, ENFILE, ENOBUFS, ENOMEM, EBADF, EINVAL, ENOTSOCK, EOPNOTSUPP, EFAULT:
        throw .last("accept on \(address)")
      default:
        // That connection died while it waited (accept(2), "Error handling"); the next may live.
        continue
      }
    }
  }

  /// Refuses connections from now on, and those that wait.
  ///
  /// Any thread may call it.
  ///
  /// Accepting throws from then on; connections accepted before are untouched.
  public func shutDown() {
    shutdown(owned.number, CInt(SHUT_RDWR))
  }

  private func acceptConnection(_ storage: inout sockaddr_storage) -> CInt {
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        clinux_accept(owned.number, $0, &length)
      }
    }
  }
}

/// Asks the kernel which address a socket has.
private func localAddress(of descriptor: CInt) -> SocketAddress? {
  var storage = sockaddr_storage()
  var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
  let code = withUnsafeMutablePointer(to: &storage) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
  }
  return code == 0 ? SocketAddress(storage) : nil
}
