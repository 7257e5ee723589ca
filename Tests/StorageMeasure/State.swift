// SPDX-License-Identifier: Apache-2.0
import Foundation
import Storage
import Streams

private let keyCount = 1_000_000
private let changeBytes = 108

/// Writes checkpoints of a million keys of which one in a hundred changes, and prints what they cost,
/// what merging them costs, how long publishes take meanwhile, and how fast all is read at a start.
func measureState(in directory: String, rounds: Int) async throws {
  let place = "\(directory)/state"
  defer { try? FileManager.default.removeItem(atPath: place) }
  var settings = StorageSettings()
  settings.checkpointPages = 1_000_000
  var log = try EventLog(directory: place, settings: settings)
  let pipeline = try await log.openPipeline("measure", definition: "").id
  for start in stride(from: 0, to: keyCount, by: 50_000) {
    let states = (start..<start + 50_000).map { change($0, 1, of: pipeline) }
    _ = try await log.append(LogCommit([], states: states))
  }
  try await settle(log)
  log.close()
  log = try EventLog(directory: place, settings: settings)
  try await checkpoint(log, log.openPipeline("measure", definition: "").id)
  log.close()
  log = try EventLog(directory: place)
  try await checkpointAgain(log, log.openPipeline("measure", definition: "").id, rounds)
  log.close()
  log = try EventLog(directory: place)
  try await readAll(log, pipeline, "with checkpoints that are not merged yet")
  try await settle(log)
  try await readAll(log, pipeline, "at rest")
  let stateBytes = keyCount * changeBytes
  print("the file has \(fileBytes(log.path) >> 20) MiB, the state \(stateBytes >> 20)")
  log.close()
}

private func change(_ key: Int, _ fill: UInt8, of pipeline: PipelineID) -> StateChange {
  let bytes = withUnsafeBytes(of: key.bigEndian) { Array($0) }
  return StateChange([UInt8](repeating: fill, count: 100), for: bytes, of: pipeline)
}

/// Waits until nothing is merged and no space is given back.
private func settle(_ log: EventLog) async throws {
  var last: WriterStatistics?
  while last != log.statistics {
    last = log.statistics
    try await Task.sleep(for: .milliseconds(1_500))
  }
}

private func checkpoint(_ log: EventLog, _ pipeline: PipelineID) async throws {
  let spread = (0..<keyCount / 100).map { change($0 * 100, 2, of: pipeline) }
  let before = fileBytes("\(log.path)-wal")
  let start = ContinuousClock.now
  _ = try await log.append(LogCommit([], states: spread))
  let took = (ContinuousClock.now - start) / .milliseconds(1)
  let written = fileBytes("\(log.path)-wal") - before
  print(
    "a checkpoint of 10,000 of 1,000,000 keys, \(changeBytes) bytes each: \(Int(took)) ms,",
    "\(written >> 10) KiB written for \((spread.count * changeBytes) >> 10) KiB changed"
  )
}

/// Commits many such checkpoints, with a publish behind each and without any.
private func checkpointAgain(
  _ log: EventLog,
  _ pipeline: PipelineID,
  _ rounds: Int
) async throws {
  let topic = try await log.openTopic("measure")
  let before = log.statistics
  var (checkpoints, publishes): ([Double], [Double]) = ([], [])
  var alone: [Double] = []
  for _ in 0..<400 * rounds { alone.append(try await publish(log, topic.id)) }
  for round in 0..<20 * rounds {
    let states = (0..<keyCount / 100).map { index in
      change((index * 100 + round * 37) % keyCount, UInt8(round % 250), of: pipeline)
    }
    checkpoints.append(
      try await milliseconds { _ = try await log.append(LogCommit([], states: states)) }
    )
    for _ in 0..<20 { publishes.append(try await publish(log, topic.id)) }
  }
  let after = log.statistics
  let stored = Double(after.stateBytes - before.stateBytes)
  let merged = Double(after.mergedBytes - before.mergedBytes)
  print(
    "\(checkpoints.count) checkpoints more: median \(Int(median(checkpoints))) ms,",
    "merging wrote \((merged / stored * 100).rounded() / 100) times as much in",
    "\(after.mergeSteps - before.mergeSteps) steps"
  )
  print("20 publishes after each:", spread(publishes), "without checkpoints:", spread(alone))
}

private func publish(_ log: EventLog, _ topic: TopicID) async throws -> Double {
  let append = LogAppend([[1]], to: topic, appended: SystemClock().now)
  return try await milliseconds { _ = try await log.append(LogCommit([append])) }
}

private func spread(_ values: [Double]) -> String {
  let sorted = values.sorted()
  func rounded(_ part: Int) -> Double { (sorted[values.count * part / 100] * 100).rounded() / 100 }
  return "median \(rounded(50)) ms, p95 \(rounded(95)) ms, p99 \(rounded(99)) ms"
}

private func milliseconds(_ body: () async throws -> Void) async throws -> Double {
  let start = ContinuousClock.now
  try await body()
  return (ContinuousClock.now - start) / .milliseconds(1)
}

private func readAll(_ log: EventLog, _ pipeline: PipelineID, _ name: String) async throws {
  var request = StateReadRequest(pipeline)
  var count = 0
  let took = try await milliseconds {
    while let last = try await log.readStates(request).last {
      (request.after, count) = (last.key, count + 1)
    }
  }
  print("all of the state is read in \(Int(took)) ms \(name), \(count) reads")
}

private func fileBytes(_ path: String) -> Int {
  let attributes = try? FileManager.default.attributesOfItem(atPath: path)
  return attributes?[.size] as? Int ?? 0
}
