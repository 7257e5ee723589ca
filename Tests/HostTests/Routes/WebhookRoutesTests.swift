// SPDX-License-Identifier: Apache-2.0
import Codecs
import Foundation
import Sinks
import Storage
import Streams
import Synchronization
import Testing
import Transport

@testable import Host

/// A store in a directory of its own, for the time of a test.
private final class Store: Sendable {
  let log: EventLog
  private let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("weir-webhook-routes-\(UUID().uuidString)")
    path = url.path
    log = try EventLog(directory: path)
  }

  deinit {
    log.close()
    try? FileManager.default.removeItem(atPath: path)
  }
}

/// Receivers that fail, or that want what can't be sent.
private struct FailingReceivers: WebhookSender {
  func send(_ message: WebhookMessage) async -> Result<WebhookAnswer, HTTPClient.Failure> {
    .failure(.invalidRequest(.bodyTooLarge(limitBytes: 1)))
  }
}

@Suite(.timeLimit(.minutes(1))) struct WebhookRoutesTests {
  private static let path = "/v1/webhooks"
  private static let json = ["Content-Type": "application/json"]
  private static let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

  /// Runs a body with a server whose webhooks can't be sent.
  private func withWebhooks(_ body: @escaping @Sendable (TestServer) throws -> Void) async throws {
    let store = try Store()
    try await withServer(
      webhooks: { topics in
        WebhookService(log: store.log, sender: FailingReceivers(), report: { _ in }) {
          TopicFeed(try topics.topic($0))
        }
      },
      body
    )
  }

  private static func add(
    _ server: TestServer,
    _ members: String = ""
  ) throws -> TestClient.Answer {
    let body = #"{"url":"https://example.com/hook","topic":"a"\#(members)}"#
    return try server.answer("POST", path, json, body)
  }

  @Test func `a server that stores nothing says so`() async throws {
    try await withServer { server in
      for (method, path) in [
        ("GET", Self.path), ("POST", Self.path), ("DELETE", "\(Self.path)/wh_1"),
        ("GET", "\(Self.path)/wh_1/failed"),
      ] {
        let answer = try server.answer(method, path, Self.json, method == "POST" ? "{}" : "")
        #expect(answer.status == 503)
        #expect(answer.text.contains("--data DIR"))
      }
      #expect(try !server.answer("GET", "/metrics").text.contains("weir_webhook"))
    }
  }

  @Test func `a webhook is made, listed and removed, its key shown once`() async throws {
    try await withWebhooks { server in
      #expect(try server.answer("GET", Self.path).text == #"{"webhooks":[]}"# + "\n")
      let made = try Self.add(server)
      #expect(made.status == 201)
      let json = try JSONView.parse(made.body)
      let id = try #require(json["id"]?.string)
      let secret = try #require(json["secret"]?.string)
      #expect(WebhookKey(secret)?.secret.bytes.count == 32)
      #expect(json["state"]?.string == "active" && json["allowPrivate"]?.bool == false)
      let list = try server.answer("GET", Self.path)
      #expect(list.status == 200 && list.text.contains(id))
      #expect(!list.text.contains("secret") && !list.text.contains(secret.dropFirst(6)))
      #expect(try server.answer("DELETE", "\(Self.path)/\(id)").status == 204)
      #expect(try server.answer("DELETE", "\(Self.path)/\(id)").status == 404)
      #expect(try server.answer("GET", "\(Self.path)/\(id)/failed").status == 404)
      #expect(try server.answer("GET", Self.path).text == #"{"webhooks":[]}"# + "\n")
    }
  }

  @Test func `a key that was sent is not sent back`() async throws {
    try await withWebhooks { server in
      let made = try Self.add(server, #","secret":"\#(Self.key)""#)
      #expect(made.status == 201 && !made.text.contains("MfKQ") && !made.text.contains("secret"))
      #expect(try !server.answer("GET", Self.path).text.contains("MfKQ"))
      #expect(try !server.answer("GET", "/metrics").text.contains("MfKQ"))
      for wrong in ["\(Self.key)=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
        let refused = try Self.add(server, #","secret":"\#(wrong)""#)
        #expect(refused.status == 422 && !refused.text.contains("MfKQ"))
      }
    }
  }

  @Test func `what was given up is listed and counted`() async throws {
    try await withWebhooks { server in
      let made = try JSONView.parse(try Self.add(server).body)
      let id = try #require(made["id"]?.string)
      try server.publish("a", "[1,2,3]")
      let failed = "\(Self.path)/\(id)/failed"
      var answer = try server.answer("GET", failed)
      while try JSONView.parse(answer.body)["failed"]?.elements.count != 3 {
        answer = try server.answer("GET", failed)
      }
      #expect(answer.text.contains(#""offset":3,"attempts":1"#))
      let page = try JSONView.parse(try server.answer("GET", "\(failed)?limit=2").body)
      let next = try #require(page["next"]?.uint64)
      let rest = try JSONView.parse(try server.answer("GET", "\(failed)?after=\(next)").body)
      #expect(rest["failed"]?.elements.count == 1)
      #expect(try server.answer("GET", "\(failed)?limit=0").status == 400)
      let metrics = try server.answer("GET", "/metrics").text
      for line in [
        #"weir_webhooks{state="active"} 1"#, #"weir_webhook_events_total{result="failed"} 3"#,
        #"weir_webhook_attempts_total{outcome="request"} 3"#,
        #"weir_webhook_attempts_total{outcome="delivered"} 0"#,
        #"weir_webhook_lag_entries{webhook="\#(id)"} 0"#,
      ] {
        #expect(metrics.contains(line + "\n"))
      }
      #expect(!metrics.contains("example.com"))
    }
  }

  @Test(arguments: [
    (#"{"url":"http://127.1/","topic":"a"}"#, 422, "url"),
    (#"{"url":"http://[::1]/","topic":"a"}"#, 422, "url"),
    (#"{"url":"https://me:hunter2@example.com/","topic":"a"}"#, 422, "url"),
    (#"{"url":"https://169.254.169.254/","topic":"a","allowPrivate":true}"#, 422, "url"),
    (#"{"url":"nothing","topic":"a"}"#, 422, "url"),
    (#"{"url":"https://example.com/","topic":"a b"}"#, 422, "topic"),
    (#"{"url":"https://example.com/","topic":"a#1"}"#, 403, "topic"),
    (#"{"url":"https://example.com/"}"#, 400, "topic"), (#"{"topic":"a"}"#, 400, "url"),
    (#"{"url":1,"topic":"a"}"#, 400, "url"), ("[]", 400, "body"), ("{", 400, "body"),
    (#"{"url":"https://example.com/","topic":"a","secret":1}"#, 400, "secret"),
    (#"{"url":"https://example.com/","topic":"a","allowPrivate":"yes"}"#, 400, "allowPrivate"),
    (#"{"url":"https://example.com/","topic":"a","hunter2":1}"#, 400, "body"),
  ])
  func `what is no webhook is refused with its field`(
    body: String,
    status: Int,
    field: String
  ) async throws {
    try await withWebhooks { server in
      let answer = try server.answer("POST", Self.path, Self.json, body)
      #expect(answer.status == status, "\(answer.text)")
      #expect(answer.fields["Content-Type"] == "application/problem+json")
      #expect(try JSONView.parse(answer.body)["field"]?.string == field)
      #expect(!answer.text.contains("hunter2"))
      #expect(try server.answer("GET", Self.path).text == #"{"webhooks":[]}"# + "\n")
    }
  }

  @Test func `other media types, methods and sizes are refused`() async throws {
    try await withWebhooks { server in
      let plain = ["Content-Type": "text/plain"]
      #expect(try server.answer("POST", Self.path, plain, "{}").status == 415)
      #expect(try server.answer("POST", Self.path, [:], "{}").status == 415)
      let long = String(repeating: "x", count: 9_000)
      #expect(try server.answer("POST", Self.path, Self.json, long).status == 413)
      for (method, path, allows) in [
        ("PUT", "", "GET, HEAD, POST"), ("GET", "/wh_1", "DELETE"),
        ("DELETE", "/wh_1/failed", "GET, HEAD"),
      ] {
        let answer = try server.answer(method, Self.path + path)
        #expect(answer.status == 405 && answer.fields["Allow"] == allows)
      }
      #expect(try server.answer("GET", "\(Self.path)/wh_1/nothing").status == 404)
      #expect(try server.answer("HEAD", Self.path).status == 200)
    }
  }

  @Test func `events really arrive, here in a topic of the server itself`() async throws {
    let store = try Store()
    let running = Mutex<Task<Void, Never>?>(nil)
    try await withServer(
      webhooks: { topics in
        let host = try WebhookHost(log: store.log, topics: topics, report: { _ in })
        running.withLock { $0 = Task { await host.run() } }
        return host.service
      }
    ) { server in
      let target = "\(server.server.url)/v1/topics/copy/events"
      let body = #"{"url":"\#(target)","topic":"a","allowPrivate":true}"#
      let made = try server.answer("POST", Self.path, Self.json, body)
      #expect(made.status == 201, "\(made.text)")
      try server.publish("a", #"[{"n":1},{"n":2},{"n":3}]"#)
      var copied: TestClient.Answer
      repeat {
        copied = try server.answer("GET", "/v1/topics/copy/events")
      } while !copied.text.contains(#""offset":3"#)
      let events = try #require(try JSONView.parse(copied.body)["events"]?.elements)
      #expect(events.compactMap { $0["data"]?["n"]?.int } == [1, 2, 3])
      #expect(events.allSatisfy { $0["source"]?.string == "/v1/topics/a" })
    }
    let task = running.withLock { $0 }
    task?.cancel()
    await task?.value
  }
}
