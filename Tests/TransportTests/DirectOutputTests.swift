// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import Transport

@Suite struct DirectOutputTests {
  private func write(_ bytes: [UInt8], _ output: DirectOutput?) -> Int? {
    bytes.withUnsafeBytes { output?.write($0) }
  }

  @Test func `what is written past the connection counts there`() throws {
    let (connection, client) = try makeConnection(limit: 10)
    #expect(write([1, 2, 3], connection.direct) == 3)
    #expect(connection.writtenBytes == 3 && connection.isClear)
    var bytes: [UInt8] = []
    while bytes.count < 3 { _ = try client.read(into: &bytes) }
    #expect(bytes == [1, 2, 3])
  }

  @Test func `nothing is written before what waits, nor what exceeds the limit`() throws {
    let (connection, client) = try makeConnection(limit: 4)
    #expect(write([1, 2, 3, 4, 5], connection.direct) == nil)
    #expect(connection.send([1]))
    #expect(write([2], connection.direct) == nil)
    #expect(connection.flush())
    #expect(write([2], connection.direct) == 1)
    client.close()
  }

  @Test func `a socket without room is known to have none, to both`() throws {
    let (connection, client) = try makeConnection(limit: 64 << 20)
    let bytes = pattern(16 << 20)
    let taken = try #require(write(bytes, connection.direct))
    #expect(taken < bytes.count)
    #expect(connection.isBlocked)
    #expect(write([1], connection.direct) == nil)
    #expect(connection.keep(bytes, from: taken))
    connection.becameWritable()
    // What waits still comes first.
    #expect(write([1], connection.direct) == nil)
    #expect(!connection.isBlocked && !connection.isClear)
    client.close()
  }

  @Test func `a lost connection is lost to both, with the reason`() throws {
    let (connection, client) = try makeConnection(limit: 100)
    client.close()
    connection.socket.shutdownWrite()
    #expect(write([1], connection.direct) == 0)
    #expect(connection.hasFailed && !connection.isClear)
    #expect(connection.failure == SystemError(errno: EPIPE, operation: "write to a connection"))
    #expect(write([1], connection.direct) == nil)
    #expect(!connection.send([1]) && !connection.keep([1], from: 0))
  }

  @Test func `nothing is written past a closed connection`() throws {
    let (connection, client) = try makeConnection(limit: 100)
    connection.close()
    #expect(write([1], connection.direct) == 0)
    #expect(connection.failure?.errno == EBADF)
    client.close()
  }
}
