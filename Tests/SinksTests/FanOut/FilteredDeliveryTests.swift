// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing
import Transport

@testable import Sinks

@Suite struct FilteredDeliveryTests {
  private func filter(_ number: Int) -> String {
    number % 5 == 4
      ? #"{"op":"not","nodes":[{"key":"n","cmp":"lt","val":"\#(number)"}]}"#
      : #"{"key":"n","cmp":"eq","val":"\#(number % 7)"}"#
  }

  private func wants(_ number: Int, _ tag: Int?) -> Bool {
    number % 5 == 4 ? !(tag.map { $0 < number } ?? false) : tag == number % 7
  }

  private func offsets(_ messages: [String]) throws -> [Int] {
    try messages.compactMap { message in
      try JSONView.parse(Array(message.utf8))["push"]?["pub"]?["offset"]?.int
    }
  }

  @Test func `each session gets what its filter lets through, in order, once`() throws {
    var random = SystemRandomNumberGenerator()
    let first = try SocketHarness()
    let topic = try first.topic("a")
    var sessions = [first]
    for _ in 1..<12 { sessions.append(try SocketHarness(beside: first)) }
    var expected = Array(repeating: [Int](), count: sessions.count + 1)
    var got = expected
    func publish(_ count: Int) {
      for _ in 0..<count {
        let tag = Int.random(in: 0...9, using: &random)
        let tags = tag == 9 ? [:] : ["n": "\(tag)"]
        topic.append(Event(data: Array("1".utf8), tags: tags))
        let offset = Int(topic.end.next) - 1
        for number in 0..<sessions.count where wants(number, tag == 9 ? nil : tag) {
          if expectedFrom[number].map({ offset >= $0 }) ?? false { expected[number].append(offset) }
        }
      }
    }
    var expectedFrom: [Int?] = Array(repeating: nil, count: sessions.count)
    // Some come while others read already.
    for (number, session) in sessions.enumerated() {
      session.send(
        "{\"id\":2,\"subscribe\":{\"channel\":\"a\",\"tf\":\(filter(number))}}"
      )
      _ = try session.next()
      expectedFrom[number] = Int(topic.end.next)
      publish(Int.random(in: 0...20, using: &random))
      if Bool.random(using: &random) { first.turn() }
    }
    publish(400)
    first.turn()
    for round in 0..<20 {
      publish(Int.random(in: 1...30, using: &random))
      first.turn()
      // Who leaves is no trouble for those who stay.
      if round == 10 { sessions[3].send(#"{"id":3,"unsubscribe":{"channel":"a"}}"#) }
      if round == 10 { expectedFrom[3] = nil }
    }
    for (number, session) in sessions.enumerated() {
      got[number] = try offsets(try session.rest())
      #expect(got[number] == expected[number], "session \(number)")
    }
  }

  @Test func `what nobody wants is not encoded, and what several want is encoded once`() throws {
    let first = try SocketHarness()
    let second = try SocketHarness(beside: first)
    let topic = try first.topic("a")
    for session in [first, second] {
      session.send(
        #"{"id":2,"subscribe":{"channel":"a","tf":{"key":"n","cmp":"in","vals":["1","2"]}}}"#
      )
      _ = try session.next()
    }
    second.send(
      #"{"id":3,"subscribe":{"channel":"a?b","tf":{"key":"n","cmp":"eq","val":"1"}}}"#
    )
    _ = try second.next()
    let before = first.shard.frames.encodedCount
    for number in 0..<30 {
      topic.append(Event(data: Array("1".utf8), tags: ["n": "\(number % 10)"]))
    }
    #expect(try offsets(try first.rest()) == [2, 3, 12, 13, 22, 23])
    #expect(try offsets(try second.rest()).sorted() == [2, 2, 3, 12, 12, 13, 22, 22, 23])
    // A view is encoded for who has named it.
    #expect(first.shard.frames.encodedCount - before == 6)
  }

  @Test func `a slow client goes on where it was, and is told what was gone`() throws {
    let harness = try SocketHarness(rules: .init { _ in Retention(maximumCount: 64) })
    let topic = try harness.topic("a")
    harness.send(
      #"{"id":2,"subscribe":{"channel":"a","tf":{"key":"n","cmp":"eq","val":"1"},"#
        + #""data":{"gaps":true}}}"#
    )
    _ = try harness.next()
    let large = Array("\"\(String(repeating: "x", count: 10_000))\"".utf8)
    for number in 1...1_200 {
      topic.append(Event(data: large, tags: ["n": "\(number % 2)"]))
      harness.turn()
    }
    #expect(harness.loopback.connection.isBlocked)
    var (offsets, gapCount) = ([Int](), 0)
    while offsets.last != 1_199 {
      let view = try JSONView.parse(Array(try #require(try harness.next()).utf8))
      let publication = try #require(view["push"]?["pub"])
      if publication["tags"]?["weir-gap"] != nil {
        gapCount += 1
      } else {
        offsets.append(try #require(publication["offset"]?.int))
      }
    }
    #expect(offsets == offsets.sorted() && Set(offsets).count == offsets.count)
    #expect(offsets.allSatisfy { $0 % 2 == 1 })
    #expect(gapCount > 0 && offsets.count < 600)
  }

  @Test func `what was missed is filtered too`() throws {
    let harness = try SocketHarness()
    let topic = try harness.topic("a")
    for number in 1...20 {
      topic.append(Event(data: Array("\(number)".utf8), tags: ["n": "\(number % 4)"]))
    }
    harness.send(
      #"{"id":2,"subscribe":{"channel":"a","tf":{"key":"n","cmp":"eq","val":"1"},"#
        + "\"recover\":true,\"epoch\":\"\(topic.epoch)\",\"offset\":6}}"
    )
    let view = try JSONView.parse(Array(try #require(try harness.next()).utf8))
    let result = try #require(view["subscribe"])
    #expect(result["recovered"]?.bool == true)
    #expect(result["offset"]?.int == 20)
    #expect(result["publications"]?.elements.compactMap { $0["offset"]?.int } == [9, 13, 17])
  }
}
