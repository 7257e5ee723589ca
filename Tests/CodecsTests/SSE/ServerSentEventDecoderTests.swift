// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

extension ServerSentEventDecoder {
  /// Decodes `pieces` to the end.
  static func events(_ pieces: [some Sequence<UInt8>]) throws -> [ServerSentEvent] {
    var decoder = ServerSentEventDecoder()
    var events: [ServerSentEvent] = []
    for piece in pieces {
      decoder.receive(piece)
      while let event = try decoder.nextEvent() { events.append(event) }
    }
    return events
  }
}

@Suite struct ServerSentEventDecoderTests {
  static func event(
    _ data: String,
    event: String? = nil,
    id: String? = nil,
    retry: Int? = nil
  )
    -> ServerSentEvent
  {
    ServerSentEvent(event: event, id: id, data: Array(data.utf8), retry: retry)
  }

  /// The examples of WHATWG HTML §9.2.6, then corner cases of its rules.
  static let vectors: [(text: String, events: [ServerSentEvent])] = [
    ("data: YHOO\ndata: +2\ndata: 10\n\n", [event("YHOO\n+2\n10")]),
    (
      ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
      [event("first event", id: "1"), event("second event"), event(" third event")]
    ),
    ("data\n\ndata\ndata\n\ndata:", [event(""), event("\n")]),
    ("data:test\n\ndata: test\n\n", [event("test"), event("test")]),
    (
      "event: add\ndata: 1\n\nevent: a\n\ndata: 2\n\nevent:\ndata: 3\n\n",
      [event("1", event: "add"), event("2"), event("3")]
    ),
    ("\u{FEFF}data: x\n\n\u{FEFF}data: y\n\n", [event("x")]),
    (
      "data: a\r\rdata: b\r\n\r\ndata: c\n\r\ndata: d\r\n\n",
      ["a", "b", "c", "d"].map { event($0) }
    ),
    ("data: a\r\ndata: b\rdata: c\ndata: d\n\r\n", [event("a\nb\nc\nd")]),
    (
      "id: 1\ndata: a\n\nid: 2\u{0}\ndata: b\n\nid: 3\n\ndata: c\n\n",
      [event("a", id: "1"), event("b", id: "1"), event("c", id: "3")]
    ),
    (
      "retry: 10\ndata: a\n\nretry: x1\ndata: b\n\nretry:\ndata: c\n\n",
      [event("a", retry: 10), event("b"), event("c")]
    ),
    ("Data: x\nunknown: y\n:data: z\ndata : q\n\ndata: é€\n\n", [event("é€")]),
    ("\n\n\r\n\rdata: x\n\n", [event("x")]),
    ("data: never ended\n", []),
  ]

  @Test(arguments: vectors)
  func `streams decode the same however they are split`(
    text: String,
    events: [ServerSentEvent]
  ) throws {
    for pieces in splits(of: Array(text.utf8)) {
      #expect(try ServerSentEventDecoder.events(pieces) == events)
    }
  }

  @Test func `an event comes without waiting for the byte after a CR`() throws {
    var decoder = ServerSentEventDecoder()
    decoder.receive(Array("data: a\r\r".utf8))
    #expect(try decoder.nextEvent() == Self.event("a"))
  }

  @Test func `the id holds from the end of its block, the delay at once`() throws {
    var decoder = ServerSentEventDecoder(lastEventID: "7")
    decoder.receive(Array("data: a\n\nretry: 5\nid: 8\n".utf8))
    #expect(try decoder.nextEvent() == Self.event("a", id: "7"))
    #expect(try decoder.nextEvent() == nil)
    #expect(decoder.lastEventID == "7")
    #expect(decoder.retryMilliseconds == 5)
    decoder.receive(Array("\n".utf8))
    #expect(try decoder.nextEvent() == nil)
    #expect(decoder.lastEventID == "8")
  }

  @Test func `an event may have n bytes and no more`() throws {
    let tooLarge = [
      "data: 123456", "data: 12345\n", "data:\ndata:\ndata:\ndata:\ndata:\ndata:\n",
      ":12345678901\n",
    ]
    for text in tooLarge {
      var decoder = ServerSentEventDecoder(maximumEventBytes: 4)
      decoder.receive(Array(text.utf8))
      let violation = ServerSentEventViolation.eventTooLarge(limitBytes: 4)
      #expect(throws: violation) { try decoder.nextEvent() }
      #expect(throws: violation) { try decoder.nextEvent() }
    }
    // The byte order mark does not count.
    for pieces in splits(of: Array("\u{FEFF}event: abcd\ndata: 1234\n\n".utf8)) {
      var decoder = ServerSentEventDecoder(maximumEventBytes: 4)
      var events: [ServerSentEvent] = []
      for piece in pieces {
        decoder.receive(piece)
        while let event = try decoder.nextEvent() { events.append(event) }
      }
      #expect(events == [Self.event("1234", event: "abcd")])
    }
  }

  @Test func `mutated streams decode the same whole and in pieces`() throws {
    var random = SeededGenerator(seed: 6)
    for (text, _) in Self.vectors {
      for _ in 0..<200 {
        let bytes = random.mutate(Array(text.utf8))
        let pieces = random.pieces(of: bytes, upTo: 6)
        #expect(
          try ServerSentEventDecoder.events([bytes]) == ServerSentEventDecoder.events(pieces)
        )
      }
    }
  }
}
