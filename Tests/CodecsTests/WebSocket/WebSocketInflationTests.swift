// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

/// Compressed messages, read (RFC 7692 §6.2, §7.2.2).
@Suite struct WebSocketInflationTests {
  static let hello = WebSocketDecoderTests.hello
  static let withoutContext = {
    var agreed = PermessageDeflate()
    (agreed.serverNoContextTakeover, agreed.clientNoContextTakeover) = (true, true)
    return agreed
  }()

  static func narrow(_ bits: Int) -> PermessageDeflate {
    var agreed = PermessageDeflate()
    agreed.serverMaxWindowBits = bits
    return agreed
  }

  static func text(_ text: String) -> WebSocketEvent { .text(Array(text.utf8)) }

  static let activity = (7...9).map {
    text("{\"topic\":\"activity\",\"offset\":\($0),\"data\":{\"user\":\"é\($0)\"}}")
  }

  /// The examples of RFC 7692 §7.2.3, then what other compressors make of three messages.
  static let vectors: [(bytes: String, agreed: PermessageDeflate, events: [WebSocketEvent])] = [
    ("c1 07 f248cdc9c90700", withoutContext, [text("Hello")]),
    ("41 03 f248cd 80 04 c9c90700", .init(), [text("Hello")]),
    ("c1 07 f248cdc9c90700 c1 05 f200110000", .init(), [text("Hello"), text("Hello")]),
    ("c1 0b 000500faff48656c6c6f00", .init(), [text("Hello")]),
    ("c1 08 f348cdc9c9070000", .init(), [text("Hello")]),
    ("c1 0d f2480500 0000ffff cac9c90700", .init(), [text("Hello")]),
    ("c1 01 00 c2 01 00", .init(), [text(""), .binary([])]),
    // A final block does not end the window.
    (
      "c1 08 f348cdc9c9070000 c1 05 f200110000 c1 09 f3001100 f200110000", .init(),
      [text("Hello"), text("Hello"), text("HelloHello")]
    ),
    // Control frames and uncompressed messages in between.
    (
      "41 03 f248cd 89 01 21 00 00 80 04 c9c90700 81 01 41 c1 05 f200110000", .init(),
      [.ping([0x21]), text("Hello"), text("A"), text("Hello")]
    ),
    ("c2 07 f248cdc9c90700", .init(), [.binary(hello)]),
    (
      "c1 36 aa562ac92fc84c56b2524a4c2ec92ccb2ca954d251ca4f4b2b4e2d51b232d7514a492c4954b2aa562a2d"
        + "4e2d022a3abcd25ca9b61600 c1 0c aac6a7c9028b260ba0260000 c1 0b c2abc9128b264ba0260000",
      .init(), activity
    ),
    (
      "c1 37 aa562ac92fc84c56b2524a4c2ec92ccb2ca954d251ca4f4b2b4e2d51b232d7514a492c4954b2aa562a2d"
        + "4e2d52b2523abcd25ca9b61600 c1 37 aa562ac92fc84c56b2524a4c2ec92ccb2ca954d251ca4f4b2b4e2d"
        + "51b2b2d0514a492c4954b2aa562a2d4e2d52b2523abcd242a9b61600 c1 3b 003500caff7b22746f706963"
        + "223a226163746976697479222c226f6666736574223a392c2264617461223a7b2275736572223a22c3a939"
        + "227d7d00", narrow(8), activity
    ),
  ]

  @Test(arguments: vectors)
  func `compressed messages decode the same however they are split`(
    bytes: String,
    agreed: PermessageDeflate,
    events: [WebSocketEvent]
  ) {
    for pieces in splits(of: hex(bytes)) {
      let outcome = WebSocketDecoder.outcome(pieces, role: .client, compression: agreed)
      #expect(outcome.events == events)
      #expect(outcome.violation == nil)
    }
  }

  /// One cut in a frame's bytes, as one fragment more.
  @Test func `compressed messages may be cut into fragments anywhere`() {
    let payload = hex("f248cdc9c90700")
    for cut in 0...payload.count {
      var bytes: [UInt8] = []
      let (head, tail) = (payload[..<cut], payload[cut...])
      WebSocketFrame.encode(.text, head, isFinal: false, isCompressed: true, mask: 9, into: &bytes)
      WebSocketFrame.encode(.continuation, tail, mask: 0x0102_0304, into: &bytes)
      let outcome = WebSocketDecoder.outcome([bytes], compression: .init())
      #expect(outcome.events == [Self.text("Hello")])
    }
  }

