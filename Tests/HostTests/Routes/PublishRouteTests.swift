// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing
import Transport

@testable import Host

@Suite struct PublishRouteTests {
  private static let path = "/v1/topics/a/events"

  @Test func `a publish answers where its events are`() async throws {
    try await withServer { server in
      let json = ["Content-Type": "application/json; charset=utf-8"]
      let epoch = try server.topics.topic("a").epoch
      let one = try server.answer("POST", Self.path, json, #" { "b" : [ 1 ] } "#)
      #expect(one.status == 200)
      #expect(
        one.text
          == #"{"topic":"a","epoch":"\#(epoch)","firstOffset":1,"lastOffset":1,"accepted":1}"#
          + "\n"
      )
      let several = try server.answer("POST", Self.path, [:], "[1,[2],null]")
      #expect(try several.member("firstOffset") == "2")
      #expect(try several.member("lastOffset") == "4")
      let history = try server.answer("GET", Self.path).text
      #expect(history.contains(#""data":{"b":[1]}}"#))
      #expect(history.contains(#""data":[2]}"#) && history.contains(#""data":null}"#))
    }
  }

  @Test func `ce fields are attributes, and what is no attribute is a tag`() async throws {
    try await withServer { server in
      let fields = [
        "Content-Type": "text/plain", "ce-type": "note", "ce-subject": "s%20t", "ce-id": "i",
        "ce-source": "/x", "ce-time": "2026-01-31T13:00:00+01:00", "CE-Region": "eu",
        "ce-specversion": "1.0",
      ]
      let answer = try server.answer("POST", Self.path, fields, "two\nlines")
      #expect(answer.status == 200)
      #expect(
        try server.answer("GET", Self.path).text.contains(
          #"{"offset":1,"id":"i","type":"note","time":"2026-01-31T12:00:00Z","subject":"s t","#
            + #""source":"/x","tags":{"region":"eu"},"data":"two\nlines"}"#
        )
      )
    }
  }

  @Test func `envelopes come alone, in batches and with defaults`() async throws {
    try await withServer { server in
      let one = ["Content-Type": "application/cloudevents+json"]
      let many = ["Content-Type": "application/cloudevents-batch+json"]
      let event =
        #"{"specversion":"1.0","type":"t","id":"i","source":"s","time":"2026-01-31T12:00:00Z","#
        + #""n":7,"b":true,"subject":null,"data":{"x":1}}"#
      #expect(try server.answer("POST", Self.path, one, event).status == 200)
      let text = #"{"datacontenttype":"text/plain","data":"hi"}"#
      #expect(try server.answer("POST", Self.path, many, "[\(text),{}]").status == 200)
      let history = try server.answer("GET", Self.path).text
      #expect(history.contains(#""tags":{"b":"true","n":"7"},"data":{"x":1}}"#))
      #expect(history.contains(#""type":"event","#))
      #expect(history.contains(#""data":"hi"}"#) && history.contains(#""data":null}"#))
    }
  }

  struct Refusal: Sendable {
    var type = "application/json"
    var fields: [String: String] = [:]
    var path = PublishRouteTests.path
    let body: String
    let status: Int
    var field: String?
    var line: String?
  }

  static let refusals: [Refusal] = [
    .init(body: "{\n\"a\":", status: 400, field: "body", line: "2"),
    .init(body: "[]", status: 422, field: "body"),
    .init(
      type: "text/plain",
      fields: ["ce-time": "today"],
      body: "x",
      status: 422,
      field: "ce-time"
    ),
    .init(fields: ["ce-not_a-tag": "1"], body: "1", status: 422, field: "ce-not_a-tag"),
    .init(fields: ["ce-type": ""], body: "1", status: 422, field: "ce-type"),
    .init(fields: ["ce-type": "a%0Ab"], body: "1", status: 422, field: "ce-type"),
    .init(type: "application/xml", body: "<a/>", status: 415, field: "Content-Type"),
    .init(fields: ["Content-Encoding": "gzip"], body: "1", status: 415, field: "Content-Encoding"),
    .init(fields: ["Idempotency-Key": ""], body: "1", status: 400, field: "Idempotency-Key"),
    .init(
      fields: ["Idempotency-Key": String(repeating: "k", count: 256)],
      body: "1",
      status: 400,
      field: "Idempotency-Key"
    ),
    .init(
      type: "application/x-ndjson",
      fields: ["Idempotency-Key": "k"],
      body: "1",
      status: 400,
      field: "Idempotency-Key"
    ),
    .init(type: "application/cloudevents+json", body: "[]", status: 422),
    .init(
      type: "application/cloudevents+json",
      body: #"{"specversion":"0.3"}"#,
      status: 422,
      field: "specversion"
    ),
    .init(
      type: "application/cloudevents+json",
      body: #"{"item":"tea","n":1}"#,
      status: 422,
      field: "data"
    ),
    .init(
      type: "application/cloudevents+json",
      body: #"{"type":{}}"#,
      status: 422,
      field: "type"
    ),
    .init(
      type: "application/cloudevents-batch+json",
      body: #"[{},{"time":"x"}]"#,
      status: 422,
      field: "[1].time"
    ),
    .init(type: "application/cloudevents-batch+json", body: "{}", status: 422, field: "body"),
    .init(path: "/v1/topics/_a/events", body: "1", status: 400, field: "topic"),
    .init(path: "/v1/topics/a%20b/events", body: "1", status: 400, field: "topic"),
    .init(path: "/v1/topics/no/events", body: "1", status: 403, field: "topic"),
    .init(
      body: "[" + String(repeating: "1,", count: 10_000) + "1]",
      status: 413,
      field: "body"
    ),
    .init(body: "\"" + String(repeating: "x", count: 1 << 20) + "\"", status: 413, field: "body"),
    .init(path: "/v1/topics/small/events", body: "[1,2,3]", status: 413, field: "body"),
    .init(
      type: "application/x-ndjson",
      path: path + "?onError=explode",
      body: "1",
      status: 400,
      field: "onError"
    ),
    .init(
      type: "application/x-ndjson",
      path: path + "?envelope=x",
      body: "1",
      status: 400,
      field: "envelope"
    ),
  ]

  @Test func `a refusal names what is at fault and what helps, and stores nothing`() async throws {
    try await withServer { configuration in
      configuration.onlyListedTopics = true
      configuration.topics = [
        .init(pattern: "small", retention: Retention(maximumCount: 4)), .init(pattern: "a*"),
        .init(pattern: "_*"),
      ]
    } _: { server in
      for refusal in Self.refusals {
        let fields = refusal.fields.merging(["Content-Type": refusal.type]) { $1 }
        let answer = try server.answer("POST", refusal.path, fields, refusal.body)
        #expect(answer.status == refusal.status, "\(refusal.body.prefix(60)) \(answer.text)")
        #expect(answer.fields["Content-Type"] == "application/problem+json")
        #expect(try answer.member("status") == "\(refusal.status)")
        #expect(try answer.member("field") == refusal.field, "\(answer.text)")
        #expect(try answer.member("line") == refusal.line)
        for name in ["title", "detail", "remedy"] {
          #expect(try answer.member(name)?.isEmpty == false)
        }
      }
      #expect(server.topics.all.allSatisfy { $0.statistics.published == 0 })
    }
  }

  @Test func `a repeated publish is stored once, and another one with its key is refused`()
    async throws
  {
    try await withServer { server in
      let fields = ["Content-Type": "application/json", "Idempotency-Key": "order 7"]
      let first = try server.answer("POST", Self.path, fields, "[1,2]")
      let again = try server.answer("POST", Self.path, fields, "[1,2]")
      #expect(first.status == 200 && again.text == first.text)
      // Of as many events and bytes.
      let other = try server.answer("POST", Self.path, fields, "[1,3]")
      #expect(other.status == 422)
      #expect(try other.member("field") == "Idempotency-Key")
      #expect(server.topics.existing("a")?.statistics.published == 2)
    }
  }

  @Test func `text that is not UTF-8 is refused`() async throws {
    try await withServer { server in
      let client = try server.connect()
      client.expectAnswer(to: "POST")
      try client.send(
        "POST \(Self.path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
          + "Content-Length: 2\r\n\r\n"
      )
      try client.client.write([0xC3, 0x28])
      let answer = try client.answer()
      #expect(answer.status == 422)
      #expect(try answer.member("field") == "body")
    }
  }

  @Test func `the end of a topic is marked, once and again`() async throws {
    try await withServer { server in
      try server.publish("a", "1")
      #expect(try server.answer("POST", "/v1/topics/a/end").status == 200)
      #expect(try server.answer("GET", "/v1/topics/a/end").status == 405)
      var position = Position(next: 1, nextMark: 0)
      let batch = try server.topics.topic("a").read(from: &position, limit: 9)
      guard case .mark(.endOfInput, _) = batch.items.last else {
        Issue.record("no mark stands behind the entry")
        return
      }
    }
  }
}
