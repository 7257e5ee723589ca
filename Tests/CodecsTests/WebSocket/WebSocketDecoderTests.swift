// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

extension WebSocketDecoder {
  /// Decodes `pieces` to the end or to a violation.
  static func outcome(
    _ pieces: [some Sequence<UInt8>],
    role: WebSocketRole = .server,
    limits: WebSocketLimits = .init(),
    compression: PermessageDeflate? = nil
  ) -> (events: [WebSocketEvent], violation: WebSocketViolation?) {
    var decoder = WebSocketDecoder(role: role, limits: limits, compression: compression)
    var events: [WebSocketEvent] = []
    do {
      for piece in pieces {
        decoder.receive(piece)
        while let event = try decoder.nextEvent() { events.append(event) }
      }
    } catch {
      return (events, error)
    }
    return (events, nil)
  }
}

@Suite struct WebSocketDecoderTests {
  static let hello = Array("Hello".utf8)

  /// The examples of RFC 6455 §5.7, then masked forms of the rest.
  static let vectors: [(bytes: [UInt8], role: WebSocketRole, events: [WebSocketEvent])] = [
    (hex("81 05 48656c6c6f"), .client, [.text(hello)]),
    (hex("81 85 37fa213d 7f9f4d5158"), .server, [.text(hello)]),
    (hex("01 03 48656c 80 02 6c6f"), .client, [.text(hello)]),
    (hex("89 05 48656c6c6f"), .client, [.ping(hello)]),
    (hex("8a 85 37fa213d 7f9f4d5158"), .server, [.pong(hello)]),
    (
      hex("82 7e 0100") + [UInt8](repeating: 7, count: 256), .client,
      [.binary([UInt8](repeating: 7, count: 256))]
    ),
    (
      hex("01 03 48656c 89 01 21 00 00 80 02 6c6f 82 00"), .client,
      [.ping([0x21]), .text(hello), .binary([])]
    ),
    (hex("88 00"), .client, [.close(code: nil, reason: "")]),
    (hex("88 02 03e8 81 01 41"), .client, [.close(code: 1000, reason: "")]),
    (hex("88 06 0bb8 e282ac21"), .client, [.close(code: 3000, reason: "€!")]),
    (hex("01 01 e2 00 01 82 80 02 ac41"), .client, [.text(Array("€A".utf8))]),
    (hex("81 04 f09f9880"), .client, [.text(Array("😀".utf8))]),
    (hex("88 82 00000000 03e8"), .server, [.close(code: 1000, reason: "")]),
  ]

  @Test(arguments: vectors)
  func `frames decode the same however they are split`(
    bytes: [UInt8],
    role: WebSocketRole,
    events: [WebSocketEvent]
  ) {
    for pieces in splits(of: bytes) {
      let outcome = WebSocketDecoder.outcome(pieces, role: role)
      #expect(outcome.events == events)
      #expect(outcome.violation == nil)
    }
  }

  @Test func `a message of 64 KiB has a length of eight bytes`() {
    let payload = [UInt8](repeating: 0x61, count: 65536)
    let outcome = WebSocketDecoder.outcome([hex("82 7f 0000000000010000") + payload], role: .client)
    #expect(outcome.events == [.binary(payload)])
  }

