// SPDX-License-Identifier: Apache-2.0
import Codecs
import Storage
import Streams
import Testing
import Transport
import WeirTesting

@testable import Sinks

@Suite(.timeLimit(.minutes(1))) struct WebhookServiceTests {
  private let place: WebhookPlace

  init() throws { place = try WebhookPlace() }

  /// Receivers that always fail.
  private var failing: ProbeReceivers {
    ProbeReceivers { _, _ in .success(WebhookAnswer(status: 500)) }
  }

  @Test func `events come in order, each signed, each once`() async throws {
    let world = try WebhookWorld(in: place.path)
    let topic = try world.topic()
    topic.appendNumbers(1...3)
    let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    let added = try await world.add(secret: key)
    #expect(added.madeKey == nil)
    topic.appendNumbers(4...203)
    await world.reaches { $0.totals.delivered == 200 }
    let messages = world.receivers.messages
    // What was there before nobody has asked for.
    #expect(messages.map(\.offset) == (4...203).map(Offset.init))
    #expect(Set(messages.map(\.id)).count == 200)
    let first = try #require(messages.first)
    #expect(first["webhook-id"] == first.id && first["webhook-timestamp"] == "1000")
    #expect(first["Content-Type"] == "application/cloudevents+json")
    let signed = WebhookSignature.make(
      id: first.id,
      seconds: 1_000,
      body: first.body,
      try #require(WebhookKey(key)).secret
    )
    #expect(first["webhook-signature"] == signed)
    let body = try JSONView.parse(first.body)
    #expect(body["specversion"]?.string == "1.0" && body["data"]?.string == nil)
    #expect(text(first.body).contains(#""data":4"#) && body["source"]?.string == "/v1/topics/t")
    await world.end()
  }

  @Test func `the schedule is walked to its end, then the event is given up`() async throws {
    let world = try WebhookWorld(in: place.path, failing)
    let topic = try world.topic()
    let webhook = try await world.add().webhook
    let begun = world.clock.now
    topic.appendNumbers(1...2)
    await world.pass(attempts: 10)
    await world.reaches { $0.totals.failed == 1 }
    let passed = world.clock.now.milliseconds - begun.milliseconds
    #expect(passed == (75 * 3_600 + 35 * 60 + 5) * 1_000)
    await world.receivers.sent(11)
    let attempts = world.receivers.messages.prefix(10)
    #expect(Set(attempts.map(\.id)).count == 1 && Set(attempts.map(\.body)).count == 1)
    #expect(Set(attempts.compactMap { $0["webhook-timestamp"] }).count == 10)
    #expect(Set(attempts.compactMap { $0["webhook-signature"] }).count == 10)
    #expect(world.receivers.messages[10].offset == 2)
    let failed = try await world.service.failures(of: webhook.id, after: 0, limit: 9)
    #expect(failed.map(\.place.offset) == [1] && failed.first?.attempts == 10)
    #expect(failed.first?.reason == "server_error: status 500")
    #expect(world.service.board.counts.attempts[.serverError] ?? 0 >= 10)
    await world.end()
  }

  @Test func `chance spreads the attempts by a tenth at most`() async throws {
    let world = try WebhookWorld(in: place.path, chance: 0.999_999, failing)
    let topic = try world.topic()
    try await world.add()
    let begun = world.clock.now
    topic.appendNumbers(1...1)
    await world.pass(attempts: 10)
    await world.reaches { $0.totals.failed == 1 }
    let passed = world.clock.now.milliseconds - begun.milliseconds
    let least: Int64 = (75 * 3_600 + 35 * 60 + 5) * 1_000
    #expect(passed > least * 109 / 100 && passed <= least * 110 / 100)
    await world.end()
  }

  @Test func `receivers that are gone delay nobody else`() async throws {
    let receivers = ProbeReceivers { message, _ in
      if message.url.contains("silent") { return await ProbeReceivers.silence() }
      if message.url.contains("broken") { return .failure(.connectionLost) }
      return .success(WebhookAnswer(status: 200))
    }
    let world = try WebhookWorld(in: place.path, receivers)
    let topic = try world.topic()
    for number in 0..<20 {
      let kind = number == 3 ? "silent" : number == 7 ? "broken" : "healthy"
      try await world.add("https://\(kind).example/\(number)")
    }
    topic.appendNumbers(1...50)
    await world.reaches { $0.totals.delivered == 18 * 50 }
    // Nobody's clock has moved.
    #expect(world.clock.now == 1_000_000)
    for number in 0..<20 where number != 3 && number != 7 {
      let got = receivers.messages(to: "https://healthy.example/\(number)").map(\.offset)
      #expect(got == (1...50).map(Offset.init))
    }
    #expect(receivers.messages(to: "https://silent.example/3").map(\.offset) == [1])
    #expect(receivers.messages(to: "https://broken.example/7").map(\.offset) == [1])
    let lags = world.service.board.entries.values.map(\.lag)
    #expect(lags.sorted() == Array(repeating: 0, count: 18) + [50, 50])
    await world.end()
  }

  @Test func `a receiver's wish to be left alone is heeded`() async throws {
    let receivers = ProbeReceivers { _, earlier in
      .success(
        earlier == 0
          ? WebhookAnswer(status: 429, retryAfter: "600") : WebhookAnswer(status: 200)
      )
    }
    let world = try WebhookWorld(in: place.path, receivers)
    let topic = try world.topic()
    try await world.add()
    topic.appendNumbers(1...1)
    await world.clock.sleepers(1)
    #expect(world.clock.nextDeadline.milliseconds == 1_000_000 + 600_000)
    world.clock.advance(to: world.clock.nextDeadline)
    await world.reaches { $0.totals.delivered == 1 }
    await world.end()
  }

  @Test func `a webhook that was removed is sent nothing more`() async throws {
    let world = try WebhookWorld(in: place.path, failing)
    let topic = try world.topic()
    let id = try await world.add().webhook.id
    topic.appendNumbers(1...1)
    await world.clock.sleepers(1)
    try await world.service.remove(id)
    #expect(try await world.service.all().isEmpty && world.service.board.entries.isEmpty)
    #expect(world.clock.nextDeadline == .never)
    await #expect(throws: StorageError.self) { try await world.service.remove(id) }
    await #expect(throws: StorageError.self) {
      try await world.service.failures(of: id, after: 0, limit: 1)
    }
    await world.end()
  }

  @Test func `secrets are said nowhere`() async throws {
    let world = try WebhookWorld(in: place.path, failing)
    let topic = try world.topic()
    let added = try await world.add()
    let key = try #require(added.madeKey)
    topic.appendNumbers(1...1)
    await world.pass(attempts: 10)
    await world.reaches { $0.totals.failed == 1 }
    var printed = world.heard.all.joined()
    dump(added, to: &printed)
    dump(world.service.board.entries, to: &printed)
    dump(try await world.service.all(), to: &printed)
    dump(try await world.service.failures(of: added.webhook.id, after: 0, limit: 9), to: &printed)
    for message in world.receivers.messages { dump(message, to: &printed) }
    let bytes = key.secret.bytes.map { "\($0)" }.joined(separator: ", ")
    #expect(!printed.contains(Base64.encode(key.secret.bytes)) && !printed.contains(bytes))
    await world.end()
  }
}
