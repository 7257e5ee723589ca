// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing
import Transport

@testable import Sinks

@Suite struct WebSocketSessionTests {
  @Test func `the first command must be connect`() throws {
    let harness = try SocketHarness(connects: false)
    harness.send(#"{"id":1,"subscribe":{"channel":"a"}}"#)
    #expect(try harness.next()?.contains(#""code":101"#) == true)
    #expect(try harness.closeCode() == 3501)
    #expect(harness.session.isClosing)
    #expect(harness.shard.sessionCount == 0)
  }

  @Test func `a second connect and what is no command end the session`() throws {
    for line in [#"{"id":2,"connect":{}}"#, "nonsense", #"{"id":1}"#] {
      let harness = try SocketHarness()
      harness.send(line)
      #expect(try harness.closeCode() == 3501)
    }
  }

  @Test func `several commands of a message are answered in order`() throws {
    let harness = try SocketHarness(connects: false)
    harness.send(
      #"{"id":1,"connect":{}}"# + "\n" + #"{"id":2,"ping":{}}"# + "\n{}\n"
        + #"{"id":3,"history":{}}"# + "\n" + #"{"id":4,"dance":{}}"# + "\n"
    )
    #expect(try harness.next()?.hasPrefix(#"{"id":1,"connect":{"client":"0-1","#) == true)
    #expect(
      try harness.rest() == [
        #"{"id":2,"ping":{}}"#,
        #"{"id":3,"error":{"code":107,"message":"bad request: 'channel' is missing"}}"#,
        #"{"id":4,"error":{"code":104,"message":"method not found: dance"}}"#,
      ]
    )
  }

