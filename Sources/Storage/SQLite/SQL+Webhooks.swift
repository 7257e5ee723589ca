// SPDX-License-Identifier: Apache-2.0

extension SQL {
  var webhookText: String {
    switch self {
    case .findWebhook: "SELECT \(Self.webhookColumns) WHERE w.id = ?1"
    case .readWebhooks:
      "SELECT \(Self.webhookColumns) WHERE w.number > ?1 ORDER BY w.number LIMIT ?2"
    case .tooManyWebhooks:
      "SELECT number FROM webhooks WHERE number > 0 ORDER BY number LIMIT 1 OFFSET ?1"
    case .insertWebhook:
      """
      INSERT INTO webhooks (id, url, topic, secret, allows_private, created, cursor)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
      """
    case .updateWebhook:
      """
      UPDATE webhooks SET pending = ?2, attempts = ?3, due = ?4, delivered = delivered + ?5,
        failed = failed + ?6, missed = missed + ?7, disabled = coalesce(?8, disabled)
      WHERE number = ?1
      """
    case .deleteWebhook: "DELETE FROM webhooks WHERE number = ?1"
    case .insertWebhookFailure:
      """
      INSERT INTO webhook_failures (webhook, epoch, place, attempts, instant, reason)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6)
      """
    case .readWebhookFailures:
      """
      SELECT id, epoch, place, attempts, instant, reason FROM webhook_failures
      WHERE webhook = ?1 AND id > ?2 ORDER BY id LIMIT ?3
      """
    case .trimWebhookFailures:
      """
      DELETE FROM webhook_failures WHERE webhook = ?1 AND id <= (
        SELECT id FROM webhook_failures WHERE webhook = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
      """
    case .deleteWebhookFailures: "DELETE FROM webhook_failures WHERE webhook = ?1"
    default: preconditionFailure("a statement about webhooks")
    }
  }

  private static let webhookColumns = """
    w.number, w.id, w.url, w.topic, w.secret, w.allows_private, w.created, w.disabled, c.epoch, c.place,
      w.cursor, w.pending, w.attempts, w.due, w.delivered, w.failed, w.missed
    FROM webhooks w JOIN cursors c ON c.id = w.cursor
    """
}
