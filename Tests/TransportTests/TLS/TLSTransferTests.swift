// SPDX-License-Identifier: Apache-2.0
import COpenSSL
import Foundation
import TestCertificates
import Testing

@testable import Transport

@Suite struct TLSTransferTests {
  private static let tight = SocketOptions(sendBufferBytes: 8 << 10, unsentBytes: 4 << 10)

  @Test(arguments: [TLSVersion.version12, .version13], [1_000, 64 << 10])
  func `a large transfer to a slow reader arrives whole`(version: TLSVersion, reads: Int) throws {
    let pair = try TLSWorld(versions: version...version).connected(Self.tight)
    let sent = pattern(1_000_000)
    var rest = sent[...]
    var size = 1
    while !rest.isEmpty {
      #expect(pair.server.send(Array(rest.prefix(size))))
      rest = rest.dropFirst(size)
      // From slices that share a record to slices that fill several.
      size = size > 100_000 ? 1 : size * 3
    }
    var wasBlocked = false
    try pair.exchange(clientReads: reads) {
      wasBlocked = wasBlocked || pair.server.isBlocked
      return pair.receivedByClient.count >= sent.count
    }
    #expect(pair.receivedByClient == sent)
    #expect(wasBlocked)
    #expect(pair.server.isWritten && pair.server.heldBytes == 0)
    // Records cost a little more than what is in them.
    #expect(pair.server.writtenBytes > UInt64(sent.count))
  }

  @Test func `what is written at once and not taken goes on where it stopped`() throws {
    let pair = try TLSWorld().connected(Self.tight)
    let sent = pattern(1_000_000)
    #expect(pair.server.write([]) == 0)
    let taken = try #require(pair.server.write(sent))
    #expect(taken > 0 && taken < sent.count)
    #expect(pair.server.isBlocked)
    #expect(pair.server.write([1]) == nil)
    #expect(pair.server.keep(sent, from: taken))
    #expect(pair.server.send([1, 2, 3]))
    try pair.exchange { pair.receivedByClient.count >= sent.count + 3 }
    #expect(pair.receivedByClient == sent + [1, 2, 3])
    #expect(pair.server.writtenBytes > UInt64(sent.count + 3))
  }

  @Test func `what is encrypted and not taken counts as held, not as written`() throws {
    let pair = try TLSWorld().connected(Self.tight)
    let sent = pattern(40_000)
    // The socket has no room left before the last of these.
    while pair.server.isClear {
      #expect(pair.server.send(sent))
      pair.server.flush()
    }
    // All of it was encrypted at once, and the socket has taken a part.
    let (written, held) = (pair.server.writtenBytes, pair.server.heldBytes)
    #expect(pair.server.outbound.isEmpty && held > 0)
    try pair.exchange { pair.server.isWritten }
    #expect(pair.server.writtenBytes == written + UInt64(held))
    #expect(pair.server.heldBytes == 0)
  }

  @Test func `nothing is written at once before the handshake is over`() throws {
    let world = try TLSWorld()
    let pair = try TLSPair(world.server, world.client)
    #expect(pair.server.write([1]) == nil)
    #expect(!pair.server.isBlocked)
  }

  @Test func `both sides can send much at once and neither waits for the other`() throws {
    let pair = try TLSWorld().connected(Self.tight)
    let sent = pattern(1_000_000)
    #expect(pair.server.send(sent) && pair.client.send(sent))
    try pair.exchange {
      pair.receivedByClient.count >= sent.count && pair.receivedByServer.count >= sent.count
    }
    #expect(pair.receivedByClient == sent && pair.receivedByServer == sent)
  }

  @Test func `one byte at a time arrives in order`() throws {
    let pair = try TLSWorld().connected()
    let sent = pattern(2_000)
    for byte in sent {
      #expect(pair.client.send([byte]))
      pair.client.flush()
    }
    try pair.exchange { pair.receivedByServer.count >= sent.count }
    #expect(pair.receivedByServer == sent)
  }

  @Test func `data left in the session come without another event`() throws {
    let pair = try TLSWorld().connected()
    let sent = pattern(5_000)
    #expect(pair.client.send(sent) && pair.client.flush())
    var bytes: [UInt8] = []
    while pair.server.read(into: &bytes, maximum: 1) == .wouldBlock {}
    // The record is in memory: nothing is left in the socket that epoll could tell of.
    var byte: UInt8 = 0
    #expect(recv(pair.server.socket.descriptor, &byte, 1, CInt(MSG_PEEK)) == -1)
    while case .bytes(let count) = pair.server.read(into: &bytes, maximum: 7) {
      #expect(count <= 7)
    }
    #expect(bytes == sent)
  }

