// SPDX-License-Identifier: Apache-2.0
import Codecs
import Foundation
import Testing

@testable import Host

@Suite struct WebhooksCommandTests {
  private static let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

  private func server(_ status: Int, _ body: String) -> FakeServer {
    FakeServer { _ in .json(status, body) }
  }

  /// Writes a file for a test; answers its path.
  private func file(_ text: String) throws -> String {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("weir-key-\(UUID().uuidString)")
    try Data(text.utf8).write(to: url)
    return url.path
  }

  @Test func `a webhook is made and its key shown once`() async throws {
    let answer = #"{"id":"wh_1","url":"https://a.example/","topic":"orders","secret":"whsec_AAAA"}"#
    let server = server(201, answer)
    let run = await ToolRun.run(
      ["webhooks", "add", "https://a.example/", "--topic", "orders", "--allow-private"],
      server
    )
    #expect(run.status == 0)
    #expect(run.output.hasPrefix("wh_1 delivers 'orders' to https://a.example/\n"))
    #expect(run.output.contains("secret: whsec_AAAA\n") && run.output.contains("not shown again"))
    #expect(server.lines == ["POST /v1/webhooks"])
    #expect(server.requests[0].head.fields["Content-Type"] == "application/json")
    #expect(
      server.requests[0].text
        == #"{"url":"https://a.example/","topic":"orders","allowPrivate":true}"#
    )
  }

  @Test(arguments: [key, key + "\n", "  \(key)\r\n"])
  func `a key comes out of a file`(text: String) async throws {
    let server = server(201, #"{"id":"wh_1","url":"https://a.example/","topic":"orders"}"#)
    let path = try file(text)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let run = await ToolRun.run(
      ["webhooks", "add", "https://a.example/", "--topic", "orders", "--secret-file", path],
      server
    )
    #expect(run.status == 0 && !run.output.contains("secret"))
    #expect(server.requests[0].text.contains(#""secret":"\#(Self.key)""#))
  }

  @Test func `a key comes out of standard input`() async throws {
    let server = server(201, #"{"id":"wh_1","url":"https://a.example/","topic":"orders"}"#)
    let console = FakeConsole()
    console.input = Array("\(Self.key)\n".utf8)
    let run = await ToolRun.run(
      ["webhooks", "add", "https://a.example/", "--topic", "orders", "--secret-file", "-"],
      server,
      console: console
    )
    #expect(run.status == 0 && server.requests[0].text.contains(Self.key))
  }

  @Test(arguments: ["", "hunter2", "whsec_hunter2", key + "\n" + key, key + "x"])
  func `what is no key is refused and not repeated`(text: String) async throws {
    let server = server(201, "{}")
    let path = try file(text)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let run = await ToolRun.run(
      ["webhooks", "add", "https://a.example/", "--topic", "orders", "--secret-file", path],
      server
    )
    #expect(run.status == 1 && run.errors.contains("holds no key") && server.requests.isEmpty)
    #expect(!run.errors.contains("hunter2") && !run.errors.contains("MfKQ"))
  }

  @Test func `webhooks are listed in columns, or as JSON`() async {
    let list =
      #"{"webhooks":[{"id":"wh_1","url":"https://a.example/x","topic":"t\u001b[1m","state":"active","#
      + #""lag":12,"delivered":3,"failed":0,"missed":1}]}"#
    let run = await ToolRun.run(["webhooks", "list"], server(200, list))
    #expect(
      run.output == """
        ID    TOPIC  STATE   LAG  DELIVERED  FAILED  MISSED  URL
        wh_1  t[1m   active  12   3          0       1       https://a.example/x

        """
    )
    let json = await ToolRun.run(["webhooks", "list", "--json"], server(200, list))
    #expect(json.output == list + "\n")
    let none = await ToolRun.run(["webhooks", "list"], server(200, #"{"webhooks":[]}"#))
    #expect(none.output == "there are no webhooks yet\n")
    let foreign = await ToolRun.run(["webhooks", "list"], server(200, "[]"))
    #expect(foreign.status == 1 && foreign.errors.contains("not about webhooks"))
  }

  @Test func `a webhook is removed, and what it gave up is shown`() async {
    let gone = FakeServer { _ in .raw("HTTP/1.1 204 No Content\r\n\r\n") }
    let removed = await ToolRun.run(["webhooks", "remove", "wh/1"], gone)
    #expect(removed.status == 0 && removed.output == "wh/1 is removed\n")
    #expect(gone.lines == ["DELETE /v1/webhooks/wh%2F1"])
    let list =
      #"{"failed":[{"epoch":"e","offset":7,"attempts":10,"time":"2026-01-01T00:00:00Z","#
      + #""reason":"timeout: a deadline passed"}],"next":null}"#
    let server = server(200, list)
    let failed = await ToolRun.run(["webhooks", "failed", "wh_1"], server)
    #expect(failed.output.contains("7       10        2026-01-01T00:00:00Z  timeout: a deadline"))
    #expect(server.lines == ["GET /v1/webhooks/wh_1/failed?limit=1000"])
  }

  @Test(arguments: [
    (["add", "https://a.example/"], "--topic is missing"),
    (["add", "--topic", "t"], "URL is missing"), (["remove"], "ID is missing"),
    (["failed"], "ID is missing"), (["list", "x"], "'x' is one argument too many"),
    (["rm", "x"], "'rm' can't be done with webhooks"), (["lst"], "did you mean 'list'?"),
    (["list", "--topic", "t"], "--topic does not go with 'list'"),
    (["remove", "x", "--allow-private"], "--allow-private does not go with 'remove'"),
    (["add", "https://a.example/", "--topic", "a b"], "'a b' cannot be a topic"),
  ])
  func `what is written wrongly is told with what helps`(words: [String], said: String) async {
    let run = await ToolRun.run(["webhooks"] + words, server(200, "{}"))
    #expect(run.status == 2 && run.errors.contains(said), "\(run.errors)")
  }

  @Test func `what the server refuses is told`() async {
    let problem =
      #"{"status":503,"title":"Nothing is stored","detail":"this server has no directory","#
      + #""remedy":"start it with --data DIR"}"#
    let run = await ToolRun.run(["webhooks", "list"], server(503, problem))
    #expect(run.status == 1 && run.errors.contains("start it with --data DIR"))
  }
}
