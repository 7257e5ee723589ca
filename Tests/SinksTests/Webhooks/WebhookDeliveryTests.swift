// SPDX-License-Identifier: Apache-2.0
import Storage
import Streams
import Testing
import Transport

@testable import Sinks

@Suite struct WebhookDeliveryTests {
  private let epoch = Epoch(rawValue: 14)

  private func webhook(_ pending: PendingDelivery? = nil) async throws -> StoredWebhook {
    let place = try WebhookPlace()
    let log = try EventLog(directory: place.path)
    defer { log.close() }
    var webhook = try await log.addWebhook(
      WebhookDraft(
        id: "w",
        url: "https://a.example/",
        topic: "t",
        secret: WebhookSecret([]),
        allowsPrivate: false,
        start: CursorPlace(epoch, 10)
      ),
      at: 1
    )
    webhook.pending = pending
    return webhook
  }

  private func entry(_ offset: Offset, _ epoch: UInt64 = 14) -> EventEntry {
    EventEntry(
      event: event("1"),
      offset: offset,
      appended: 1,
      epoch: Epoch(rawValue: epoch)
    )
  }

  private func verdict(_ status: Int) throws -> WebhookVerdict {
    try #require(WebhookVerdict(.success(WebhookAnswer(status: status)), at: 0))
  }

  private func note(
    _ status: Int,
    _ offset: Offset,
    _ delivery: inout WebhookDelivery,
    at now: Timestamp = 100
  ) throws -> WebhookProgress {
    delivery.note(try verdict(status), of: entry(offset), at: now, .standard, chance: 0)
  }

  @Test func `a delivery moves the cursor, a failure does not`() async throws {
    var delivery = WebhookDelivery(try await webhook())
    let failed = try note(500, 11, &delivery)
    #expect(failed.place.offset == 10 && failed.added == WebhookTotals())
    #expect(failed.pending == PendingDelivery(offset: 11, attempts: 1, due: 5_100))
    #expect(delivery.due(entry(11)) == 5_100 && delivery.due(entry(12)) == nil)
    let again = try note(500, 11, &delivery, at: 5_100)
    #expect(again.pending == PendingDelivery(offset: 11, attempts: 2, due: 305_100))
    let taken = try note(200, 11, &delivery)
    #expect(taken.place.offset == 11 && taken.pending == nil && taken.added.delivered == 1)
    #expect(try note(500, 12, &delivery).pending?.attempts == 1)
  }

  @Test func `attempts of a former process count`() async throws {
    let pending = PendingDelivery(offset: 11, attempts: 9, due: 7_000)
    var delivery = WebhookDelivery(try await webhook(pending))
    #expect(delivery.due(entry(11)) == 7_000)
    let last = try note(503, 11, &delivery)
    #expect(last.added.failed == 1 && last.place.offset == 11 && last.pending == nil)
    #expect(last.failure?.attempts == 10 && last.failure?.reason == "server_error: status 503")
    #expect(last.failure?.place == CursorPlace(epoch, 11))
  }

  @Test func `a receiver that is gone ends it before the entry`() async throws {
    var delivery = WebhookDelivery(try await webhook())
    let progress = try note(410, 11, &delivery)
    #expect(delivery.isDisabled && progress.place.offset == 10)
    #expect(progress.disabled?.contains("410") == true)
  }

  @Test func `what can't be sent is given up at once`() async throws {
    var delivery = WebhookDelivery(try await webhook())
    let failure = HTTPClient.Failure.invalidRequest(.bodyTooLarge(limitBytes: 5))
    let verdict = try #require(WebhookVerdict(.failure(failure), at: 0))
    let progress = delivery.note(verdict, of: entry(11), at: 1, .standard, chance: 0)
    #expect(progress.added.failed == 1 && progress.place.offset == 11)
    #expect(progress.failure?.attempts == 1)
  }

  @Test func `what retention took is missed, once`() async throws {
    let pending = PendingDelivery(offset: 11, attempts: 3, due: 7_000)
    var delivery = WebhookDelivery(try await webhook(pending))
    let page = WebhookPage(epoch: epoch, entries: [entry(15)], gap: Gap(from: 11, to: 14))
    let passed = delivery.pass(page, at: 5)
    let progress = try #require(passed)
    #expect(progress.added.missed == 4 && progress.place.offset == 14)
    #expect(progress.pending == nil && delivery.due(entry(11)) == nil)
    let nothing = delivery.pass(WebhookPage(epoch: epoch), at: 5)
    let again = delivery.pass(page, at: 5)
    #expect(nothing == nil && again?.added.missed == 0)
  }

  @Test func `attempts go on if retention took only what was before`() async throws {
    let pending = PendingDelivery(offset: 15, attempts: 3, due: 7_000)
    var delivery = WebhookDelivery(try await webhook(pending))
    let page = WebhookPage(epoch: epoch, entries: [entry(15)], gap: Gap(from: 11, to: 14))
    let progress = delivery.pass(page, at: 5)
    #expect(progress?.pending == pending)
  }

  @Test func `another life of the log begins at its oldest entry`() async throws {
    let pending = PendingDelivery(offset: 11, attempts: 3, due: 7_000)
    var delivery = WebhookDelivery(try await webhook(pending))
    let page = WebhookPage(epoch: Epoch(rawValue: 9), entries: [entry(11, 9)])
    let passed = delivery.pass(page, at: 5)
    let progress = try #require(passed)
    #expect(progress.place == CursorPlace(Epoch(rawValue: 9), 0) && progress.pending == nil)
    #expect(delivery.due(entry(11, 9)) == nil)
  }

  @Test func `damaged entries are passed and told`() async throws {
    var delivery = WebhookDelivery(try await webhook())
    let progress = delivery.passDamage(Gap(from: 11, to: 12), "damaged", at: 5)
    #expect(progress.place.offset == 12 && progress.added.missed == 2)
    #expect(progress.failure?.reason == "damaged" && progress.failure?.attempts == 0)
  }
}
