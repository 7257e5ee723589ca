// SPDX-License-Identifier: Apache-2.0
import Sinks
import Storage

extension MetricsRoute {
  /// What webhooks have done; each is named by its identifier, never by its URL.
  static func write(_ board: WebhookBoard, to text: inout MetricsText) {
    let (entries, counts) = (board.entries, board.counts)
    let disabled = entries.values.count(where: \.isDisabled)
    text.family("weir_webhooks", "gauge", "Webhooks by whether events are delivered to them.")
    text.sample("weir_webhooks", entries.count - disabled, ["state": "active"])
    text.sample("weir_webhooks", disabled, ["state": "disabled"])
    text.family("weir_webhook_attempts_total", "counter", "Attempts by what became of them.")
    for outcome in WebhookOutcome.allCases {
      let count = counts.attempts[outcome, default: 0]
      text.sample("weir_webhook_attempts_total", count, ["outcome": outcome.rawValue])
    }
    text.family("weir_webhook_events_total", "counter", "Events that webhooks are done with.")
    let totals = counts.totals
    for (result, count) in [
      ("delivered", totals.delivered), ("failed", totals.failed), ("missed", totals.missed),
    ] {
      text.sample("weir_webhook_events_total", count, ["result": result])
    }
    text.family("weir_webhook_trouble_total", "counter", "Reads and writes that failed.")
    text.sample("weir_webhook_trouble_total", counts.failedReads, ["kind": "read"])
    text.sample("weir_webhook_trouble_total", counts.failedWrites, ["kind": "write"])
    text.family("weir_webhook_lag_entries", "gauge", "Entries that a webhook has to go.")
    for (id, entry) in entries.sorted(by: { $0.key < $1.key }) {
      text.sample("weir_webhook_lag_entries", entry.lag, ["webhook": id])
    }
  }
}
