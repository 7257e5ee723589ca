// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing

@testable import Host

@Suite struct NDJSONIntakeTests {
  private static let path = "/v1/topics/a/events"
  private static let ndjson = ["Content-Type": "application/x-ndjson"]

  @Test func `lines are stored in order, whatever their number and pieces`() async throws {
    try await withServer { server in
      let lines = (1...3_500).map { "{\"n\":\($0)}\n" }
      let client = try server.connect()
      let chunked = Self.ndjson.merging(["Transfer-Encoding": "chunked"]) { $1 }
      try client.request("POST", Self.path, chunked)
      var rest = lines.joined()[...]
      while !rest.isEmpty {
        let part = rest.prefix(Int.random(in: 1...9_000))
        rest = rest.dropFirst(part.count)
        try client.send(String(part.utf8.count, radix: 16) + "\r\n\(part)\r\n")
      }
      try client.send("0\r\n\r\n")
      let answer = try client.answer()
      #expect(answer.status == 200)
      #expect(try answer.member("accepted") == "3500")
      #expect(try answer.member("firstOffset") == "1")
      #expect(try answer.member("lastOffset") == "3500")
      var position = Position(next: 1, nextMark: 0)
      let stored = try server.topics.topic("a").read(from: &position, limit: 4_000).elements
      #expect(stored.map { String(decoding: $0.data, as: UTF8.self) + "\n" } == lines)
    }
  }

  @Test func `empty lines count, carriage returns and the last line's end do not matter`()
    async throws
  {
    try await withServer { server in
      let answer = try server.answer("POST", Self.path, Self.ndjson, "1\r\n\n \t\n2\nx\n3")
      #expect(answer.status == 422)
      #expect(try answer.member("line") == "5")
      #expect(try answer.member("accepted") == "2")
      let whole = try server.answer("POST", Self.path, Self.ndjson, "1\r\n\n2")
      #expect(try whole.member("accepted") == "2")
      #expect(try whole.member("lastOffset") == "4")
    }
  }

  @Test func `the first bad line ends it, and nothing behind it is stored`() async throws {
    try await withServer { server in
      let lines = (1...1_500).map { $0 == 1_203 ? "{\"n\":" : "\($0)" }.joined(separator: "\n")
      let answer = try server.answer("POST", Self.path, Self.ndjson, lines)
      #expect(answer.status == 422)
      #expect(try answer.member("accepted") == "1202")
      #expect(try answer.member("firstOffset") == "1")
      #expect(try answer.member("lastOffset") == "1202")
      #expect(try answer.member("line") == "1203")
      #expect(try answer.member("detail")?.contains("column") == true)
      #expect(try server.topics.topic("a").statistics.lastOffset == 1_202)
      let none = try server.answer("POST", Self.path, Self.ndjson, "x")
      #expect(try none.member("firstOffset") == "null")
      #expect(try none.member("accepted") == "0")
    }
  }

  @Test func `an early answer comes before the body has ended`() async throws {
    try await withServer { server in
      let client = try server.connect()
      let chunked = Self.ndjson.merging(["Transfer-Encoding": "chunked"]) { $1 }
      try client.request("POST", Self.path, chunked)
      try client.send("4\r\n1\nx\n\r\n")
      let answer = try client.answer()
      #expect(answer.status == 422)
      #expect(answer.fields["Connection"] == "close")
      #expect(try client.readToEnd().isEmpty)
    }
  }

  @Test func `bad lines are passed over and listed when that is asked for`() async throws {
    try await withServer { server in
      let long = "\"" + String(repeating: "x", count: 1 << 20) + "\""
      let body = "1\nx\n2\n\(long)\n3\n{\n"
      let answer = try server.answer("POST", Self.path + "?onError=skip", Self.ndjson, body)
      #expect(answer.status == 200)
      #expect(try answer.member("accepted") == "3")
      #expect(try answer.member("refused") == "3")
      let refusals = try #require(try answer.json()["refusals"]).elements
      #expect(refusals.compactMap { $0["line"]?.int } == [2, 4, 6])
      let many = String(repeating: "x\n", count: 500)
      let bounded = try server.answer("POST", Self.path + "?onError=skip", Self.ndjson, many)
      #expect(try bounded.member("refused") == "500")
      #expect(try bounded.json()["refusals"]?.elements.count == 100)
    }
  }

  @Test func `lines may be envelopes`() async throws {
    try await withServer { server in
      let body = #"{"type":"t","data":1}"# + "\n" + #"{"type":7}"# + "\n[]\n"
      let path = Self.path + "?envelope=cloudevents"
      let answer = try server.answer("POST", path, Self.ndjson, body)
      #expect(answer.status == 422)
      #expect(try answer.member("line") == "3")
      #expect(try server.answer("GET", Self.path).text.contains(#""type":"t""#))
    }
  }

  @Test func `events near the size of a publish do not spoil their neighbours`() async throws {
    try await withServer { configuration in
      configuration.topics = [.init(pattern: "a", retention: Retention(maximumBytes: 20_000))]
    } _: { server in
      let small = "\"" + String(repeating: "s", count: 4_000) + "\""
      let large = "\"" + String(repeating: "l", count: 9_000) + "\""
      let body = [small, large, small, large, small, small, small].joined(separator: "\n")
      let answer = try server.answer("POST", Self.path, Self.ndjson, body)
      #expect(answer.status == 200, "\(answer.text)")
      #expect(try answer.member("accepted") == "7")
      let huge = "\"" + String(repeating: "h", count: 11_000) + "\""
      let refused = try server.answer("POST", Self.path, Self.ndjson, "1\n\(huge)\n2")
      #expect(refused.status == 422)
      #expect(try refused.member("line") == "2")
      #expect(try refused.member("accepted") == "1")
    }
  }

  @Test func `an empty body is no mistake`() async throws {
    try await withServer { server in
      let answer = try server.answer("POST", Self.path, Self.ndjson, "\n")
      #expect(answer.status == 200)
      #expect(try answer.member("accepted") == "0")
    }
  }
}
