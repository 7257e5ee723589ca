// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// The rows of the table of webhooks.
enum WebhookRow {
  /// A webhook's number, with what it holds.
  typealias Found = (number: Int64, webhook: StoredWebhook)

  static func find(_ id: String, _ database: Database) throws(StorageError) -> Found? {
    let statement = try database.statement(.findWebhook)
    defer { statement.reset() }
    statement.bind(id, at: 1)
    guard try statement.step() else { return nil }
    return (statement.int64(0), read(statement))
  }

  static func all(_ database: Database) throws(StorageError) -> [StoredWebhook] {
    try database.rows(.readWebhooks, 0, Int64(StorageLimits.webhooks), reading: read)
  }

  private static func read(_ statement: Statement) -> StoredWebhook {
    let epoch = Epoch(rawValue: UInt64(bitPattern: statement.int64(8)))
    let draft = WebhookDraft(
      id: statement.text(1),
      url: statement.text(2),
      topic: statement.text(3),
      secret: WebhookSecret(Array(statement.bytes(4))),
      allowsPrivate: statement.int64(5) != 0,
      start: CursorPlace(epoch, Offset(bitPattern: statement.int64(9)))
    )
    let pending = PendingDelivery(
      offset: Offset(bitPattern: statement.int64(11)),
      attempts: Int(statement.int64(12)),
      due: Timestamp(milliseconds: statement.int64(13))
    )
    return StoredWebhook(
      draft: draft,
      created: Timestamp(milliseconds: statement.int64(6)),
      disabled: statement.isNull(7) ? nil : statement.text(7),
      cursor: CursorID(rawValue: statement.int64(10)),
      pending: pending.attempts == 0 ? nil : pending,
      totals: WebhookTotals(
        delivered: UInt64(bitPattern: statement.int64(14)),
        failed: UInt64(bitPattern: statement.int64(15)),
        missed: UInt64(bitPattern: statement.int64(16))
      )
    )
  }

  static func insert(
    _ draft: WebhookDraft,
    _ cursor: CursorID,
    at instant: Timestamp,
    _ database: Database
  ) throws(StorageError) {
    let statement = try database.statement(.insertWebhook)
    statement.bind(draft.id, at: 1)
    statement.bind(draft.url, at: 2)
    statement.bind(draft.topic, at: 3)
    statement.bind(draft.secret.bytes, at: 4)
    statement.bind(draft.allowsPrivate ? 1 : 0, at: 5)
    statement.bind(instant.milliseconds, at: 6)
    statement.bind(cursor.rawValue, at: 7)
    try statement.run()
  }

  static func update(
    _ number: Int64,
    _ progress: WebhookProgress,
    _ database: Database
  ) throws(StorageError) {
    let statement = try database.statement(.updateWebhook)
    let added = progress.added
    statement.bind(number, at: 1)
    statement.bind(Int64(bitPattern: progress.pending?.offset ?? 0), at: 2)
    statement.bind(Int64(progress.pending?.attempts ?? 0), at: 3)
    statement.bind(progress.pending?.due.milliseconds ?? 0, at: 4)
    statement.bind(Int64(bitPattern: added.delivered), at: 5)
    statement.bind(Int64(bitPattern: added.failed), at: 6)
    statement.bind(Int64(bitPattern: added.missed), at: 7)
    // What is not bound is NULL, and leaves what is there.
    if let disabled = progress.disabled { statement.bind(disabled, at: 8) }
    try statement.run()
  }

  static func delete(_ found: Found, _ database: Database) throws(StorageError) {
    try database.run(.deleteWebhookFailures, found.number)
    try database.run(.deleteWebhook, found.number)
    try CursorRow.delete(found.webhook.cursor, database)
  }

  // MARK: What was given up

  static func insert(
    _ failure: FailedDelivery,
    of number: Int64,
    _ database: Database
  ) throws(StorageError) {
    let insert = try database.statement(.insertWebhookFailure)
    insert.bind(number, at: 1)
    insert.bind(Int64(bitPattern: failure.place.epoch.rawValue), at: 2)
    insert.bind(Int64(bitPattern: failure.place.offset), at: 3)
    insert.bind(Int64(failure.attempts), at: 4)
    insert.bind(failure.instant.milliseconds, at: 5)
    insert.bind(failure.reason, at: 6)
    try insert.run()
    try database.run(.trimWebhookFailures, number, Int64(StorageLimits.webhookFailures))
  }

  static func failures(
    of number: Int64,
    after last: Int64,
    limit: Int,
    _ database: Database
  ) throws(StorageError) -> [FailedDelivery] {
    try database.rows(.readWebhookFailures, number, last, Int64(limit)) { statement in
      let epoch = Epoch(rawValue: UInt64(bitPattern: statement.int64(1)))
      var failure = FailedDelivery(
        CursorPlace(epoch, Offset(bitPattern: statement.int64(2))),
        attempts: Int(statement.int64(3)),
        at: Timestamp(milliseconds: statement.int64(4)),
        reason: statement.text(5)
      )
      failure.number = statement.int64(0)
      return failure
    }
  }
}
