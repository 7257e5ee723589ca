// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing
import Transport

@testable import Sinks

@Suite struct EventStreamPlacesTests {
  private let first = makeTopic("ra")
  private let second = makeTopic("rb")

  /// What a client that resumes is sent.
  private func sent(_ topics: [Topic<Event>], after: String) throws -> [String] {
    let turns = Turns()
    let shard = turns.makeShard()
    let loopback = try Loopback()
    let session = EventStreamSession(
      loopback.connection,
      sources: topics.map { EventStreamSource($0) },
      resume: try ResumePoint.parse(after),
      isEnveloped: false,
      shard: shard,
      settings: EventStreamSettings(),
      now: MonotonicInstant(nanoseconds: 0)
    )
    session.pump()
    turns.settle(shard)
    loopback.connection.socket.shutdownWrite()
    var bytes: [UInt8] = []
    while try loopback.client.read(into: &bytes) > 0 {}
    return text(bytes).split(separator: "\n\n").map(String.init)
  }

  private func place(in block: String) throws -> String {
    let line = try #require(block.split(separator: "\n").first { $0.hasPrefix("id: ") })
    return String(line.dropFirst(4))
  }

  private func numbers(_ blocks: [String]) -> Int {
    blocks.count { $0.split(separator: "\n").contains { Int($0.dropFirst(6)) != nil } }
  }

  @Test func `a reset of one topic leaves the place in the next one where the client was`() throws {
    first.appendNumbers(1...2)
    second.appendNumbers(1...50)
    let blocks = try sent([first, second], after: "ra:zzz:1,rb:e:3")
    #expect(blocks[0].contains("event: weir.reset"))
    #expect(try place(in: blocks[0]) == "ra:e:0,rb:e:3")
    #expect(numbers(blocks) == 2 + 47)
  }

  @Test func `a cut behind any block loses nothing, not even the news of a reset`() throws {
    first.appendNumbers(1...2)
    second.appendNumbers(1...3)
    let blocks = try sent([first, second], after: "ra:x:1,rb:y:2")
    #expect(blocks.count == 7)
    for (index, block) in blocks.enumerated() {
      let rest = try sent([first, second], after: try place(in: block))
      #expect(rest.count { $0.contains("weir.reset") } == (index == 0 ? 1 : 0))
      #expect(numbers(rest) == 6 - max(index, 1))
    }
  }

  @Test func `places are the text of a resume point`() throws {
    let odd = makeTopic("a:b,c/é")
    var places = EventStreamPlaces()
    places.add(odd.name, epoch: "\(odd.epoch)", at: 7)
    places.add(second.name, epoch: "\(second.epoch)", at: 0)
    places.set(0, 18_446_744_073_709_551_615)
    places.set(1, 12)
    let point = ResumePoint([
      .init(topic: odd.name, epoch: "e", offset: .max), .init(topic: "rb", epoch: "e", offset: 12),
    ])
    #expect(text(places.text) == point.text)
    #expect(text(places.idLine) == "id: \(point.text)\n\n")
  }
}
