// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

@Suite struct EventPayloadTests {
  private static let events: [Event] = [
    Event(data: []),
    Event(data: Array("{\"a\":1}".utf8)),
    Event(data: Array("line\nline".utf8), format: .text),
    Event(data: [0x31], type: "", subject: "", id: "", source: ""),
    Event(data: [0x31], type: "order", subject: "ü€😀", time: 0, id: "7", source: "/shop"),
    Event(data: [0x31], time: -1),
    Event(data: [0x31], time: .never),
    Event(data: [0x31], time: .distantPast, tags: ["b": "2", "a": "", "": "x"]),
    Event(data: [UInt8](repeating: 0x20, count: 70_000), type: String(repeating: "t", count: 200)),
  ]

  private func expectSame(_ left: Event, _ right: Event) {
    #expect(left.data == right.data)
    #expect(left.format == right.format)
    #expect(left.givenType == right.givenType)
    #expect(left.subject == right.subject)
    #expect(left.time == right.time)
    #expect(left.id == right.id)
    #expect(left.source == right.source)
    #expect(left.tags == right.tags)
  }

  @Test(arguments: events)
  func `an event is read back as it was, absent attributes absent`(event: Event) throws {
    expectSame(try EventPayload.decode(EventPayload.encode(event)), event)
  }

  @Test func `the bytes are those that the documentation names`() {
    let event = Event(
      data: Array("hi".utf8),
      format: .text,
      type: "t",
      subject: "",
      time: -300,
      id: "i",
      source: "s",
      tags: ["b": "1", "a": "22"]
    )
    let expected: [UInt8] =
      [1, 0x7F, 1, 0x74, 0, 0xD7, 0x04, 1, 0x69, 1, 0x73, 2]
      + [1, 0x61, 2, 0x32, 0x32, 1, 0x62, 1, 0x31, 0x68, 0x69]
    #expect(EventPayload.encode(event) == expected)
    #expect(EventPayload.encode(Event(data: [0x31])) == [1, 0, 0x31])
  }

  @Test func `tags in any order of insertion give the same bytes`() {
    let names = (0..<200).map { "tag-\($0)" }
    var (up, down): ([String: String], [String: String]) = ([:], [:])
    for name in names { up[name] = name }
    for name in names.reversed() { down[name] = name }
    let bytes = EventPayload.encode(Event(data: [], tags: up))
    #expect(bytes == EventPayload.encode(Event(data: [], tags: down)))
  }

  @Test func `another version is told as one`() {
    #expect(throws: EventPayload.Malformed.otherVersion(2)) { try EventPayload.decode([2, 0]) }
  }

  @Test(
    arguments: [
      [], [1], [1, 0x80], [1, 2], [1, 2, 1], [1, 2, 0x80], [1, 2, 0x80, 0], [1, 2, 1, 0xFF],
      [1, 2, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
      [1, 8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02],
      [1, 0x40, 0], [1, 0x40, 0xFF, 0xFF, 0xFF, 0x0F, 0, 0], [1, 0x40, 1, 0],
      [1, 0x40, 2, 1, 0x62, 0, 1, 0x61, 0], [1, 0x40, 2, 1, 0x61, 0, 1, 0x61, 0],
      // Two names of other bytes that are the same text: é, and e with an accent.
      [1, 0x40, 2, 3, 0x65, 0xCC, 0x81, 0, 2, 0xC3, 0xA9, 0],
    ] as [[UInt8]]
  )
  func `what is no event is an error`(bytes: [UInt8]) {
    #expect(throws: EventPayload.Malformed.self) { try EventPayload.decode(bytes) }
  }

  @Test(arguments: events)
  func `an event that ends early is an error or has less data`(event: Event) throws {
    let bytes = EventPayload.encode(event)
    let head = bytes.count - event.data.count
    for count in 0..<head {
      #expect(throws: EventPayload.Malformed.self) {
        try EventPayload.decode(Array(bytes[..<count]))
      }
    }
    let short = try EventPayload.decode(Array(bytes[..<head]))
    #expect(short.data.isEmpty)
  }

  @Test func `random and changed bytes are an error or an event of the same bytes`() {
    var random = SystemRandomNumberGenerator()
    let seeds = Self.events.dropLast().map(EventPayload.encode)
    var (decoded, refused) = (0, 0)
    for round in 0..<40_000 {
      var bytes = seeds[round % seeds.count]
      if round % 3 == 0 {
        let count = Int.random(in: 0...40, using: &random)
        bytes = [1] + (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
      } else {
        let index = Int.random(in: bytes.indices, using: &random)
        bytes[index] = UInt8.random(in: .min ... .max, using: &random)
      }
      do throws(EventPayload.Malformed) {
        #expect(EventPayload.encode(try EventPayload.decode(bytes)) == bytes)
        decoded += 1
      } catch {
        refused += 1
      }
    }
    #expect(decoded > 100 && refused > 100)
  }
}