  @Test func `small frames share a record, and a flush is one write`() throws {
    let pair = try TLSWorld(versions: .version12 ... .version12).connected()
    for size in [700, 800, 900, 513, 600] { #expect(pair.server.send(pattern(size))) }
    #expect(pair.server.flush())
    #expect(try recordSizes(pair.client.socket) == [3_513 + 24])
    #expect(pair.server.send(pattern(40_000)) && pair.server.send(pattern(1)))
    #expect(pair.server.flush())
    let sizes = try recordSizes(pair.client.socket).dropFirst()
    #expect(sizes.elementsEqual([16_384 + 24, 16_384 + 24, 7_233 + 24]))
  }

  /// The sizes of the records that wait in a socket, without taking them.
  private func recordSizes(_ socket: Socket) throws -> [Int] {
    var bytes = [UInt8](repeating: 0, count: 100_000)
    var sizes: [Int] = []
    let count = recv(socket.descriptor, &bytes, bytes.count, CInt(MSG_PEEK))
    var index = 0
    while index < count {
      try #require(bytes[index] == 23, "a record of data")
      let size = Int(bytes[index + 3]) << 8 | Int(bytes[index + 4])
      sizes.append(size)
      index += 5 + size
    }
    return sizes
  }

  @Test(arguments: [TLSVersion.version12, .version13])
  func `an end that was said is told apart from a cut`(version: TLSVersion) throws {
    let world = try TLSWorld(versions: version...version)
    let said = try world.connected()
    #expect(said.client.send([1, 2, 3]) && said.client.flush())
    said.client.shutdownWrite()
    try said.exchange { said.serverEnd != nil }
    #expect(said.receivedByServer == [1, 2, 3])
    #expect(said.serverEnd == .end)
    // The other direction goes on.
    #expect(said.server.send([4]))
    said.server.flush()
    said.server.shutdownWrite()
    try said.exchange { said.clientEnd != nil }
    #expect(said.receivedByClient == [4])
    #expect(said.clientEnd == .end)

    let cut = try world.connected()
    #expect(cut.client.send([1, 2, 3]) && cut.client.flush())
    cut.client.socket.shutdownWrite()
    try cut.exchange { cut.serverEnd != nil }
    #expect(cut.receivedByServer == [1, 2, 3])
    #expect(try cut.serverSession.failure == .truncated)
    // That is no failed handshake.
    #expect(world.server.statistics.counts.failed == [:])
  }

  @Test func `closing says goodbye`() throws {
    let pair = try TLSWorld().connected()
    pair.server.close()
    pair.server.close()
    try pair.exchange { pair.clientEnd != nil }
    #expect(pair.clientEnd == .end)
  }

  @Test func `a goodbye waits for the data before it`() throws {
    let pair = try TLSWorld().connected(Self.tight)
    let sent = pattern(400_000)
    #expect(pair.server.send(sent))
    try pair.exchange { pair.receivedByClient.count >= sent.count && pair.server.isWritten }
    pair.server.shutdownWrite()
    try pair.exchange { pair.clientEnd != nil }
    #expect(pair.receivedByClient == sent)
    #expect(pair.clientEnd == .end)
  }

  @Test func `writing to a peer that is gone fails and ends nothing else`() throws {
    let pair = try TLSWorld().connected()
    var option = linger(l_onoff: 1, l_linger: 0)
    let size = socklen_t(MemoryLayout<linger>.size)
    setsockopt(pair.client.socket.descriptor, SOL_SOCKET, SO_LINGER, &option, size)
    pair.client.socket.close()
    while pair.server.failure == nil {
      _ = pair.server.send(pattern(1_000))
      pair.server.flush()
    }
    #expect(try pair.serverSession.failure?.reason == .lost)
    #expect(!pair.server.flush() && !pair.server.send([1]))
    var bytes: [UInt8] = []
    guard case .failed = pair.server.read(into: &bytes, maximum: 1) else { throw Unexpected() }
  }

  @Test func `bytes changed on their way end the connection`() throws {
    let pair = try TLSWorld().connected()
    // A record of data that no key has made.
    let forged: [UInt8] = [23, 3, 3, 0, 32] + pattern(32)
    #expect(forged.withUnsafeBytes { pair.client.socket.write($0) } == .written(37))
    try pair.exchange { pair.serverEnd != nil }
    #expect(pair.receivedByServer.isEmpty)
    #expect(try pair.serverSession.failure?.reason == .violation)
    try pair.exchange { pair.clientEnd != nil }
    #expect(try pair.clientSession.failure?.reason == .violation)
  }

  @Test func `key updates that demand answers cost nothing until there is something to say`()
    throws
  {
    let pair = try TLSWorld().connected(Self.tight)
    let ssl = try pair.clientSession.ssl
    try pair.exchange(clientReads: 0) {
      SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED)
      _ = pair.client.send([0])
      return pair.receivedByServer.count >= 500
    }
    #expect(pair.server.isWritten)
    #expect(pair.server.send([1, 2, 3]))
    try pair.exchange { pair.receivedByClient.count >= 3 }
    #expect(pair.receivedByClient == [1, 2, 3])
  }
}
