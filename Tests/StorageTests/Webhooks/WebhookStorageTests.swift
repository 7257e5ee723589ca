// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

@Suite struct WebhookStorageTests {
  private let place: TemporaryDirectory
  private let log: TestLog
  private let epoch = Epoch(rawValue: 77)

  init() throws {
    place = try TemporaryDirectory()
    log = try TestLog(place.database)
  }

  private func draft(_ id: String) -> WebhookDraft {
    WebhookDraft(
      id: id,
      url: "https://example.com/\(id)",
      topic: "t",
      secret: WebhookSecret([1, 2, 3]),
      allowsPrivate: false,
      start: CursorPlace(epoch, 5)
    )
  }

  @discardableResult
  private func add(_ id: String) throws -> StoredWebhook {
    let draft = draft(id)
    return try log.change(isSynced: true) { writer, database throws(StorageError) in
      try writer.addWebhook(draft, at: 9, database)
    }
  }

  private func note(_ progress: WebhookProgress) throws {
    try log.change { writer, database throws(StorageError) in
      try writer.note(progress, database)
    }
  }

  private func all() throws -> [StoredWebhook] { try WebhookRow.all(log.reader()) }

  private func failures(_ id: String, after last: Int64 = 0) throws -> [FailedDelivery] {
    let found = try #require(try WebhookRow.find(id, log.writer.connected()))
    return try WebhookRow.failures(of: found.number, after: last, limit: 2_000, log.reader())
  }

  @Test func `a webhook and how far it got outlive the process`() throws {
    let made = try add("a")
    #expect(made.draft == draft("a") && made.created == 9 && made.pending == nil)
    var progress = WebhookProgress("a", at: CursorPlace(epoch, 7), instant: 20)
    progress.pending = PendingDelivery(offset: 8, attempts: 3, due: 4_000)
    progress.added = WebhookTotals(delivered: 2, failed: 1, missed: 4)
    progress.failure = FailedDelivery(
      CursorPlace(epoch, 7),
      attempts: 10,
      at: 19,
      reason: "timeout"
    )
    try note(progress)
    try log.reopen()
    let again = try #require(try all().first)
    #expect(again.place == CursorPlace(epoch, 7) && again.pending == progress.pending)
    #expect(again.totals == progress.added && again.disabled == nil)
    #expect(again.draft.secret == made.draft.secret)
    let failure = try #require(try failures("a").first)
    #expect(failure.place.offset == 7 && failure.attempts == 10 && failure.instant == 19)
    #expect(failure.reason == "timeout")
    progress = WebhookProgress("a", at: CursorPlace(epoch, 8), instant: 30)
    progress.added.delivered = 1
    progress.disabled = "gone"
    try note(progress)
    let last = try #require(try all().first)
    #expect(last.pending == nil && last.totals.delivered == 3 && last.disabled == "gone")
    try note(WebhookProgress("a", at: CursorPlace(epoch, 8), instant: 31))
    #expect(try all().first?.disabled == "gone")
  }

  @Test func `a webhook has a cursor that lasts as long as it`() throws {
    try add("a")
    try log.writer.settle(now: Timestamp(milliseconds: 1 << 45))
    let standing = try #require(try log.writer.standings(after: 0, limit: 9).first)
    #expect(standing.cursor.name == "webhook a" && standing.cursor.lifetime == nil)
    try note(
      failing(WebhookProgress("a", at: CursorPlace(epoch, 6), instant: 1), offset: 6)
    )
    try log.change { writer, database throws(StorageError) in
      try writer.removeWebhook("a", database)
    }
    #expect(try log.writer.standings(after: 0, limit: 9).isEmpty && all().isEmpty)
    let left = try Statement("SELECT count(*) FROM webhook_failures", operation: "", log.reader())
    #expect(try left.step() && left.int64(0) == 0)
  }

  private func failing(_ progress: WebhookProgress, offset: Offset) -> WebhookProgress {
    var progress = progress
    progress.failure = FailedDelivery(
      CursorPlace(epoch, offset),
      attempts: 10,
      at: 1,
      reason: "server_error"
    )
    return progress
  }

  @Test func `only the newest of what was given up is kept`() throws {
    try add("a")
    try add("b")
    let step = failing(WebhookProgress("b", at: CursorPlace(epoch, 1), instant: 1), offset: 1)
    try note(step)
    for offset in 1...StorageLimits.webhookFailures + 30 {
      let place = CursorPlace(epoch, Offset(offset))
      try note(failing(WebhookProgress("a", at: place, instant: 1), offset: Offset(offset)))
    }
    let kept = try failures("a")
    #expect(kept.count == StorageLimits.webhookFailures)
    #expect(kept.map(\.place.offset) == (31...1_030).map(Offset.init))
    #expect(try failures("a", after: kept[997].number) == Array(kept[998...]))
    #expect(try failures("b").count == 1)
  }

  @Test func `there are no more webhooks than may be, each of its own name`() throws {
    for number in 0..<StorageLimits.webhooks { try add("w\(number)") }
    var error = #expect(throws: StorageError.self) { try add("one more") }
    #expect(error?.reason == .exhausted(what: "webhooks"))
    error = #expect(throws: StorageError.self) { try add("w7") }
    #expect(error?.reason == .exists)
    #expect(try all().count == StorageLimits.webhooks)
    #expect(try log.writer.standings(after: 0, limit: 999).count == StorageLimits.webhooks)
  }

  @Test func `what is no webhook has nothing to note`() throws {
    let error = #expect(throws: StorageError.self) {
      try note(WebhookProgress("x", at: CursorPlace(epoch, 1), instant: 1))
    }
    #expect(error?.reason == .unknown(what: "webhook"))
  }

  @Test func `a secret is not printed`() throws {
    let webhook = try add("a")
    let secret = WebhookSecret(Array("hunter2".utf8))
    var text = "\(secret) \(String(reflecting: secret)) \(webhook)"
    dump(secret, to: &text)
    dump(webhook, to: &text)
    #expect(!text.contains("hunter") && !text.contains("1, 2, 3") && !text.contains("104"))
  }
}
