// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Transport

@Suite struct ConnectionTests {
  @Test func `what is sent leaves at the next flush, in order`() throws {
    let (connection, client) = try makeConnection(limit: 100)
    #expect(connection.isClear)
    #expect(connection.send([1, 2]))
    #expect(connection.send([3]))
    #expect(!connection.isClear)
    #expect(connection.writtenBytes == 0)
    #expect(connection.flush())
    #expect(connection.isClear)
    #expect(connection.writtenBytes == 3)
    var bytes: [UInt8] = []
    while bytes.count < 3 { _ = try client.read(into: &bytes) }
    #expect(bytes == [1, 2, 3])
  }

  @Test func `what exceeds the limit is refused as a whole, and what waits stays`() throws {
    let (connection, _) = try makeConnection(limit: 4)
    #expect(connection.send([1, 2, 3]))
    #expect(!connection.send([4, 5]))
    #expect(connection.outbound.count == 3)
    #expect(connection.send([4]))
    #expect(connection.flush())
  }

  @Test func `a socket without room is left alone until there is some`() throws {
    let (connection, client) = try makeConnection(limit: 64 << 20)
    let expected = pattern(3 << 20)
    #expect(connection.send(expected))
    #expect(!connection.flush())
    #expect(connection.isBlocked)
    let written = connection.writtenBytes
    #expect(!connection.flush())
    #expect(connection.writtenBytes == written)
    var received: [UInt8] = []
    while received.count < expected.count {
      _ = try client.read(into: &received)
      connection.becameWritable()
      connection.flush()
    }
    #expect(received == expected)
    #expect(connection.isClear && !connection.isBlocked)
    #expect(connection.writtenBytes == UInt64(expected.count))
  }

  @Test func `a lost connection takes nothing more and is never clear again`() throws {
    let (connection, client) = try makeConnection(limit: 100)
    client.close()
    connection.socket.close()
    #expect(connection.send([1]))
    #expect(!connection.flush())
    #expect(connection.failure != nil)
    #expect(!connection.send([2]))
    #expect(!connection.isClear)
    #expect(!connection.flush())
  }

  @Test func `what is written at once leaves without a flush, unless something waits`() throws {
    let (connection, client) = try makeConnection(limit: 4)
    #expect(connection.write([1, 2]) == 2)
    #expect(connection.isClear && connection.writtenBytes == 2)
    #expect(connection.write([1, 2, 3, 4, 5]) == nil)
    #expect(connection.send([3]))
    #expect(connection.write([4]) == nil)
    #expect(connection.flush())
    #expect(connection.write([4]) == 1)
    var bytes: [UInt8] = []
    while bytes.count < 4 { _ = try client.read(into: &bytes) }
    #expect(bytes == [1, 2, 3, 4])
  }

  @Test func `what was not taken at once waits, and then comes before everything else`() throws {
    let (connection, client) = try makeConnection(limit: 64 << 20)
    let expected = pattern(16 << 20)
    let taken = try #require(connection.write(expected))
    #expect(taken > 0 && taken < expected.count)
    #expect(connection.isBlocked)
    #expect(connection.keep(expected, from: taken))
    #expect(connection.outbound.count == expected.count - taken)
    #expect(connection.send([1, 2, 3]))
    #expect(connection.write([4]) == nil)
    var received: [UInt8] = []
    while received.count < expected.count + 3 {
      _ = try client.read(into: &received)
      connection.becameWritable()
      connection.flush()
    }
    #expect(received == expected + [1, 2, 3])
    #expect(connection.isClear && !connection.isBlocked)
    #expect(connection.writtenBytes == UInt64(expected.count + 3))
  }

  @Test func `writing at once tells of a lost connection, and keeps nothing for it`() throws {
    let (connection, client) = try makeConnection(limit: 100)
    client.close()
    connection.socket.close()
    #expect(connection.write([1, 2]) == 0)
    #expect(connection.failure != nil && !connection.isBlocked)
    #expect(!connection.keep([1, 2], from: 1))
    #expect(connection.outbound.isEmpty)
    #expect(connection.write([1]) == nil)
  }
}
