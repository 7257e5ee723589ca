// SPDX-License-Identifier: Apache-2.0
import CSQLite
import Foundation
import Storage
import Streams

/// What one run gave.
struct PublishRun {
  var perSecond = 0.0
  var meanBatch = 0.0
  var p99Milliseconds = 0.0
  /// Processor time of the whole program for each publish: what another program takes does not
  /// count.
  var processorMicroseconds = 0.0
  /// What the callers cost themselves, for each publish.
  var ownSeconds = 0.0
}

/// The processor time of this program so far, in seconds.
func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
}

/// Publishes with so many callers, each of whom waits for his commit before the next publish.
func publishThroughLog(
  _ directory: String,
  publishers: Int,
  _ synchronous: Synchronous,
  seconds: Double
) async throws -> PublishRun {
  let log = try EventLog(directory: directory)
  let topic = try await log.openTopic("measure", StorageRules(synchronous: synchronous))
  let first = try await log.append(LogAppend([[1]], to: topic.id, appended: SystemClock().now))
  let before = log.statistics
  let start = ContinuousClock.now
  let processor = processorSeconds()
  let loop = PublishLoop(log, topic.id, until: start + .seconds(seconds))
  let (count, latencies) = await loop.run(publishers)
  let elapsed = (ContinuousClock.now - start) / .seconds(1)
  let used = (processorSeconds() - processor) / Double(max(1, count))
  let own = loop.ownSeconds(receipt: first)
  log.close()
  let commits = Double(log.statistics.commits - before.commits)
  let sorted = latencies.sorted()
  return PublishRun(
    perSecond: Double(count) / elapsed,
    meanBatch: Double(count) / max(1, commits),
    p99Milliseconds: sorted.isEmpty ? 0 : sorted[sorted.count * 99 / 100],
    processorMicroseconds: used * 1e6,
    ownSeconds: own
  )
}

/// Callers that publish again from the completion of their last publish, as a connection does.
final class PublishLoop: Sendable {
  private struct State {
    var running = 0
    /// Publishes that were begun.
    var count = 0
    var isOver = false
    var latencies: [Double] = []
    var done: CheckedContinuation<Void, Never>?
  }

  private let log: EventLog
  private let topic: TopicID
  private let end: ContinuousClock.Instant
  private let state = Guarded(State())
  private let payload = [UInt8](repeating: 42, count: 128)

  init(_ log: EventLog, _ topic: TopicID, until end: ContinuousClock.Instant) {
    self.log = log
    self.topic = topic
    self.end = end
  }

  /// Answers how many were published, and how long one in sixteen of them took, in milliseconds.
  func run(_ publishers: Int) async -> (count: Int, latencies: [Double]) {
    state.withLock { $0.running = publishers }
    await withCheckedContinuation { continuation in
      state.withLock { $0.done = continuation }
      for _ in 0..<publishers { publish() }
    }
    return state.withLock { ($0.count, $0.latencies) }
  }

  /// What the callers of this program cost themselves, without the log, for each publish.
  func ownSeconds(receipt: AppendReceipt) -> Double {
    let count = 500_000
    state.withLock { $0.isOver = false }
    let start = ContinuousClock.now
    for _ in 0..<count {
      offer { _, completion in completion(.success(receipt)) }
    }
    return (ContinuousClock.now - start) / .seconds(1) / Double(count)
  }

  private func publish() {
    offer { append, completion throws(StorageError) in
      try self.log.append(append, completion: completion)
    } next: {
      self.publish()
    }
  }

  private func offer(
    _ append: (
      LogAppend, @escaping @Sendable (Result<AppendReceipt, StorageError>) -> Void
    ) throws(StorageError) -> Void,
    next: @escaping @Sendable () -> Void = {}
  ) {
    let (isOver, isTimed) = state.withLock { state in
      state.count += 1
      return (state.isOver, state.count % 16 == 0)
    }
    guard !isOver else { return stop() }
    let start = isTimed ? ContinuousClock.now : nil
    let entry = LogAppend([payload], to: topic, appended: SystemClock().now)
    do throws(StorageError) {
      try append(entry) { result in
        guard case .success = result else { return self.stop() }
        if let start { self.note(start) }
        next()
      }
    } catch {
      stop()
    }
  }

  private func note(_ start: ContinuousClock.Instant) {
    let now = ContinuousClock.now
    state.withLock { state in
      state.latencies.append((now - start) / .milliseconds(1))
      if now >= end { state.isOver = true }
    }
  }