  @Test func `frames may come byte by byte`() throws {
    let harness = try SocketHarness(connects: false)
    var frame: [UInt8] = []
    WebSocketFrame.encode(
      .text,
      Array(#"{"id":1,"connect":{}}"#.utf8),
      mask: 7,
      into: &frame
    )
    for byte in frame { harness.receive([byte]) }
    #expect(try harness.next()?.hasPrefix(#"{"id":1"#) == true)
  }

  @Test func `what breaks the protocol and a close are answered with their codes`() throws {
    let cases: [(bytes: [UInt8], code: UInt16)] = [
      ([0x81, 0x00], 1002), ([0xC1, 0x80, 0, 0, 0, 0], 1002), ([0x82, 0x80, 0, 0, 0, 0], 1003),
      ([0x81, 0x81, 0, 0, 0, 0, 0xFF], 1007), ([0x88, 0x82, 0, 0, 0, 0, 0x0F, 0xA1], 4001),
      ([0x88, 0x80, 0, 0, 0, 0], 1000),
      ([0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0], 1009),
    ]
    for (bytes, code) in cases {
      let harness = try SocketHarness()
      harness.receive(bytes)
      #expect(try harness.closeCode() == code)
      #expect(harness.session.isClosing)
    }
  }

  @Test func `nothing is kept of what a client sends after the end`() throws {
    let harness = try SocketHarness()
    harness.send("nonsense")
    #expect(harness.session.wantsInput)
    harness.send(#"{"id":2,"publish":{"channel":"a","data":1}}"#)
    #expect(harness.directory.existing("a") == nil)
    #expect(harness.session.decoder.bufferedCount == 0)
    #expect(try harness.closeCode() == 3501)
  }

  @Test func `whoever does not connect in time is sent away`() throws {
    let harness = try SocketHarness(connects: false)
    harness.advance(by: .seconds(14))
    #expect(!harness.session.isClosing)
    harness.advance(by: .seconds(1))
    #expect(try harness.closeCode() == 3502)
  }

  @Test func `an idle client is pinged, and closed if it does not answer`() throws {
    let harness = try SocketHarness()
    harness.advance(by: .seconds(25))
    #expect(try harness.next() == "{}")
    harness.advance(by: .seconds(7))
    harness.send("{}")
    harness.advance(by: .seconds(17))
    #expect(!harness.session.isClosing)
    harness.advance(by: .seconds(1))
    #expect(try harness.next() == "{}")
    harness.advance(by: .seconds(8))
    #expect(try harness.closeCode() == 3012)
    harness.advance(by: .seconds(100))
    #expect(harness.shard.sessionCount == 0)
  }

  @Test func `shutting down says so and leaves nothing behind`() throws {
    let harness = try SocketHarness()
    let topic = try harness.topic("a")
    harness.send(#"{"id":2,"subscribe":{"channel":"a"}}"#)
    harness.session.close(.shutdown)
    harness.turn()
    #expect(try harness.closeCode() == 3001)
    #expect(harness.shard.sessionCount == 0)
    #expect(harness.shard.topicCount == 0)
    #expect(!topic.isInUse)
  }

  @Test func `a client that takes nothing costs its cursor and what the kernel holds`() throws {
    let harness = try SocketHarness(rules: .init { _ in Retention(maximumCount: 64) })
    let topic = try harness.topic("a")
    harness.send(#"{"id":2,"subscribe":{"channel":"a","data":{"gaps":true}}}"#)
    _ = try harness.next()
    let large = event("\"" + String(repeating: "x", count: 10_000) + "\"")
    for _ in 0..<600 {
      topic.append(large)
      harness.turn()
    }
    #expect(harness.loopback.connection.isBlocked)
    #expect(harness.loopback.connection.outbound.count < 128 << 10)
    #expect(harness.loopback.connection.outbound.peakCount < 128 << 10)
    #expect(!harness.session.isClosing)
    var offsets: [Int] = []
    while offsets.last != 600 {
      let message = try #require(try harness.next())
      let range = try #require(message.firstRange(of: #""offset":"#))
      offsets.append(try #require(Int(message[range.upperBound...].prefix { $0.isNumber })))
    }
    #expect(offsets == offsets.sorted())
    #expect(Set(offsets).count == offsets.count)
    #expect(offsets.count < 600)
  }

  @Test func `a client that leaves its replies untaken is heard no further`() throws {
    let harness = try SocketHarness()
    let name = String(repeating: "x", count: 6_000)
    let message = String(repeating: #"{"id":2,"\#(name)":{}}"# + "\n", count: 10)
    var sentCount = 0
    while harness.session.wantsInput, sentCount < 1_000 {
      harness.send(message)
      sentCount += 1
    }
    #expect(!harness.session.wantsInput)
    #expect(harness.loopback.connection.outbound.count < FanOutLimits.unheardBytes + 10_000)
    #expect(!harness.session.isClosing)
    for _ in 0..<sentCount * 10 {
      #expect(try harness.next()?.hasPrefix(#"{"id":2,"error":{"code":104"#) == true)
      harness.session.proceed(now: harness.now)
    }
    #expect(harness.session.wantsInput)
  }

  @Test func `a frame larger than what may wait ends the session and nothing else`() throws {
    let harness = try SocketHarness(outboundLimit: 10_000)
    let topic = try harness.topic("a")
    harness.send(#"{"id":2,"subscribe":{"channel":"a"}}"#)
    topic.append(event("\"" + String(repeating: "x", count: 20_000) + "\""))
    harness.turn()
    #expect(try harness.closeCode() == 3008)
    #expect(harness.shard.topicCount == 0)
  }

  @Test func `a client that is behind gives others their turn`() throws {
    let harness = try SocketHarness()
    let topic = try harness.topic("a")
    harness.send(#"{"id":2,"subscribe":{"channel":"a"}}"#)
    topic.appendNumbers(1...5_000)
    harness.turns.turn(harness.shard)
    #expect(harness.turns.waitingCount > 0)
    _ = try harness.next()
    for number in 1...5_000 { #expect(try harness.next()?.contains("\(number)") == true) }
  }
}
