// SPDX-License-Identifier: Apache-2.0
import Storage
import Streams

/// Reads all entries of a topic through the log, batch after batch, as a reader that is behind does: he
/// asks for the next one before he looks at what he has.
func readThroughLog(_ directory: String, _ name: String) async throws -> Throughput {
  let log = try EventLog(directory: directory)
  defer { log.close() }
  // Its rules are those under which it was filled, so that nothing is deleted meanwhile.
  let rules = StorageRules(synchronous: .normal, maximumBytes: 1 << 40)
  let topic = try await log.openTopic(name, rules)
  let (start, processor) = (ContinuousClock.now, processorSeconds())
  var (count, bytes) = (0, 0)
  var batch = try await log.read(ReadRequest(topic, after: 0, limit: batchEntries))
  while let last = batch.entries.last {
    async let next = log.read(ReadRequest(topic, after: last.offset, limit: batchEntries))
    for entry in batch.entries { bytes += entry.bytes.count }
    count += batch.entries.count
    batch = try await next
  }
  precondition(count == topic.count && bytes >= count * payloadBytes, "all entries are read")
  return Throughput(count, since: start, processor: processor)
}

/// The most entries of a batch; its bytes are at most what a read gives by default, 1 MiB.
private let batchEntries = 10_000