  private func stop() {
    let done: CheckedContinuation<Void, Never>? = state.withLock { state in
      state.running -= 1
      return state.running <= 0 ? state.done.take() : nil
    }
    done?.resume()
  }
}

/// Inserts the same rows with the same batches by SQLite's C interface: what there is to reach.
func publishThroughSQLite(
  _ path: String,
  batch: Int,
  _ synchronous: Synchronous,
  seconds: Double
) -> PublishRun {
  var database: OpaquePointer?
  sqlite3_open(path, &database)
  defer { sqlite3_close(database) }
  let level = synchronous == .full ? "FULL" : "NORMAL"
  for sql in [
    "PRAGMA auto_vacuum = INCREMENTAL", "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = \(level)",
    "PRAGMA cache_size = -8192",
    """
    CREATE TABLE entries (id INTEGER PRIMARY KEY, appended INTEGER NOT NULL, position INTEGER NOT NULL,
      format INTEGER NOT NULL, checksum INTEGER NOT NULL, payload BLOB NOT NULL) STRICT
    """,
  ] { sqlite3_exec(database, sql, nil, nil, nil) }
  var insert: OpaquePointer?
  sqlite3_prepare_v2(
    database,
    "INSERT INTO entries VALUES (?1, ?2, ?3, 1, ?4, ?5)",
    -1,
    &insert,
    nil
  )
  defer { sqlite3_finalize(insert) }
  let payload = [UInt8](repeating: 42, count: 128)
  let (start, processor) = (ContinuousClock.now, processorSeconds())
  var rows: Int64 = 0
  payload.withUnsafeBytes { bytes in
    while ContinuousClock.now - start < .seconds(seconds) {
      sqlite3_exec(database, "BEGIN IMMEDIATE", nil, nil, nil)
      for _ in 0..<batch {
        rows += 1
        sqlite3_bind_int64(insert, 1, 1 << 44 | rows)
        sqlite3_bind_int64(insert, 2, 1_700_000_000_000)
        sqlite3_bind_int64(insert, 3, rows * 176)
        sqlite3_bind_int64(insert, 4, .max - rows)
        sqlite3_bind_blob(insert, 5, bytes.baseAddress, Int32(bytes.count), nil)
        sqlite3_step(insert)
        sqlite3_reset(insert)
      }
      sqlite3_exec(database, "COMMIT", nil, nil, nil)
    }
  }
  let elapsed = (ContinuousClock.now - start) / .seconds(1)
  return PublishRun(
    perSecond: Double(rows) / elapsed,
    meanBatch: Double(batch),
    processorMicroseconds: (processorSeconds() - processor) / Double(rows) * 1e6
  )
}

/// Runs both in turn and prints the medians and their ratio.
func comparePublishing(
  in directory: String,
  publishers: Int,
  _ synchronous: Synchronous,
  seconds: Double,
  rounds: Int
) async throws {
  var (ours, raw): ([PublishRun], [PublishRun]) = ([], [])
  for round in 0..<rounds {
    let place = "\(directory)/\(synchronous)-\(publishers)-\(round)"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    let run = try await publishThroughLog(
      "\(place)/log",
      publishers: publishers,
      synchronous,
      seconds: seconds
    )
    ours.append(run)
    let batch = max(1, Int(run.meanBatch.rounded()))
    raw.append(
      publishThroughSQLite("\(place)/raw.db", batch: batch, synchronous, seconds: seconds)
    )
    try FileManager.default.removeItem(atPath: place)
  }
  let (log, sqlite) = (median(ours.map(\.perSecond)), median(raw.map(\.perSecond)))
  let ratio = median(zip(ours, raw).map { $0.perSecond / $1.perSecond })
  func processor(_ runs: [PublishRun]) -> String {
    "\((median(runs.map(\.processorMicroseconds)) * 10).rounded() / 10)"
  }
  let own = (median(ours.map(\.ownSeconds)) * 1e7).rounded() / 10
  print(
    "\(synchronous)\t\(publishers) publishers\tlog \(Int(log))\traw \(Int(sqlite))",
    "\tratio \(Int((ratio * 100).rounded())) %",
    "\tprocessor \(processor(ours)) µs, of it the callers' \(own), raw \(processor(raw))",
    "\tbatch \(Int(median(ours.map(\.meanBatch)).rounded()))",
    "\tp99 \((median(ours.map(\.p99Milliseconds)) * 100).rounded() / 100) ms",
    separator: ""
  )
}
