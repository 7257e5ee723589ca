// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct ServerSentEventTests {
  static func encoded(_ event: ServerSentEvent) -> String {
    var bytes: [UInt8] = []
    event.encode(into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func `an event goes out field by field`() {
    let event = ServerSentEvent(event: "add", id: "a:b:1", data: Array("{}".utf8), retry: 2000)
    #expect(Self.encoded(event) == "event: add\nid: a:b:1\nretry: 2000\ndata: {}\n\n")
    #expect(Self.encoded(ServerSentEvent(data: [])) == "data: \n\n")
  }

  @Test(arguments: [
    ("a\nb", "data: a\ndata: b\n\n"), ("a\r\nb", "data: a\ndata: b\n\n"),
    ("a\rb", "data: a\ndata: b\n\n"), ("\n", "data: \ndata: \n\n"),
    ("a\r\r\nb\n", "data: a\ndata: \ndata: b\ndata: \n\n"), (" a", "data:  a\n\n"),
  ])
  func `data with line breaks go out on several lines`(data: String, expected: String) {
    #expect(Self.encoded(ServerSentEvent(data: Array(data.utf8))) == expected)
  }

  @Test func `a type or an id cannot add a line`() {
    let event = ServerSentEvent(event: "a\ndata: x", id: "1\r2", data: [0x41])
    #expect(Self.encoded(event) == "data: A\n\n")
    #expect(Self.encoded(ServerSentEvent(id: "\u{0}", data: [0x41])) == "data: A\n\n")
  }

  @Test func `comments go out line by line`() {
    var bytes: [UInt8] = []
    ServerSentEvent.encodeComment(into: &bytes)
    ServerSentEvent.encodeComment("a\ndata: b", into: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == ":\n:a\n:data: b\n")
  }

  @Test(arguments: 0..<100 as Range<UInt64>)
  func `random events survive writing and reading in pieces`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var bytes: [UInt8] = []
    var expected: [ServerSentEvent] = []
    for index in 0..<10 {
      let lines = (0..<Int.random(in: 1...4, using: &random)).map { _ in
        random.string(upTo: 12).filter { !$0.isNewline && $0 != "\u{0}" }
      }
      var event = ServerSentEvent(id: "\(index)", data: Array(lines.joined(separator: "\n").utf8))
      if Bool.random(using: &random) { event.event = "t\(index)" }
      if Bool.random(using: &random) { event.retry = index }
      // Scalars may combine into characters that hold a CR, so lines are compared after decoding.
      expected.append(event)
      event.encode(into: &bytes)
      if Bool.random(using: &random) { ServerSentEvent.encodeComment("x", into: &bytes) }
    }
    let decoded = try ServerSentEventDecoder.events(random.pieces(of: bytes, upTo: 20))
    #expect(decoded.count == expected.count)
    for (one, other) in zip(decoded, expected) {
      #expect(one.event == other.event)
      #expect(one.id == other.id)
      #expect(one.retry == other.retry)
      #expect(Self.normalised(one.data) == Self.normalised(other.data))
    }
  }

  static func normalised(_ data: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for (index, byte) in data.enumerated() {
      if byte == 0x0A, index > 0, data[index - 1] == 0x0D { continue }
      result.append(byte == 0x0D ? 0x0A : byte)
    }
    return result
  }
}
