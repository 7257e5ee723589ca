// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing
@testable import Transport

/// Two ends of one loopback connection: the accepted socket and a client that blocks.
struct Pair {
  let server: Socket
  let client: BlockingClient

  init(options: SocketOptions = SocketOptions()) throws {
    let listener = try Listener(host: "127.0.0.1", port: 0, options: options)
    client = try BlockingClient(host: "127.0.0.1", port: listener.port)
    // The handshake is over on loopback once `connect` returned, so the connection waits here.
    server = try #require(try listener.accept())
  }
}

/// Bytes that show by their values when some are lost, doubled or exchanged.
func pattern(_ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 11) }
}

/// How many descriptors of this process are sockets at either end of a port.
func descriptorCount(ofPort port: UInt16) throws -> Int {
  let directory = try #require(opendir("/proc/self/fd"))
  defer { closedir(directory) }
  var count = 0
  while let entry = readdir(directory) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    guard let descriptor = CInt(name) else { continue }
    let ports = [portOfSocket(descriptor, getsockname), portOfSocket(descriptor, getpeername)]
    if ports.contains(port) { count += 1 }
  }
  return count
}

private func portOfSocket(
  _ descriptor: CInt,
  _ name: (CInt, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> CInt
) -> UInt16? {
  var address = sockaddr_in()
  var size = socklen_t(MemoryLayout<sockaddr_in>.size)
  let code = withUnsafeMutablePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { name(descriptor, $0, &size) }
  }
  return code == 0 ? UInt16(bigEndian: address.sin_port) : nil
}

/// A connection with so much room, and its other end.
func makeConnection(limit: Int) throws -> (Connection, BlockingClient) {
  let pair = try Pair()
  let id = RegistrationID(descriptor: pair.server.descriptor, generation: 1)
  return (Connection(id: id, socket: pair.server, outboundLimit: limit), pair.client)
}
