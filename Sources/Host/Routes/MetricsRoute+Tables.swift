// SPDX-License-Identifier: Apache-2.0
import Streams
import Synchronization

extension MetricsRoute {
  /// Writes how large the tables are, and what they did not take.
  func writeTables(_ text: inout MetricsText) {
    let tables = Array(
      services.engine.topics.all.lazy.compactMap(\.table).prefix(MetricsLimits.topics)
    )
    .map { (labels: ["topic": $0.topic.name], statistics: $0.statistics) }
    text.family("weir_table_rows", "gauge", "Rows of tables.", of: tables, \.count)
    text.family("weir_table_bytes", "gauge", "Bytes of their rows.", of: tables, \.bytes)
    text.family(
      "weir_table_evicted_total",
      "counter",
      "Rows that smaller limits have taken.",
      of: tables,
      \.evicted
    )
    text.family("weir_row_conflicts_total", "counter", "Changes of rows that were others by then.")
    text.sample(
      "weir_row_conflicts_total",
      services.statistics.rowConflicts.load(ordering: .relaxed)
    )
  }
}
