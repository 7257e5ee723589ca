// SPDX-License-Identifier: Apache-2.0
import Storage
import Streams

/// What a run of publishes gave.
struct PublishRun: Encodable {
  let count: Int
  let perSecond: Double
  let processorMicroseconds: Double
  /// Of it, what the callers of this program cost themselves.
  let callersMicroseconds: Double
  /// Publishes for each commit.
  let meanBatch: Double
  let p99Milliseconds: Double
}

/// Publishes with so many callers, each of whom waits for his commit before the next publish.
func publishThroughLog(
  _ directory: String,
  publishers: Int,
  _ synchronous: Synchronous,
  _ seconds: Double
) async throws -> PublishRun {
  let log = try EventLog(directory: directory)
  defer { log.close() }
  let topic = try await log.openTopic("measure", StorageRules(synchronous: synchronous))
  let first = try await log.append(LogAppend([[1]], to: topic.id, appended: SystemClock().now))
  let before = log.statistics
  let (start, processor) = (ContinuousClock.now, processorSeconds())
  let loop = PublishLoop(log, topic.id, until: start + .seconds(seconds))
  let milliseconds = await loop.run(publishers)
  let run = Throughput(loop.count, since: start, processor: processor)
  let commits = log.statistics.commits - before.commits
  return PublishRun(
    count: run.count,
    perSecond: run.perSecond,
    processorMicroseconds: run.processorMicroseconds,
    callersMicroseconds: loop.ownMicroseconds(receipt: first),
    meanBatch: Double(run.count) / Double(max(1, commits)),
    p99Milliseconds: percentile(99, milliseconds)
  )
}
