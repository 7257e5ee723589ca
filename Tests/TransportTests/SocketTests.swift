// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing
import Transport

@Suite struct SocketTests {
  @Test func `a reader that stalls costs the kernel less than a mebibyte`() throws {
    let pair = try Pair()
    #expect(fill(pair.server) < 1 << 20)
  }

  @Test func `what a stalled reader left is delivered byte for byte from where it stopped`() throws
  {
    let pair = try Pair()
    let message = pattern(4_000_000)
    var buffer = OutboundBuffer(limit: message.count)
    for start in stride(from: 0, to: message.count, by: 1_000) {
      #expect(buffer.append(Array(message[start..<start + 1_000])) == true)
    }
    #expect(buffer.flush(to: pair.server) == .blocked)
    #expect(!buffer.isEmpty)
    var received: [UInt8] = []
    while received.count < message.count {
      #expect(try pair.client.read(into: &received) > 0)
      if case .failed(let error) = buffer.flush(to: pair.server) { throw error }
    }
    #expect(received == message)
    #expect(buffer.isEmpty)
  }

  @Test func `connections inherit the options of their listener`() throws {
    let options = SocketOptions(sendBufferBytes: 50_000, unsentBytes: 10_000)
    let pair = try Pair(options: options)
    let descriptor = pair.server.descriptor
    #expect(option(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY) == 1)
    #expect(option(descriptor, CInt(IPPROTO_TCP), TCP_NOTSENT_LOWAT) == 10_000)
    #expect(option(descriptor, SOL_SOCKET, SO_SNDBUF) == 100_000, "the kernel doubles it")
    #expect(fcntl(descriptor, F_GETFL) & O_NONBLOCK != 0)
    #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
  }

  @Test func `reading appends, then would block, then ends`() throws {
    let pair = try Pair()
    var bytes: [UInt8] = [9]
    #expect(pair.server.read(into: &bytes, maximum: 10) == .wouldBlock)
    try pair.client.write([1, 2, 3])
    pair.client.shutdownWrite()
    #expect(pair.server.read(into: &bytes, maximum: 2) == .bytes(2))
    #expect(pair.server.read(into: &bytes, maximum: 2) == .bytes(1))
    #expect(pair.server.read(into: &bytes, maximum: 2) == .end)
    #expect(bytes == [9, 1, 2, 3])
    let written = [UInt8]([7, 8]).withUnsafeBytes { pair.server.write($0) }
    #expect(written == .written(2))
    pair.server.shutdownWrite()
    var answer: [UInt8] = []
    while try pair.client.read(into: &answer) > 0 {}
    #expect(answer == [7, 8])
  }

  @Test func `writing to a connection that is gone fails and raises no signal`() throws {
    let pair = try Pair()
    // Closing with unread bytes resets the connection (RFC 9293 §3.10.4 and RFC 2525 §2.17).
    _ = [UInt8]([1]).withUnsafeBytes { pair.server.write($0) }
    pair.client.close()
    var outcomes: [WriteOutcome] = []
    for _ in 0..<2 { outcomes.append([UInt8]([1]).withUnsafeBytes { pair.server.write($0) }) }
    #expect(
      outcomes == [
        .failed(SystemError(errno: ECONNRESET, operation: "write to a connection")),
        .failed(SystemError(errno: EPIPE, operation: "write to a connection")),
      ]
    )
  }

  @Test func `a closed socket stays closed and fails`() throws {
    let pair = try Pair()
    pair.server.close()
    pair.server.close()
    #expect(pair.server.descriptor == -1)
    var bytes: [UInt8] = []
    let error = SystemError(errno: EBADF, operation: "read from a connection")
    #expect(pair.server.read(into: &bytes, maximum: 1) == .failed(error))
    #expect(try pair.client.read(into: &bytes) == 0)
  }

  /// Writes until there is no room, and returns how much went in.
  private func fill(_ socket: Socket) -> Int {
    let chunk = pattern(16 << 10)
    var total = 0
    while case .written(let count) = chunk.withUnsafeBytes({ socket.write($0) }) { total += count }
    return total
  }

  private func option(_ descriptor: CInt, _ level: CInt, _ name: CInt) -> CInt {
    var value: CInt = -1
    var size = socklen_t(MemoryLayout<CInt>.size)
    getsockopt(descriptor, level, name, &value, &size)
    return value
  }
}
