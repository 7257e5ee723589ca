// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing
import Transport

@testable import Sinks

@Suite struct WebSocketCompressionTests {
  private let long = #"{"text":""# + String(repeating: "again and ", count: 100) + #""}"#

  private func agreement(_ bits: Int? = nil) -> PermessageDeflate {
    var compression = PermessageDeflate()
    compression.serverNoContextTakeover = true
    compression.clientNoContextTakeover = true
    compression.serverMaxWindowBits = bits
    return compression
  }

  private func subscribe(_ harness: SocketHarness) throws {
    harness.send(#"{"id":2,"subscribe":{"channel":"a"}}"#)
    _ = try harness.next()
  }

  private func push(_ data: String, _ offset: Int) -> String {
    #"{"push":{"channel":"a","pub":{"data":\#(data),"offset":\#(offset)}}}"#
  }

  @Test func `an event is compressed once for all sessions with the same window`() throws {
    let plain = try SocketHarness()
    let wide = try (1...3).map { _ in
      try SocketHarness(compression: agreement(), beside: plain)
    }
    let narrow = try (1...2).map { _ in
      try SocketHarness(compression: agreement(9), beside: plain)
    }
    let topic = try plain.topic("a")
    for harness in [plain] + wide + narrow { try subscribe(harness) }
    for _ in 1...10 { topic.append(event(long)) }
    let expected = (1...10).map { push(long, $0) }
    for harness in [plain] + wide + narrow { #expect(try harness.rest() == expected) }
    let frames = plain.shard.frames
    #expect(frames.compressedCount.webSocket == 20)
    #expect(frames.encodedCount == 30)
    let plainBytes = plain.loopback.connection.writtenBytes
    for harness in wide + narrow {
      #expect(harness.loopback.connection.writtenBytes < plainBytes / 5)
    }
  }

  @Test func `what would not become shorter goes as it is`() throws {
    let harness = try SocketHarness(compression: agreement())
    try subscribe(harness)
    try harness.topic("a").append(event("1"))
    #expect(try harness.rest() == [push("1", 1)])
    #expect(harness.shard.frames.compressedCount.webSocket == 0)
  }

  @Test func `who is behind what is kept gets plain frames, encoded for it alone`() throws {
    let topic = makeTopic("a")
    let compressor = FrameCompressor()
    let format = WireFormat.compressedWebSocket(channel: "a", windowBits: 15)
    let log = FrameLog(topic, format, compressor: compressor)
    for _ in 1...300 { topic.append(event(long)) }
    _ = log.slice(from: 300, maximumCount: 64, maximumBytes: 1 << 20)
    let before = compressor.messageCount
    let late = log.slice(from: 1, maximumCount: 1, maximumBytes: 1 << 20)
    #expect(late.frames.compactMap { frameText($0) } == [push(long, 1)])
    #expect(compressor.messageCount == before)
  }

  @Test func `a client's compressed command is understood, and a bomb is refused`() throws {
    let harness = try SocketHarness(compression: agreement())
    var deflater = WebSocketDeflater()
    var frame: [UInt8] = []
    let channel = String(repeating: "a", count: 100)
    let command = #"{"id":2,"subscribe":{"channel":"\#(channel)"}}"#
    deflater.encode(.text, Array(command.utf8), mask: 7, into: &frame)
    #expect(frame[0] & 0x40 != 0)
    harness.receive(frame)
    #expect(try harness.next()?.hasPrefix(#"{"id":2,"subscribe":"#) == true)
    let bomb = Array(repeating: UInt8(ascii: " "), count: 1 << 20)
    frame = []
    deflater.encode(.text, bomb, mask: 7, into: &frame)
    #expect(frame.count < 2_000)
    harness.receive(frame)
    #expect(try harness.closeCode() == 1009)
  }

  @Test func `a compressed command without an agreement ends the session`() throws {
    let harness = try SocketHarness()
    var deflater = WebSocketDeflater()
    var frame: [UInt8] = []
    deflater.encode(.text, Array(long.utf8), mask: 7, into: &frame)
    harness.receive(frame)
    #expect(try harness.closeCode() == 1002)
  }
}
