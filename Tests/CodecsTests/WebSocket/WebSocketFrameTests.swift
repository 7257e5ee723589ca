// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct WebSocketFrameTests {
  static func encoded(_ encode: (inout [UInt8]) -> Void) -> [UInt8] {
    var bytes: [UInt8] = []
    encode(&bytes)
    return bytes
  }

  @Test func `the frames of RFC 6455 section 5.7 are written`() {
    #expect(
      Self.encoded { WebSocketFrame.encode(.text, "Hello".utf8, into: &$0) }
        == hex("81 05 48656c6c6f")
    )
    #expect(
      Self.encoded { WebSocketFrame.encode(.text, "Hello".utf8, mask: 0x37fa_213d, into: &$0) }
        == hex("81 85 37fa213d 7f9f4d5158")
    )
    #expect(
      Self.encoded { output in
        WebSocketFrame.encode(.text, "Hel".utf8, isFinal: false, into: &output)
        WebSocketFrame.encode(.continuation, "lo".utf8, into: &output)
      } == hex("01 03 48656c 80 02 6c6f")
    )
  }

  @Test(arguments: [0, 1, 7, 8, 9, 125, 126, 127, 65535, 65536, 70001])
  func `payloads of every length form survive writing and reading`(count: Int) throws {
    var random = SeededGenerator(seed: UInt64(count))
    let payload = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    var limits = WebSocketLimits()
    limits.maximumMessageBytes = 1 << 20
    for mask: UInt32? in [nil, 0, 0x0102_0304, 0xFFFF_FFFF, 0x8000_0001] {
      let bytes = Self.encoded { WebSocketFrame.encode(.binary, payload, mask: mask, into: &$0) }
      let role: WebSocketRole = mask == nil ? .client : .server
      let whole = WebSocketDecoder.outcome([bytes], role: role, limits: limits)
      #expect(whole.events == [.binary(payload)])
      let pieces = random.pieces(of: bytes, upTo: max(13, count / 20))
      #expect(WebSocketDecoder.outcome(pieces, role: role, limits: limits).events == whole.events)
      let header = bytes.count - count - (mask == nil ? 0 : 4)
      #expect(header == (count <= 125 ? 2 : count <= 65535 ? 4 : 10))
    }
  }

  @Test func `a close frame carries a code and as much of the reason as fits`() {
    #expect(Self.encoded { WebSocketFrame.encodeClose(code: nil, into: &$0) } == hex("88 00"))
    #expect(
      Self.encoded { WebSocketFrame.encodeClose(code: 3008, reason: "slow", into: &$0) }
        == hex("88 06 0bc0 736c6f77")
    )
    let long = String(repeating: "€", count: 42)
    let bytes = Self.encoded { WebSocketFrame.encodeClose(code: 1000, reason: long, into: &$0) }
    let outcome = WebSocketDecoder.outcome([bytes], role: .client)
    #expect(outcome.events == [.close(code: 1000, reason: String(repeating: "€", count: 41))])
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func `random messages in random fragments survive, and mutated ones do no harm`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var bytes: [UInt8] = []
    var expected: [WebSocketEvent] = []
    for _ in 0..<8 {
      let text = Array(random.string(upTo: 200).utf8)
      expected.append(.text(text))
      let fragments = random.pieces(of: text, upTo: 50)
      for (index, fragment) in fragments.enumerated() {
        WebSocketFrame.encode(
          index == 0 ? .text : .continuation,
          fragment,
          isFinal: false,
          mask: UInt32(truncatingIfNeeded: random.next()),
          into: &bytes
        )
      }
      let last: WebSocketOpcode = fragments.isEmpty ? .text : .continuation
      WebSocketFrame.encode(last, [], mask: 7, into: &bytes)
    }
    #expect(WebSocketDecoder.outcome(random.pieces(of: bytes, upTo: 40)).events == expected)
    for _ in 0..<50 {
      let mutated = random.mutate(bytes)
      let whole = WebSocketDecoder.outcome([mutated])
      let pieces = WebSocketDecoder.outcome(random.pieces(of: mutated, upTo: 30))
      #expect(whole.events == pieces.events)
      #expect(whole.violation == pieces.violation)
    }
  }
}
