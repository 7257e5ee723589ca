// SPDX-License-Identifier: Apache-2.0
import CSQLite
import Foundation
import Storage
import Streams

/// Reads the same entries through the log and by a plain loop of SQLite's C interface.
func compareReading(in directory: String, rounds: Int) async throws {
  let place = "\(directory)/reading"
  defer { try? FileManager.default.removeItem(atPath: place) }
  let log = try EventLog(directory: place)
  var topic = try await log.openTopic("measure", StorageRules(synchronous: .normal))
  let payloads = [[UInt8]](repeating: [UInt8](repeating: 42, count: 128), count: 1_000)
  for _ in 0..<300 {
    let append = LogAppend(payloads, to: topic.id, appended: 1)
    _ = try await log.append(LogCommit([append]))
  }
  topic.nextOffset = 300_001
  var (ours, raw): ([Double], [Double]) = ([], [])
  // Nanoseconds of all processors for each row.
  var (oursUsed, rawUsed): ([Double], [Double]) = ([], [])
  for _ in 0..<rounds {
    let start = processorSeconds()
    ours.append(try await readThroughLog(log, topic))
    let middle = processorSeconds()
    raw.append(readThroughSQLite(log.path))
    oursUsed.append((middle - start) / 300_000 * 1e9)
    rawUsed.append((processorSeconds() - middle) / 300_000 * 1e9)
  }
  log.close()
  let ratio = median(zip(ours, raw).map { $0 / $1 })
  print(
    "reads a second: log \(Int(median(ours))), raw \(Int(median(raw))),",
    "ratio \(Int((ratio * 100).rounded())) %;",
    "processor time, median and least: log \(Int(median(oursUsed))), \(Int(oursUsed.min() ?? 0)) ns,",
    "raw \(Int(median(rawUsed))), \(Int(rawUsed.min() ?? 0)) ns"
  )
}

private func readThroughLog(_ log: EventLog, _ topic: StoredTopic) async throws -> Double {
  let start = ContinuousClock.now
  var (after, bytes): (Offset, Int) = (0, 0)
  while true {
    let batch = try await log.read(ReadRequest(topic, after: after))
    guard let last = batch.entries.last else { break }
    for entry in batch.entries { bytes += entry.payload.count }
    after = last.offset
  }
  precondition(bytes == 300_000 * 128, "all entries are read")
  return 300_000 / ((ContinuousClock.now - start) / .seconds(1))
}

private func readThroughSQLite(_ path: String) -> Double {
  var database: OpaquePointer?
  sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, nil)
  defer { sqlite3_close(database) }
  var select: OpaquePointer?
  let sql = "SELECT id, appended, position, format, checksum, payload FROM entries ORDER BY id"
  sqlite3_prepare_v2(database, sql, -1, &select, nil)
  defer { sqlite3_finalize(select) }
  let start = ContinuousClock.now
  var (rows, sum): (Int, Int64) = (0, 0)
  var copy = [UInt8](repeating: 0, count: 128)
  while sqlite3_step(select) == SQLITE_ROW {
    rows += 1
    for column in Int32(0)..<5 { sum &+= sqlite3_column_int64(select, column) }
    let count = Int(sqlite3_column_bytes(select, 5))
    copy.withUnsafeMutableBytes { target in
      target.copyMemory(
        from: UnsafeRawBufferPointer(start: sqlite3_column_blob(select, 5), count: count)
      )
    }
  }
  precondition(rows == 300_000 && sum != 0, "all entries are read")
  return 300_000 / ((ContinuousClock.now - start) / .seconds(1))
}
