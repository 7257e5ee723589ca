// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing

@testable import Host

@Suite struct TableRoutesTests {
  private static let row = "/v1/tables/t/a"
  private static let json = ["Content-Type": "application/json"]

  private func withTables(
    _ configure: (inout TableSettings) -> Void = { _ in },
    _ body: @escaping @Sendable (TestServer) throws -> Void
  ) async throws {
    var settings = TableSettings()
    configure(&settings)
    try await withServer({ configuration in
      configuration.topics = [.init(pattern: "t", table: settings)]
    }) { try body($0) }
  }

  @Test func `a row is made, read, changed and deleted`() async throws {
    try await withTables { server in
      let made = try server.answer("PUT", Self.row, Self.json, #"{"n": 1}"#)
      let epoch = "\(try server.topics.topic("t").epoch)"
      #expect(made.status == 201)
      #expect(made.text == #"{"topic":"t","key":"a","epoch":"\#(epoch)","offset":1}"# + "\n")
      #expect(made.fields["ETag"] == "\"\(epoch)-1\"")
      let read = try server.answer("GET", Self.row)
      #expect(read.text == #"{"n":1}"#)
      #expect(read.fields["ETag"] == made.fields["ETag"])
      #expect(read.fields["Content-Type"] == "application/json")
      #expect(read.fields["Cache-Control"] == "private, no-cache")
      #expect(read.fields["ce-subject"] == "a" && read.fields["ce-id"] == "\(epoch)-1")
      let changed = try server.answer("PUT", Self.row, ["Content-Type": "text/plain"], "two")
      #expect(changed.status == 200 && changed.fields["ETag"] == "\"\(epoch)-2\"")
      let text = try server.answer("GET", Self.row)
      #expect(text.text == "two" && text.fields["Content-Type"] == "text/plain; charset=utf-8")
      #expect(try server.answer("HEAD", Self.row).fields["ETag"] == "\"\(epoch)-2\"")
      let gone = try server.answer("DELETE", Self.row)
      #expect(gone.status == 200)
      #expect(gone.text == #"{"topic":"t","key":"a","epoch":"\#(epoch)","offset":3}"# + "\n")
      for method in ["GET", "DELETE"] {
        let answer = try server.answer(method, Self.row)
        #expect(try answer.status == 404 && answer.json()["field"]?.string == "key")
      }
      #expect(try server.topics.topic("t").statistics.lastOffset == 3)
    }
  }

  @Test func `attributes go there and back`() async throws {
    try await withTables { server in
      let fields = [
        "Content-Type": "application/json", "ce-type": "draft", "ce-id": "i 1",
        "ce-kind": "gr%C3%BCn",
        "ce-time": "2026-01-31T12:00:00Z", "ce-source": "/a b",
      ]
      #expect(try server.answer("PUT", Self.row, fields, "1").status == 201)
      let read = try server.answer("GET", Self.row)
      #expect(read.fields["ce-type"] == "draft" && read.fields["ce-kind"] == "gr%C3%BCn")
      #expect(read.fields["ce-time"] == "2026-01-31T12:00:00Z")
      #expect(read.fields["ce-source"] == "%2Fa%20b" && read.fields["ce-id"] == "i%201")
      let whole = try server.answer("GET", Self.row + "?envelope=cloudevents")
      #expect(whole.fields["Content-Type"] == "application/cloudevents+json")
      #expect(try whole.json()["subject"]?.string == "a")
      #expect(try whole.json()["kind"]?.string == "grün")
      let envelope = ["Content-Type": "application/cloudevents+json"]
      let back = #"{"specversion":"1.0","type":"b","data":2}"#
      #expect(try server.answer("PUT", Self.row, envelope, back).status == 200)
      let page = try server.answer("GET", "/v1/tables/t").json()
      #expect(page["snapshot"]?.elements.first?["tags"]?["type"]?.string == "b")
      #expect(page["snapshot"]?.elements.first?["data"]?.int == 2)
    }
  }

  @Test func `conditions are judged by the row's tag`() async throws {
    try await withTables { server in
      let isNew = ["If-None-Match": "*"]
      #expect(try server.answer("PUT", Self.row, isNew, "1").status == 201)
      let again = try server.answer("PUT", Self.row, isNew, "2")
      #expect(try again.status == 412 && again.json()["field"]?.string == "If-None-Match")
      let tag = try #require(again.fields["ETag"])
      #expect(try server.answer("PUT", Self.row, ["If-Match": "\"x\", \(tag)"], "2").status == 200)
      let late = try server.answer("PUT", Self.row, ["If-Match": tag], "3")
      #expect(try late.status == 412 && late.json()["field"]?.string == "If-Match")
      // A weak tag says nothing about bytes.
      let current = try #require(late.fields["ETag"])
      #expect(try server.answer("PUT", Self.row, ["If-Match": "W/\(current)"], "3").status == 412)
      #expect(try server.answer("DELETE", Self.row, ["If-Match": tag]).status == 412)
      #expect(try server.answer("DELETE", Self.row, ["If-Match": current]).status == 200)
      #expect(try server.answer("DELETE", Self.row, ["If-Match": current]).status == 412)
      #expect(try server.answer("PUT", Self.row, ["If-Match": "*"], "3").status == 412)
      let bad = try server.answer("PUT", Self.row, ["If-Match": "x"], "3")
      #expect(try bad.status == 400 && bad.json()["field"]?.string == "If-Match")
      #expect(try server.answer("GET", "/metrics").text.contains("weir_row_conflicts_total 6\n"))
    }
  }

  @Test func `what did not change is not sent again`() async throws {
    try await withTables { server in
      for target in [Self.row, "/v1/tables/t"] {
        #expect(try server.answer("PUT", Self.row, Self.json, "1").status < 300)
        let tag = try #require(try server.answer("GET", target).fields["ETag"])
        let same = try server.answer("GET", target, ["If-None-Match": tag])
        #expect(same.status == 304 && same.text.isEmpty && same.fields["ETag"] == tag)
        #expect(try server.answer("PUT", Self.row, Self.json, "2").status == 200)
        #expect(try server.answer("GET", target, ["If-None-Match": tag]).status == 200)
        #expect(try server.answer("GET", target, ["If-Match": tag]).status == 412)
      }
    }
  }

  @Test func `a key may be any text of a path`() async throws {
    try await withTables { server in
      for (path, key) in [("a%2Fb", "a/b"), ("%C3%A9", "é"), ("a%20%3F", "a ?"), ("_x*", "_x*")] {
        #expect(try server.answer("PUT", "/v1/tables/t/\(path)", Self.json, "1").status == 201)
        #expect(try server.topics.topic("t").table?[key] != nil)
      }
      for path in ["%07", "e%CC%81", String(repeating: "k", count: 256), ""] {
        let answer = try server.answer("PUT", "/v1/tables/t/\(path)", Self.json, "1")
        #expect(try answer.status == 400 && answer.json()["field"]?.string == "key", "\(path)")
      }
    }
  }

  @Test func `what can't be a row is refused with what helps`() async throws {
    try await withTables({
      $0.maximumValueBytes = 8; $0.maximumRows = 2
    }) { server in
      func refusal(_ fields: [String: String], _ body: String) throws -> String {
        let answer = try server.answer("PUT", Self.row, fields, body)
        return "\(answer.status) \(try answer.json()["field"]?.string ?? "")"
      }
      #expect(try refusal(Self.json, "null") == "422 body")
      #expect(try refusal(["Content-Type": "text/plain"], "") == "422 body")
      #expect(try refusal(Self.json, "{") == "400 body")
      #expect(try refusal(Self.json, #""123456789""#) == "413 data")
      #expect(try refusal(["Content-Type": "text/html"], "1") == "415 Content-Type")
      #expect(try refusal(["ce-subject": "b"], "1") == "422 subject")
      for key in ["a", "b"] {
        #expect(try server.answer("PUT", "/v1/tables/t/\(key)", Self.json, "1").status == 201)
      }
      let full = try server.answer("PUT", "/v1/tables/t/c", Self.json, "1")
      #expect(full.status == 503 && full.text.contains("maximumRows"))
      #expect(full.fields["Retry-After"] == "60")
      #expect(try server.answer("POST", "/v1/tables/t/a", Self.json, "1").status == 405)
      let put = try server.answer("PUT", "/v1/tables/t", Self.json, "1")
      #expect(put.status == 405 && put.fields["Allow"] == "GET, HEAD")
      #expect(try server.answer("GET", "/v1/tables/nothing").status == 404)
      try server.publish("u", "1")
      let none = try server.answer("GET", "/v1/tables/u")
      #expect(none.status == 404 && none.text.contains("is no table"))
      #expect(try server.answer("PUT", "/v1/tables/u/a", Self.json, "1").status == 404)
    }
  }

  @Test func `events of a table have a key`() async throws {
    try await withTables { server in
      let events = "/v1/topics/t/events"
      let without = try server.answer("POST", events, Self.json, "1")
      #expect(try without.status == 422 && without.json()["field"]?.string == "subject")
      #expect(try server.answer("POST", events, ["ce-subject": "a"], "1").status == 200)
      let lines = ["Content-Type": "application/x-ndjson"]
      let body = "{\"subject\":\"b\",\"data\":2}\n{\"subject\":\"a\"}\n{\"data\":3}\n"
      let answer = try server.answer("POST", events + "?envelope=cloudevents", lines, body)
      #expect(try answer.status == 422 && answer.json()["line"]?.int == 3)
      let page = try server.answer("GET", "/v1/tables/t").json()
      #expect(page["snapshot"]?.elements.compactMap { $0["key"]?.string } == ["b"])
      #expect(page["offset"]?.int == 3)
      let state = try server.answer("GET", "/v1/topics/t").json()
      #expect(state["table"]?["rows"]?.int == 1)
    }
  }

  @Test func `pages go through all rows`() async throws {
    try await withTables { server in
      for number in 10..<35 {
        _ = try server.answer("PUT", "/v1/tables/t/k%20\(number)", Self.json, "\(number)")
      }
      var (keys, after): ([String], String?) = ([], "")
      while let from = after {
        let target = "/v1/tables/t?limit=10&after=\(PercentEncoding.encode(from))"
        let page = try server.answer("GET", target).json()
        #expect(page["offset"]?.int == 25)
        keys += page["snapshot"]?.elements.compactMap { $0["key"]?.string } ?? []
        after = page["next"]?.string
      }
      #expect(keys == (10..<35).map { "k \($0)" })
      #expect(try server.answer("GET", "/v1/tables/t?limit=1001").status == 400)
    }
  }

  @Test func `a change is made once under its key`() async throws {
    try await withTables { server in
      let fields = ["Idempotency-Key": "1", "If-None-Match": "*"]
      let first = try server.answer("PUT", Self.row, fields, "1")
      let again = try server.answer("PUT", Self.row, fields, "1")
      #expect(first.status == 201 && again.status == 200 && again.text == first.text)
      #expect(try server.answer("PUT", Self.row, fields, "2").status == 422)
      #expect(try server.answer("PUT", "/v1/tables/t/b", fields, "1").status == 422)
      #expect(
        try server.answer(
          "PUT",
          Self.row,
          ["Idempotency-Key": "1", "If-None-Match": "*", "ce-state": "shut"],
          "1"
        ).status == 422
      )
      #expect(try server.answer("DELETE", Self.row, ["Idempotency-Key": "2"]).status == 200)
      #expect(try server.answer("DELETE", Self.row, ["Idempotency-Key": "2"]).status == 200)
      #expect(try server.topics.topic("t").statistics.lastOffset == 2)
    }
  }

  @Test(arguments: [
    ("topic=t&table=x", "table"), ("topic=t&topic=v&table=true", "table"),
    ("topic=t&table=true&pipe=%5B%5D", "table"), ("topic=u&table=true", "topic"),
    ("topic=t&table=true&envelope=cloudevents", "table"),
    ("topic=t&table=true&tf=%7B%22key%22%3A%22a%22%2C%22cmp%22%3A%22ex%22%7D", "table"),
  ])
  func `a stream that can't be of a table is refused`(query: String, field: String) async throws {
    try await withTables { server in
      let answer = try server.answer("GET", "/v1/events?\(query)")
      #expect(try (400...404).contains(answer.status) && answer.json()["field"]?.string == field)
    }
  }
}
