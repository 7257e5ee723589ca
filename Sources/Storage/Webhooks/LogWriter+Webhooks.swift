// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// Webhooks: each has a durable cursor, which moves with what became of its deliveries.
extension LogWriter {
  func addWebhook(
    _ draft: WebhookDraft,
    at instant: Timestamp,
    _ database: Database
  ) throws(StorageError) -> StoredWebhook {
    try checkName(draft.id, "add webhook")
    guard draft.url.utf8.count <= StorageLimits.webhookURLBytes else {
      throw refusal(
        .tooLarge(limit: StorageLimits.webhookURLBytes, unit: "bytes of a URL"),
        "add webhook"
      )
    }
    guard try WebhookRow.find(draft.id, database) == nil else {
      throw refusal(.exists, "add webhook")
    }
    try checkRoom(.tooManyWebhooks, limit: StorageLimits.webhooks, "webhooks", database)
    let request = CursorRequest(
      Self.cursorName(draft.id),
      topic: draft.topic,
      startingAt: draft.start,
      // It goes with the webhook: a topic may be quiet for long.
      lifetime: nil
    )
    let opened = try openCursor(request, at: instant, database)
    try WebhookRow.insert(draft, opened.cursor.id, at: instant, database)
    guard let made = try WebhookRow.find(draft.id, database) else {
      throw refusal(.unexpected, "add webhook")
    }
    return made.webhook
  }

  /// The name of a webhook's cursor.
  static func cursorName(_ id: String) -> String { "webhook \(id)" }

  func removeWebhook(_ id: String, _ database: Database) throws(StorageError) {
    try WebhookRow.delete(webhook(id, "remove webhook", database), database)
  }

  /// Stores what a step of deliveries changes, the cursor's move with it.
  func note(_ progress: WebhookProgress, _ database: Database) throws(StorageError) {
    let found = try webhook(progress.id, "note a delivery", database)
    let cursor = found.webhook.cursor
    guard try CursorRow.find(cursor, database) != nil else {
      throw refusal(.unknown(what: "cursor"), "note a delivery")
    }
    try CursorRow.move(
      CursorMove(cursor, to: progress.place, at: progress.instant),
      database
    )
    try WebhookRow.update(found.number, progress, database)
    if let failure = progress.failure {
      try WebhookRow.insert(failure, of: found.number, database)
    }
  }

  private func webhook(
    _ id: String,
    _ operation: String,
    _ database: Database
  ) throws(StorageError) -> WebhookRow.Found {
    guard let found = try WebhookRow.find(id, database) else {
      throw refusal(.unknown(what: "webhook"), operation)
    }
    return found
  }
}
