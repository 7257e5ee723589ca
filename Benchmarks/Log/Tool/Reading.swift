// SPDX-License-Identifier: Apache-2.0
import Storage
import Streams

/// Reads all entries of a topic through the log, batch after batch, as a reader that is behind does.
func readThroughLog(_ directory: String, _ name: String) async throws -> Throughput {
  let log = try EventLog(directory: directory)
  defer { log.close() }
  // Its rules are those under which it was filled, so that nothing is deleted meanwhile.
  let rules = StorageRules(synchronous: .normal, maximumBytes: 1 << 40)
  let topic = try await log.openTopic(name, rules)
  let (start, processor) = (ContinuousClock.now, processorSeconds())
  var (after, count, bytes): (Offset, Int, Int) = (0, 0, 0)
  while true {
    let batch = try await log.read(ReadRequest(topic, after: after))
    guard let last = batch.entries.last else { break }
    for entry in batch.entries { bytes += entry.payload.count }
    count += batch.entries.count
    after = last.offset
  }
  precondition(count == topic.count && bytes >= count * payloadBytes, "all entries are read")
  return Throughput(count, since: start, processor: processor)
}
