// SPDX-License-Identifier: Apache-2.0
import Codecs
import Glibc
import Transport

/// A connection as a client of HTTP needs it; a test scripts one.
protocol ByteConnection: AnyObject {
  /// Writes all bytes, within a time limit.
  func write(_ bytes: [UInt8], timeoutMilliseconds: Int) throws(SystemError)
  /// Appends what comes first; 0 bytes mean the end, `ETIMEDOUT` that nothing came in time.
  func read(into bytes: inout [UInt8], timeoutMilliseconds: Int) throws(SystemError) -> Int
  /// Closes it.
  func close()
}

/// What waiting for bytes brought.
enum Reception {
  case bytes
  case nothing
  case end
}

extension ByteConnection {
  /// Feeds a decoder with what comes first, and with the end when that comes.
  func receive(
    into decoder: inout HTTPResponseDecoder,
    timeoutMilliseconds: Int
  ) throws(ServerClientError) -> Reception {
    var bytes: [UInt8] = []
    do {
      guard try read(into: &bytes, timeoutMilliseconds: timeoutMilliseconds) > 0 else {
        decoder.receiveEnd()
        return .end
      }
    } catch {
      if error.errno == ETIMEDOUT { return .nothing }
      throw .lost(error.reason)
    }
    decoder.receive(bytes)
    return .bytes
  }
}

/// A TCP connection, with TLS if asked.
final class SocketConnection: ByteConnection {
  private let client: BlockingClient

  /// Connects.
  ///
  /// - Parameters:
  ///   - address: Where the server is.
  ///   - tls: What is trusted; `nil` for a connection without TLS.
  /// - Throws: ``ServerClientError``; nothing was sent then.
  init(to address: ServerAddress, tls: TLSClientContext?) throws(ServerClientError) {
    do {
      client = try BlockingClient(host: address.host, port: address.port, tls: tls)
    } catch {
      switch error.errno {
      case EINVAL: throw .notAnAddress(address.host)
      case EPROTO: throw .notSecure(error)
      default: throw .unreachable(error)
      }
    }
  }

  func write(_ bytes: [UInt8], timeoutMilliseconds: Int) throws(SystemError) {
    try client.write(bytes, timeoutMilliseconds: timeoutMilliseconds)
  }

  func read(into bytes: inout [UInt8], timeoutMilliseconds: Int) throws(SystemError) -> Int {
    try client.read(into: &bytes, timeoutMilliseconds: timeoutMilliseconds)
  }

  func close() { client.close() }
}
