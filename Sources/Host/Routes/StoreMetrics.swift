// SPDX-License-Identifier: Apache-2.0
import Storage

/// What the store of durable topics counts.
struct StoreMetrics {
  let log: EventLog

  func write(_ text: inout MetricsText) {
    let (writer, writes, reads) = (log.statistics, log.writeQueue, log.readQueue)
    text.family("weir_store_trouble", "gauge", "Whether nothing can be stored now.")
    text.sample("weir_store_trouble", log.trouble == nil ? 0 : 1)
    let counters: [(String, String, UInt64)] = [
      ("commits", "Transactions.", writer.commits),
      ("synced_commits", "Transactions that waited for the disk.", writer.syncedCommits),
      ("entries", "Entries stored.", writer.entries),
      ("deleted_entries", "Entries that retention has deleted.", writer.deletedEntries),
      ("repeats", "Publishes that were stored before, by their key.", writer.repeats),
      ("failures", "Transactions that failed.", writer.failures),
      ("checkpoints", "Times the write-ahead log was written back.", writer.checkpoints),
      ("forced_checkpoints", "Times readers waited for that.", writer.forcedCheckpoints),
      ("failed_checkpoints", "Times that failed.", writer.failedCheckpoints),
      ("refused_writes", "Requests refused because too much waits.", writes.refused),
      ("refused_reads", "Reads refused because too many wait.", reads.refused),
    ]
    for (name, help, value) in counters {
      text.family("weir_store_\(name)_total", "counter", help)
      text.sample("weir_store_\(name)_total", value)
    }
    text.family("weir_store_waiting_writes", "gauge", "Requests that wait to be written.")
    text.sample("weir_store_waiting_writes", writes.count)
    text.family("weir_store_waiting_bytes", "gauge", "Bytes of them.")
    text.sample("weir_store_waiting_bytes", writes.bytes)
    text.family("weir_store_waiting_reads", "gauge", "Reads that wait for a thread.")
    text.sample("weir_store_waiting_reads", reads.count)
  }
}