  static let violations: [(String, WebSocketViolation, UInt16)] = [
    // RSV1 belongs to the first frame of a data message, RSV2 and RSV3 to nothing.
    ("41 03 f248cd c0 04 c9c90700", .reservedBits, 1002), ("c9 00", .reservedBits, 1002),
    ("c8 00", .reservedBits, 1002), ("ca 00", .reservedBits, 1002), ("c0 00", .reservedBits, 1002),
    ("01 01 41 40 00", .reservedBits, 1002), ("e1 00", .reservedBits, 1002),
    ("d1 00", .reservedBits, 1002), ("a1 00", .reservedBits, 1002), ("c3 00", .reservedBits, 1002),
    // A block of the reserved type, a broken length, a reference to before the beginning.
    ("c1 01 06", .invalidCompression, 1007), ("c1 05 000500ffff", .invalidCompression, 1007),
    ("c1 05 f200110000", .invalidCompression, 1007), ("c1 02 ffff", .invalidCompression, 1007),
    // What does not end with a whole block: nothing, a block cut short, no trailing zero.
    ("c1 00", .invalidCompression, 1007), ("c1 07 f248cdc9c90700 c1 00", .invalidCompression, 1007),
    ("c1 06 f248cdc9c907", .invalidCompression, 1007), ("c1 03 f248cd", .invalidCompression, 1007),
    ("c1 07 f348cdc9c90700", .invalidCompression, 1007),
    ("c1 0a 000500faff48656c6c6f", .invalidCompression, 1007),
    ("c1 08 000500faff48656c", .invalidCompression, 1007),
    // Text is checked as it is inflated: before the message, or even its block, has come.
    ("41 07 000500faff4180", .invalidUTF8, 1007),
    ("c1 07 000100feffc300", .invalidUTF8, 1007),
    // A block whose data are the bytes that the sender leaves away: 00 00 ff ff.
    ("c1 05 000400fbff", .invalidUTF8, 1007),
  ]

  @Test(arguments: violations)
  func `broken compression is refused however it is split`(
    bytes: String,
    violation: WebSocketViolation,
    closeCode: UInt16
  ) {
    for pieces in splits(of: hex(bytes)) {
      let outcome = WebSocketDecoder.outcome(pieces, role: .client, compression: .init())
      #expect(outcome.violation == violation)
    }
    #expect(violation.closeCode == closeCode)
  }

  @Test func `without an agreement nothing may be compressed`() {
    let outcome = WebSocketDecoder.outcome([hex("c1 07 f248cdc9c90700")], role: .client)
    #expect(outcome.violation == .reservedBits)
  }

  @Test func `without context a message cannot refer back to one before`() {
    let bytes = hex("c1 07 f248cdc9c90700 c1 05 f200110000")
    let outcome = WebSocketDecoder.outcome(
      [bytes],
      role: .client,
      compression: Self.withoutContext
    )
    #expect(outcome.events == [Self.text("Hello")])
    #expect(outcome.violation == .invalidCompression)
  }

  @Test func `a wrong byte of text is found before its message ends`() {
    var decoder = WebSocketDecoder(role: .client, compression: .init())
    // A stored block of 1,000 bytes, of which four have come.
    decoder.receive(hex("c1 7e 03ee 00 e803 17fc 41 42 ff 43"))
    #expect(throws: WebSocketViolation.invalidUTF8) { try decoder.nextEvent() }
  }

  @Test func `memory is held between messages only for a context`() throws {
    for agreed in [PermessageDeflate(), Self.withoutContext] {
      var decoder = WebSocketDecoder(role: .client, compression: agreed)
      decoder.receive(hex("81 01 41 89 00"))
      while try decoder.nextEvent() != nil {}
      #expect(holdsMemory(decoder) == false)
      decoder.receive(hex("c1 07 f248cd"))
      #expect(try decoder.nextEvent() == nil)
      #expect(holdsMemory(decoder) == true)
      decoder.receive(hex("c9c90700"))
      #expect(try decoder.nextEvent() == Self.text("Hello"))
      #expect(holdsMemory(decoder) == !agreed.serverNoContextTakeover)
      decoder.receive(hex("88 00"))
      #expect(try decoder.nextEvent() == .close(code: nil, reason: ""))
      #expect(holdsMemory(decoder) == false)
    }
  }
}

/// The expectation macro cannot look into what must not be copied.
func holdsMemory(_ decoder: borrowing WebSocketDecoder) -> Bool { decoder.holdsInflater }
