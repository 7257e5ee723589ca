// SPDX-License-Identifier: Apache-2.0
import Storage
import Streams

/// How long publishes took while something else was going on.
struct PacedRun: Encodable {
  let publishes: Int
  let seconds: Double
  let p50Milliseconds: Double
  let p99Milliseconds: Double
  let deletedEntries: UInt64

  init(_ milliseconds: [Double], seconds: Double, deleted: UInt64 = 0) {
    publishes = milliseconds.count
    self.seconds = seconds
    p50Milliseconds = percentile(50, milliseconds)
    p99Milliseconds = percentile(99, milliseconds)
    deletedEntries = deleted
  }
}

/// Publishes to a topic of its own, synced, for so long; or else while all entries but one of another
/// are deleted and the space that they took is given back.
func publishBesideRetention(
  _ directory: String,
  _ name: String,
  for duration: Double?,
  rate: Double
) async throws -> PacedRun {
  let log = try EventLog(directory: directory)
  defer { log.close() }
  var rules = StorageRules(synchronous: .normal, maximumBytes: 1 << 40)
  let filled = try await log.openTopic(name, rules)
  let topic = try await log.openTopic("live", StorageRules(synchronous: .full))
  let start = ContinuousClock.now
  let publisher = PacedPublisher(log, topic.id, perSecond: rate)
  if let duration {
    try await Task.sleep(for: .seconds(duration))
  } else {
    rules.maximumCount = 1
    _ = try await log.openTopic(name, rules)
    while log.statistics.deletedEntries + 1 < filled.count {
      try await Task.sleep(for: .milliseconds(5))
    }
    var freed: UInt64?
    while freed != log.statistics.freedPages {
      freed = log.statistics.freedPages
      try await Task.sleep(for: .milliseconds(100))
    }
  }
  let took = elapsed(since: start)
  let milliseconds = try await publisher.end()
  return PacedRun(milliseconds, seconds: took, deleted: log.statistics.deletedEntries)
}