  static let violations: [(String, WebSocketRole, WebSocketViolation, UInt16)] = [
    ("c1 00", .client, .reservedBits, 1002), ("a1 00", .client, .reservedBits, 1002),
    ("91 00", .client, .reservedBits, 1002), ("83 00", .client, .unknownOpcode(3), 1002),
    ("87 00", .client, .unknownOpcode(7), 1002), ("8b 00", .client, .unknownOpcode(11), 1002),
    ("8f 00", .client, .unknownOpcode(15), 1002), ("81 05", .server, .unmaskedFrame, 1002),
    ("81 85", .client, .maskedFrame, 1002), ("09 00", .client, .fragmentedControl, 1002),
    ("08 00", .client, .fragmentedControl, 1002), ("89 7e", .client, .controlTooLong, 1002),
    ("8a 7f", .client, .controlTooLong, 1002), ("80 00", .client, .unexpectedContinuation, 1002),
    ("00 00", .client, .unexpectedContinuation, 1002),
    ("81 01 41 80 00", .client, .unexpectedContinuation, 1002),
    ("01 00 81 00", .client, .unfinishedMessage, 1002),
    ("01 00 02 00", .client, .unfinishedMessage, 1002),
    ("82 7e 007d", .client, .invalidLength, 1002), ("82 7e 0000", .client, .invalidLength, 1002),
    ("82 7f 000000000000ffff", .client, .invalidLength, 1002),
    ("82 7f 8000000000000000", .client, .invalidLength, 1002),
    ("82 7f 7fffffffffffffff", .client, .messageTooLarge(limitBytes: 65536), 1009),
    ("81 01 ff", .client, .invalidUTF8, 1007), ("81 01 c3", .client, .invalidUTF8, 1007),
    ("81 03 eda080", .client, .invalidUTF8, 1007), ("81 02 c080", .client, .invalidUTF8, 1007),
    ("01 01 e2 00 01 28", .client, .invalidUTF8, 1007),
    ("01 02 e282 80 00", .client, .invalidUTF8, 1007),
    ("81 7e 0080 41ff", .client, .invalidUTF8, 1007),
    ("88 01 03", .client, .invalidCloseCode, 1002),
    ("88 02 0000", .client, .invalidCloseCode, 1002),
    ("88 02 03e7", .client, .invalidCloseCode, 1002),
    ("88 02 03ec", .client, .invalidCloseCode, 1002),
    ("88 02 03ed", .client, .invalidCloseCode, 1002),
    ("88 02 03ee", .client, .invalidCloseCode, 1002),
    ("88 02 03f7", .client, .invalidCloseCode, 1002),
    ("88 02 0bb7", .client, .invalidCloseCode, 1002),
    ("88 02 1388", .client, .invalidCloseCode, 1002), ("88 03 03e8ff", .client, .invalidUTF8, 1007),
  ]

  @Test(arguments: violations)
  func `a broken frame is refused however it is split`(
    bytes: String,
    role: WebSocketRole,
    violation: WebSocketViolation,
    closeCode: UInt16
  ) {
    for pieces in splits(of: hex(bytes)) {
      #expect(WebSocketDecoder.outcome(pieces, role: role).violation == violation)
    }
    #expect(violation.closeCode == closeCode)
  }

  @Test func `a violation is thrown again and again`() {
    var decoder = WebSocketDecoder(role: .server)
    decoder.receive(hex("81 05"))
    for _ in 0..<3 {
      #expect(throws: WebSocketViolation.unmaskedFrame) { try decoder.nextEvent() }
      decoder.receive(hex("81 85 37fa213d 7f9f4d5158"))
    }
  }

  @Test func `a message may have n bytes and no more, whole or in fragments`() {
    var limits = WebSocketLimits()
    limits.maximumMessageBytes = 4
    func violation(_ digits: String) -> WebSocketViolation? {
      WebSocketDecoder.outcome([hex(digits)], role: .client, limits: limits).violation
    }
    #expect(violation("82 04 00000000") == nil)
    #expect(violation("02 03 000000 80 01 00 82 04 00000000") == nil)
    #expect(violation("82 05") == .messageTooLarge(limitBytes: 4))
    #expect(violation("02 03 000000 80 02") == .messageTooLarge(limitBytes: 4))
    #expect(violation("89 05 0000000000") == nil)
  }

  @Test func `a message may have n fragments and no more`() {
    var limits = WebSocketLimits()
    limits.maximumFragmentCount = 3
    func violation(_ digits: String) -> WebSocketViolation? {
      WebSocketDecoder.outcome([hex(digits)], role: .client, limits: limits).violation
    }
    #expect(violation("01 00 00 00 89 00 80 00 01 00 00 00 80 00") == nil)
    #expect(violation("01 00 00 00 00 00 80 00") == .tooManyFragments(limit: 3))
    #expect(WebSocketViolation.tooManyFragments(limit: 3).closeCode == 1008)
  }
}
