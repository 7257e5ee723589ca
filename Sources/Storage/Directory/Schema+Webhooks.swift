// SPDX-License-Identifier: Apache-2.0

extension Schema {
  /// Webhooks, each with a cursor, and the deliveries that were given up.
  static let webhooks = """
    CREATE TABLE webhooks (
      number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, url TEXT NOT NULL,
      topic TEXT NOT NULL, secret BLOB NOT NULL, allows_private INTEGER NOT NULL,
      created INTEGER NOT NULL, disabled TEXT, cursor INTEGER NOT NULL,
      pending INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0,
      due INTEGER NOT NULL DEFAULT 0, delivered INTEGER NOT NULL DEFAULT 0,
      failed INTEGER NOT NULL DEFAULT 0, missed INTEGER NOT NULL DEFAULT 0
    ) STRICT;

    CREATE TABLE webhook_failures (
      id INTEGER PRIMARY KEY AUTOINCREMENT, webhook INTEGER NOT NULL, epoch INTEGER NOT NULL,
      place INTEGER NOT NULL, attempts INTEGER NOT NULL, instant INTEGER NOT NULL,
      reason TEXT NOT NULL
    ) STRICT;
    CREATE INDEX webhook_failures_of ON webhook_failures (webhook);
    """
}
