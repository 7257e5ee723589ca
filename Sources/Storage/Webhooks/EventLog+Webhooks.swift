// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The webhooks of a server, with how far each has got.
extension EventLog {
  /// Stores a webhook and its cursor, synced.
  ///
  /// - Parameters:
  ///   - draft: The webhook.
  ///   - instant: When.
  /// - Returns: The webhook as it is stored.
  /// - Throws: ``StorageError``; with reason `exists` there is one of its name, with `exhausted` there are
  ///   as many as there may be.
  public func addWebhook(
    _ draft: WebhookDraft,
    at instant: Timestamp
  ) async throws(StorageError) -> StoredWebhook {
    try await change(isSynced: true) { writer, database throws(StorageError) in
      try writer.addWebhook(draft, at: instant, database)
    }
  }

  /// Deletes a webhook with its cursor and what it gave up, synced.
  ///
  /// - Throws: ``StorageError``; with reason `unknown` it was not there.
  public func removeWebhook(_ id: String) async throws(StorageError) {
    try await change(isSynced: true) { writer, database throws(StorageError) in
      try writer.removeWebhook(id, database)
    }
  }

  /// All webhooks, in the order in which they were made.
  ///
  /// - Throws: ``StorageError``.
  public func webhooks() async throws(StorageError) -> [StoredWebhook] {
    try await answer { completion throws(StorageError) in
      try readers.submit { database in
        completion(
          database.flatMap { database in
            Result { () throws(StorageError) in try WebhookRow.all(database) }
          }
        )
      }
    }
  }

  /// Stores what became of a delivery, all of it or nothing.
  ///
  /// It is synced only when the webhook is disabled by it: after a power loss an entry may be sent once more.
  /// - Throws: ``StorageError``; with reason `unknown` the webhook is gone.
  public func note(_ progress: WebhookProgress) async throws(StorageError) {
    try await change(isSynced: progress.disabled != nil) { writer, database throws(StorageError) in
      try writer.note(progress, database)
    }
  }

  /// The newest entries that a webhook gave up, oldest first.
  ///
  /// - Parameters:
  ///   - id: The webhook.
  ///   - last: The ``FailedDelivery/number`` of the last one of the page before; 0 for the first page.
  ///   - limit: The most of this page; default 100.
  /// - Returns: The page; at most 1,000 are kept.
  /// - Throws: ``StorageError``; with reason `unknown` there is no such webhook.
  public func failedDeliveries(
    of id: String,
    after last: Int64 = 0,
    limit: Int = 100
  ) async throws(StorageError) -> [FailedDelivery] {
    let path = path
    return try await answer { completion throws(StorageError) in
      try readers.submit { database in
        completion(
          database.flatMap { database in
            Result { () throws(StorageError) in
              guard let found = try WebhookRow.find(id, database) else {
                throw StorageError(.unknown(what: "webhook"), operation: "list", path: path)
              }
              return try WebhookRow.failures(
                of: found.number,
                after: last,
                limit: limit,
                database
              )
            }
          }
        )
      }
    }
  }
}
