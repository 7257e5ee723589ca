// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing

@testable import Sinks

@Suite struct ServerAPITests {
  private let authority = FakeAuthority()
  private let presence = PresenceBoard(tellingAfter: nil)
  private let directory = TopicDirectory()

  /// What a call answers on a server without sessions.
  private func call(_ method: String, _ body: String) async throws -> String {
    let api = ServerAPI(
      services: ClientServices(directory: directory, authority: authority, presence: presence),
      reach: SessionReach()
    )
    return text(await api.call(method, try JSONView.parse(Array(body.utf8))))
  }

  @Test func `what is published has an offset, an epoch, and its tags`() async throws {
    let publish =
      #"{"channel":"a","data":{ "x":1},"tags":{"k":"v","type":"t"},"idempotency_key":"1"}"#
    let answer = try await call("publish", publish)
    let topic = try directory.topic("a")
    #expect(answer == "{\"result\":{\"offset\":1,\"epoch\":\"\(topic.epoch)\"}}")
    #expect(try await call("publish", publish) == answer)
    #expect(topic.end.next == 2)
    let page = try await call("history", #"{"channel":"a","limit":10}"#)
    #expect(
      page.contains(
        #""publications":[{"data":{"x":1},"offset":1,"tags":{"k":"v","type":"t"}}]"#
      )
    )
  }

  @Test func `a broadcast is answered channel by channel`() async throws {
    let answer = try await call("broadcast", #"{"channels":["a","b b","c"],"b64data":"aGk="}"#)
    let responses = try #require(
      try JSONView.parse(Array(answer.utf8))["result"]?["responses"]?.elements
    )
    #expect(responses.map { $0["error"]?["code"]?.int } == [nil, 107, nil])
    var position = Position(next: 1, nextMark: .max)
    let batch = try directory.topic("c").read(from: &position, limit: 1)
    var told: [String] = []
    batch.forEachEntry(epoch: Epoch(rawValue: 1)) { told.append(text($0.event.data)) }
    #expect(told == ["hi"])
  }

  @Test func `a batch answers each of its calls in order`() async throws {
    let answer = try await call(
      "batch",
      #"{"commands":[{"publish":{"channel":"a","data":1}},{"dance":{}},"#
        + #"{"history":{"channel":"a"}}],"parallel":true}"#
    )
    let replies = try #require(try JSONView.parse(Array(answer.utf8))["replies"]?.elements)
    #expect(replies.count == 3)
    #expect(replies[0]["publish"]?["offset"]?.int == 1)
    #expect(replies[1]["error"]?["code"]?.int == 104)
    #expect(replies[2]["history"]?["offset"]?.int == 1)
  }

  @Test(arguments: [
    ("dance", "{}", 104), ("publish", "[]", 107), ("publish", #"{"data":1}"#, 107),
    ("publish", #"{"channel":"a"}"#, 107), ("publish", #"{"channel":"a","b64data":"%"}"#, 107),
    ("publish", #"{"channel":"a","b64data":"/w=="}"#, 107),
    ("publish", #"{"channel":"a","data":1,"tags":{"k":1}}"#, 107),
    ("publish", #"{"channel":"a","data":1,"skip_history":true}"#, 108),
    ("publish", #"{"channel":"a","data":1,"idempotency_key":""}"#, 107),
    ("presence", #"{"channel":"a"}"#, 108), ("subscribe", #"{"channel":"a"}"#, 107),
    ("disconnect", #"{"user":"a","disconnect":{"code":7}}"#, 107),
    ("refresh", #"{"user":"a","expire_at":999999999999999}"#, 107),
    ("history", #"{"channel":"a","since":{"offset":9,"epoch":""}}"#, 112),
  ])
  func `what can't be done says why`(method: String, body: String, code: Int) async throws {
    let view = try JSONView.parse(Array(try await call(method, body).utf8))
    #expect(view["error"]?["code"]?.int == code)
    #expect(view["error"]?["message"]?.string?.isEmpty == false)
  }

  @Test func `history can be dropped, and offsets go on`() async throws {
    _ = try await call("publish", #"{"channel":"a","data":1}"#)
    #expect(try await call("history_remove", #"{"channel":"a"}"#) == #"{"result":{}}"#)
    let page = try await call("history", #"{"channel":"a","limit":10}"#)
    #expect(page.contains(#""publications":[]"#) && page.contains(#""offset":1"#))
    _ = try await call("publish", #"{"channel":"a","data":2}"#)
    #expect(try directory.topic("a").end.next == 3)
  }
}
