// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing

@testable import Host

@Suite struct TopicRoutesTests {
  private static let path = "/v1/topics/a/events"

  @Test func `a topic tells its state, one that is not there does not`() async throws {
    try await withServer { server in
      #expect(try server.answer("GET", "/v1/topics/a").status == 404)
      #expect(try server.answer("GET", Self.path).status == 404)
      #expect(server.topics.existing("a") == nil)
      try server.publish("a", "[1,22]")
      let topic = try server.topics.topic("a")
      let state =
        #"{"topic":"a","epoch":"\#(topic.epoch)","firstOffset":1,"lastOffset":2,"count":2,"#
        + #""bytes":\#(topic.statistics.bytes),"heldBack":0}"#
      #expect(try server.answer("GET", "/v1/topics/a").text == state + "\n")
      #expect(
        try server.answer("GET", "/v1/topics").text == #"{"topics":[\#(state)],"next":null}"# + "\n"
      )
    }
  }

  @Test func `many topics come page by page`() async throws {
    try await withServer { server in
      for number in 1...25 { _ = try server.topics.topic("t\(number)") }
      var names: [String] = []
      var after: String? = ""
      while let from = after {
        let answer = try server.answer("GET", "/v1/topics?limit=10&after=\(from)").json()
        names += answer["topics"]?.elements.compactMap { $0["topic"]?.string } ?? []
        after = answer["next"]?.string
      }
      #expect(names == (1...25).map { "t\($0)" }.sorted())
      #expect(try server.answer("GET", "/v1/topics?limit=0").status == 400)
    }
  }

  @Test func `history is read page by page to the end`() async throws {
    try await withServer { server in
      try server.publish("a", "[" + (1...25).map(String.init).joined(separator: ",") + "]")
      var data: [Int] = []
      var after: String? = "0"
      while let from = after {
        let answer = try server.answer("GET", Self.path + "?limit=10&after=\(from)").json()
        data += answer["events"]?.elements.compactMap { $0["data"]?.int } ?? []
        after = answer["next"]?.uint64.map(String.init)
      }
      #expect(data == Array(1...25))
      let last = try server.answer("GET", Self.path + "?after=25")
      #expect(try last.json()["events"]?.elements.isEmpty == true)
      #expect(try last.member("next") == "null")
    }
  }

  @Test func `a page has a hundred entries unless told otherwise`() async throws {
    try await withServer { server in
      try server.publish(
        "a",
        "[" + Array(repeating: "1", count: 1_500).joined(separator: ",") + "]"
      )
      let page = try server.answer("GET", Self.path)
      #expect(try page.json()["events"]?.elements.count == 100)
      #expect(try page.member("next") == "100")
      let most = try server.answer("GET", Self.path + "?limit=1000").json()
      #expect(most["events"]?.elements.count == 1_000)
    }
  }

  @Test func `a page ends where it has become large, and goes on there`() async throws {
    try await withServer { server in
      let control = String(repeating: "\u{1}", count: 500_000)
      for _ in 1...4 {
        let text = ["Content-Type": "text/plain"]
        #expect(try server.answer("POST", Self.path, text, control).status == 200)
      }
      let page = try server.answer("GET", Self.path)
      #expect(page.status == 200)
      #expect(try page.json()["events"]?.elements.count == 1)
      #expect(try page.member("next") == "1")
    }
  }

  @Test func `what is gone is told, but not to whoever starts over`() async throws {
    try await withServer { configuration in
      configuration.topics = [.init(pattern: "a", retention: Retention(maximumCount: 4))]
    } _: { server in
      for number in 1...10 { try server.publish("a", "\(number)") }
      let late = try server.answer("GET", Self.path + "?after=2")
      #expect(late.text.contains(#""gap":{"from":3,"to":6}"#))
      #expect(late.text.contains(#"{"offset":7,"#))
      #expect(try !server.answer("GET", Self.path + "?after=0").text.contains("gap"))
      #expect(try !server.answer("GET", Self.path + "?after=6").text.contains("gap"))
    }
  }

  @Test(arguments: [
    ("after=11", "after"), ("after=18446744073709551615", "after"), ("after=-1", "after"),
    ("after=x", "after"), ("after=1&after=2", "after"), ("limit=0", "limit"),
    ("limit=1001", "limit"), ("limit=99999999999999999999", "limit"),
  ])
  func `a page that can't be is refused by the name of its item`(
    query: String,
    field: String
  ) async throws {
    try await withServer { server in
      for number in 1...10 { try server.publish("a", "\(number)") }
      let answer = try server.answer("GET", Self.path + "?\(query)")
      #expect(answer.status == 400)
      #expect(try answer.member("field") == field)
    }
  }
}
