// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

/// Compressed messages, written (RFC 7692 §7.2.1), and what they may grow to.
@Suite struct WebSocketDeflaterTests {
  static func agreed(bits: Int, keepsContext: Bool) -> PermessageDeflate {
    var agreed = PermessageDeflate()
    (agreed.clientMaxWindowBits, agreed.serverMaxWindowBits) = (bits, bits)
    (agreed.clientNoContextTakeover, agreed.serverNoContextTakeover) = (
      !keepsContext, !keepsContext
    )
    return agreed
  }

  static func encoded(
    _ deflater: inout WebSocketDeflater,
    _ opcode: WebSocketOpcode,
    _ payload: some Collection<UInt8>,
    mask: UInt32? = nil
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    deflater.encode(opcode, payload, mask: mask, into: &bytes)
    return bytes
  }

  @Test func `the examples of RFC 7692 section 7 point 2 point 3 are written`() {
    var deflater = WebSocketDeflater(keepsContext: true, minimumBytes: 0)
    #expect(Self.encoded(&deflater, .text, "Hello".utf8) == hex("c1 07 f248cdc9c90700"))
    #expect(Self.encoded(&deflater, .text, "Hello".utf8) == hex("c1 05 f200110000"))
    #expect(Self.encoded(&deflater, .text, []) == hex("c1 01 00"))
    #expect(Self.encoded(&deflater, .binary, []) == hex("c2 01 00"))
    deflater.releaseMemory()
    #expect(
      Self.encoded(&deflater, .text, "Hello".utf8, mask: 0x0102_0304)
        == hex("c1 87 01020304 f34acecdc80503")
    )
  }

  @Test func `without context equal messages make equal frames that stand for themselves`() {
    var deflater = WebSocketDeflater()
    let payload = Array(String(repeating: "Hello, ", count: 20).utf8)
    let first = Self.encoded(&deflater, .text, payload)
    #expect(first.count < 30)
    #expect(Self.encoded(&deflater, .text, payload) == first)
    let agreed = Self.agreed(bits: 15, keepsContext: false)
    let outcome = WebSocketDecoder.outcome([first, first], role: .client, compression: agreed)
    #expect(outcome.events == [.text(payload), .text(payload)])
  }

  @Test func `what does not get smaller goes out as it is, but not with a context`() {
    var random = SeededGenerator(seed: 1)
    let noise = (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) }
    var deflater = WebSocketDeflater()
    #expect(Self.encoded(&deflater, .binary, noise) == hex("82 7e 00c8") + noise)
    var keeping = WebSocketDeflater(keepsContext: true)
    let first = Self.encoded(&keeping, .binary, noise)
    #expect(first[0] == 0xC2)
    #expect(Self.encoded(&keeping, .binary, noise).count < 20)
  }

  @Test func `a message below the minimum is not compressed`() {
    let payload = [UInt8](repeating: 0x61, count: 64)
    var deflater = WebSocketDeflater()
    #expect(Self.encoded(&deflater, .text, payload)[0] == 0xC1)
    #expect(Self.encoded(&deflater, .text, payload.dropLast())[0] == 0x81)
  }

  @Test(arguments: 8...15, [false, true])
  func `random messages survive in every window`(bits: Int, keepsContext: Bool) {
    var random = SeededGenerator(seed: UInt64(bits))
    var deflater = WebSocketDeflater(windowBits: bits, keepsContext: keepsContext, minimumBytes: 0)
    let agreed = Self.agreed(bits: bits, keepsContext: keepsContext)
    // Words that recur at distances beyond the smaller windows.
    let words = (0..<60).map { _ in Array(random.string(upTo: 30).utf8) }
    var bytes: [UInt8] = []
    var events: [WebSocketEvent] = []
    for _ in 0..<30 {
      let count = Int.random(in: 0...120, using: &random)
      let payload = (0..<count).flatMap { _ in words.randomElement(using: &random) ?? [] }
      events.append(.text(payload))
      deflater.encode(.text, payload, mask: UInt32(truncatingIfNeeded: random.next()), into: &bytes)
    }
    for maximum in [1, 7, 300, bytes.count] {
      let pieces = random.pieces(of: bytes, upTo: maximum)
      let outcome = WebSocketDecoder.outcome(pieces, compression: agreed)
      #expect(outcome.violation == nil)
      #expect(outcome.events == events)
    }
  }

  @Test func `a large message survives`() {
    let payload = [UInt8](repeating: 0x61, count: 4 << 20)
    var limits = WebSocketLimits()
    limits.maximumMessageBytes = payload.count
    var deflater = WebSocketDeflater()
    let frame = Self.encoded(&deflater, .binary, payload, mask: 1)
    #expect(frame.count < 5_000)
    let agreed = Self.agreed(bits: 15, keepsContext: false)
    let outcome = WebSocketDecoder.outcome([frame], limits: limits, compression: agreed)
    #expect(outcome.events == [.binary(payload)])
  }

  @Test(arguments: [0, 1, 63, 4096, 65536])
  func `a message may inflate to n bytes and no more`(limit: Int) {
    var limits = WebSocketLimits()
    limits.maximumMessageBytes = limit
    var deflater = WebSocketDeflater(keepsContext: true, minimumBytes: 0)
    let whole = Self.encoded(&deflater, .binary, [UInt8](repeating: 0, count: limit))
    let bomb = Self.encoded(&deflater, .binary, [UInt8](repeating: 0, count: limit + 1))
    for pieces in [[whole + bomb], (whole + bomb).map { [$0] }] {
      let outcome = WebSocketDecoder.outcome(
        pieces,
        role: .client,
        limits: limits,
        compression: .init()
      )
      #expect(outcome.events == [.binary([UInt8](repeating: 0, count: limit))])
      #expect(outcome.violation == .messageTooLarge(limitBytes: limit))
      #expect(outcome.violation?.closeCode == 1009)
    }
  }

  @Test func `a bomb is refused before it has come`() {
    var deflater = WebSocketDeflater()
    let bomb = Self.encoded(&deflater, .binary, [UInt8](repeating: 0, count: 16 << 20))
    var decoder = WebSocketDecoder(role: .client, compression: .init())
    // Of 16 KB, a few hundred bytes show it.
    decoder.receive(bomb.prefix(400))
    #expect(throws: WebSocketViolation.messageTooLarge(limitBytes: 65536)) {
      try decoder.nextEvent()
    }
    #expect(holdsMemory(decoder) == false)
  }

  @Test func `blocks without content are bounded too`() {
    var limits = WebSocketLimits()
    limits.maximumMessageBytes = 1000
    // 1,000, an eighth of it, and 1 KiB.
    let most = 1000 + 125 + 1024
    for count in [most - 4, most + 1] {
      // Empty stored blocks, the last one cut short as every message's.
      var payload = [UInt8]((0..<count / 5).map { _ in hex("00 0000ffff") }.joined())
      payload.append(0)
      var bytes: [UInt8] = []
      WebSocketFrame.encode(.binary, payload, isCompressed: true, into: &bytes)
      let outcome = WebSocketDecoder.outcome(
        [bytes],
        role: .client,
        limits: limits,
        compression: .init()
      )
      let isRefused = payload.count > most
      #expect(outcome.violation == (isRefused ? .messageTooLarge(limitBytes: 1000) : nil))
      #expect(outcome.events == (isRefused ? [] : [.binary([])]))
    }
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func `mutated compression says the same whole and in pieces`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var deflater = WebSocketDeflater(keepsContext: seed % 2 == 0, minimumBytes: 0)
    var bytes: [UInt8] = []
    for _ in 0..<5 {
      deflater.encode(.text, Array(random.string(upTo: 60).utf8), mask: 7, into: &bytes)
    }
    for _ in 0..<50 {
      let mutated = random.mutate(bytes)
      let whole = WebSocketDecoder.outcome([mutated], compression: .init())
      let pieces = random.pieces(of: mutated, upTo: 20)
      let parts = WebSocketDecoder.outcome(pieces, compression: .init())
      #expect(whole.events == parts.events)
      #expect(whole.violation == parts.violation)
    }
  }
}
