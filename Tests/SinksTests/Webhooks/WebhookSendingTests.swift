// SPDX-License-Identifier: Apache-2.0
import Codecs
import Storage
import Streams
import Testing
import Transport

@testable import Sinks

@Suite(.timeLimit(.minutes(1))) struct WebhookSendingTests {
  /// Runs a body with a sender that is closed afterwards.
  private func send(
    to url: String,
    allowsPrivate: Bool = true
  ) async throws -> Result<WebhookAnswer, HTTPClient.Failure> {
    let sender = try HTTPWebhookSender(agent: "weir/test")
    let reply = await sender.send(try await message(to: url, allowsPrivate: allowsPrivate))
    await sender.close()
    return reply
  }

  private func message(to url: String, allowsPrivate: Bool) async throws -> WebhookMessage {
    let place = try WebhookPlace()
    let log = try EventLog(directory: place.path)
    defer { log.close() }
    let epoch = Epoch(rawValue: 14)
    let webhook = try await log.addWebhook(
      WebhookDraft(
        id: "w",
        url: url,
        topic: "t",
        secret: WebhookSecret(Array(repeating: 7, count: 32)),
        allowsPrivate: allowsPrivate,
        start: CursorPlace(epoch, 0)
      ),
      at: 1
    )
    let entry = EventEntry(event: event(#"{"n":1}"#), offset: 1, appended: 5, epoch: epoch)
    return WebhookMessage(entry, to: webhook, at: 1_614_265_330_999)
  }

  @Test func `a receiver gets a POST with the three fields and the body that was signed`()
    async throws
  {
    try await HTTPReceiver.with { (receiver: HTTPReceiver) async throws in
      let reply = try await send(to: "http://127.0.0.1:\(receiver.port)/hook?a=b")
      #expect(try reply.get() == WebhookAnswer(status: 200))
      let received = try #require(await receiver.received.first)
      let fields = received.head.fields
      #expect(received.head.method == "POST" && received.head.target == "/hook?a=b")
      #expect(fields["Content-Type"] == WebhookMessage.mediaType)
      #expect(fields["User-Agent"] == "weir/test")
      #expect(fields["webhook-timestamp"] == "1614265330")
      let id = try #require(fields["webhook-id"])
      let secret = WebhookSecret(Array(repeating: 7, count: 32))
      let expected = WebhookSignature.make(
        id: id,
        seconds: 1_614_265_330,
        body: received.body,
        secret
      )
      #expect(fields["webhook-signature"] == expected)
    }
  }

  @Test(arguments: ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "localhost"])
  func `what leads to this machine is not connected to, however it is written`(
    host: String
  )
    async throws
  {
    try await HTTPReceiver.with { (receiver: HTTPReceiver) async throws in
      let url = "http://\(host):\(receiver.port)/"
      let reply = try await send(to: url, allowsPrivate: false)
      let verdict = try #require(WebhookVerdict(reply, at: 0))
      #expect(verdict.outcome == .address, "\(verdict)")
      #expect(await receiver.acceptedCount == 0)
      #expect(try await send(to: url).get().status == 200)
    }
  }

  @Test(arguments: ["169.254.169.254", "[fd00:ec2::254]", "0.0.0.0", "[::]", "[fe80::1]"])
  func `what a machine is told by its cloud is never connected to`(host: String) async throws {
    let verdict = WebhookVerdict(try await send(to: "http://\(host):9/"), at: 0)
    #expect(verdict?.outcome == .address)
  }

  @Test func `a redirect is told and not followed`() async throws {
    try await HTTPReceiver.with { _ in
      "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    } _: { (receiver: HTTPReceiver) async throws in
      let reply = try await send(to: "http://127.0.0.1:\(receiver.port)/")
      #expect(WebhookVerdict(reply, at: 0)?.outcome == .redirect)
      #expect(await receiver.received.count == 1)
    }
  }

  @Test func `an answer that does not end is cut off`() async throws {
    try await HTTPReceiver.with { _ in
      let body = String(repeating: "x", count: 99_999)
      return "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" + body
    } _: { (receiver: HTTPReceiver) async throws in
      let reply = try await send(to: "http://127.0.0.1:\(receiver.port)/")
      #expect(WebhookVerdict(reply, at: 0)?.outcome == .response)
    }
  }

  @Test func `a receiver that is not there is a failed connection`() async throws {
    let port = try Listener(host: "127.0.0.1", port: 0).port
    let verdict = WebhookVerdict(try await send(to: "http://127.0.0.1:\(port)/"), at: 0)
    #expect(verdict?.outcome == .connection)
  }

  @Test func `what a receiver asks for is read`() async throws {
    try await HTTPReceiver.with { _ in
      "HTTP/1.1 503 Busy\r\nRetry-After: 77\r\nContent-Length: 0\r\n\r\n"
    } _: { (receiver: HTTPReceiver) async throws in
      let reply = try await send(to: "http://127.0.0.1:\(receiver.port)/")
      #expect(try reply.get() == WebhookAnswer(status: 503, retryAfter: "77"))
    }
  }
}

@Suite struct WebhookRequestTests {
  /// Addresses that a webhook must not lead to, with odd ways to write them.
  private static let special = [
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "0.0.0.0",
    "0.1.2.3", "127.0.0.1", "127.255.255.254", "169.254.169.254", "255.255.255.255", "224.0.0.1",
    "239.1.1.1", "192.0.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "100.64.0.1",
    "100.127.255.255", "192.88.99.1", "198.18.0.1", "198.19.255.255", "240.0.0.1", "[::]", "[::1]",
    "[::ffff:127.0.0.1]", "[::ffff:0.0.0.1]", "[2001:db8::1]", "[3fff::1]", "[fe80::1]",
    "[fc00::1]", "[fd00::1]", "[100::1]", "[2002::1]", "[64:ff9b::1]", "[64:ff9b:1::1]",
    "[5f00::1]", "127.1", "0x7f000001", "2130706433", "localhost", "x.localhost",
  ]

  private func refusal(_ url: String, allowsPrivate: Bool = false) -> WebhookRefusal? {
    do throws(WebhookRefusal) {
      _ = try WebhookRequest(url: url, topic: "t", allowsPrivate: allowsPrivate).checkedURL()
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: special)
  func `an address of the server's own network is refused when it is saved`(host: String) {
    guard case .address? = refusal("https://\(host):8443/hook") else {
      Issue.record("\(host) was taken")
      return
    }
  }

  @Test(arguments: [
    "user@example.com", "user:secret@example.com", "1.1.1.1@127.0.0.1", "127.0.0.1@example.com",
  ])
  func `a URL with a user is refused`(authority: String) {
    #expect(refusal("https://\(authority)/") == .url(.userInURL))
    #expect(refusal("https://\(authority)/", allowsPrivate: true) == .url(.userInURL))
  }

  @Test(arguments: [
    "1.1.1.1", "8.8.8.8", "[::ffff:8.8.8.8]", "[2001:4860:4860::8888]", "hooks.example.com",
  ])
  func `the public internet is allowed`(host: String) {
    #expect(refusal("https://\(host)/hook") == nil)
  }

  @Test(arguments: ["127.0.0.1", "localhost", "[::1]", "10.1.2.3", "192.168.1.1", "[fd12::1]"])
  func `a private address is allowed on demand`(host: String) {
    #expect(refusal("http://\(host):9000/hook", allowsPrivate: true) == nil)
  }

  @Test(arguments: ["169.254.169.254", "0.0.0.0", "[fe80::1]", "224.0.0.1", "255.255.255.255"])
  func `and nothing else that is special`(host: String) {
    #expect(refusal("http://\(host)/", allowsPrivate: true) == .address(bare(host)))
  }

  private func bare(_ host: String) -> String { host.filter { $0 != "[" && $0 != "]" } }

  @Test func `a URL that is none or too long is refused`() {
    #expect(refusal("ftp://example.com/") == .url(.unsupportedScheme))
    #expect(refusal("example.com/") == .url(.malformedURL))
    let long = String(repeating: "x", count: StorageLimits.webhookURLBytes)
    #expect(refusal("https://example.com/\(long)") == .url(.malformedURL))
  }

  @Test func `what is refused is not stored`() async throws {
    let place = try WebhookPlace()
    let world = try WebhookWorld(in: place.path)
    await #expect(throws: WebhookRefusal.address("127.0.0.1")) {
      try await world.add("http://127.1/")
    }
    await #expect(throws: WebhookRefusal.secret) { try await world.add(secret: "whsec_short") }
    await #expect(throws: WebhookRefusal.self) { try await world.add(topic: "no topic ?") }
    #expect(try await world.service.all().isEmpty && world.service.board.entries.isEmpty)
    await world.end()
  }
}
