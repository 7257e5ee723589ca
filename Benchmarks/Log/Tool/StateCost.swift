// SPDX-License-Identifier: Apache-2.0
import Foundation
import Storage
import Streams

/// What checkpoints of a large state cost of which one key in a hundred has changed.
struct StateCost: Encodable {
  private static let keyBytes = 8
  private static let valueBytes = 100

  /// Bytes of keys and values that one checkpoint changes, and what it writes.
  var changedBytes = 0
  var writtenBytes = 0
  /// Publishes without checkpoints, and beside one a second.
  var alone = PacedRun([], seconds: 0)
  var beside = PacedRun([], seconds: 0)
  /// What merging wrote for each byte that was stored.
  var mergedRatio = 0.0
  /// How long it takes to read all of the state, right after the checkpoints and at rest.
  var readSeconds = 0.0
  var readAtRestSeconds = 0.0
  var stateBytes = 0
  var fileBytes = 0

  /// Makes a state of so many keys in a directory that is empty, and measures.
  static func measure(
    _ directory: String,
    keys: Int,
    seconds: Double,
    rate: Double
  ) async throws -> StateCost {
    var cost = StateCost()
    cost.stateBytes = keys * (keyBytes + valueBytes)
    cost.changedBytes = cost.stateBytes / 100
    try await fill(directory, keys)
    cost.writtenBytes = try await checkpointOnce(directory, keys)
    try await cost.publish(directory, keys, seconds, rate)
    let log = try EventLog(directory: directory)
    defer { log.close() }
    cost.readSeconds = try await readAll(log, keys)
    try await log.settled()
    cost.readAtRestSeconds = try await readAll(log, keys)
    cost.fileBytes = size(log.path)
    return cost
  }

  private static func fill(_ directory: String, _ keys: Int) async throws {
    let log = try EventLog(directory: directory)
    defer { log.close() }
    let pipeline = try await open(log)
    // All of it is merged when more than half of it has changed, and so not during what is measured.
    for share in [100, 55] {
      let end = keys / 100 * share
      for start in stride(from: 0, to: end, by: 50_000) {
        let states = (start..<min(end, start + 50_000)).map { change($0, 1, of: pipeline) }
        _ = try await log.append(LogCommit([], states: states))
      }
      try await log.settled()
    }
  }

  /// The bytes that one checkpoint writes: it goes into the write-ahead log alone.
  private static func checkpointOnce(_ directory: String, _ keys: Int) async throws -> Int {
    var settings = StorageSettings()
    // It is not written back meanwhile.
    settings.checkpointPages = 1_000_000
    let log = try EventLog(directory: directory, settings: settings)
    defer { log.close() }
    let pipeline = try await open(log)
    let before = try writtenBytes()
    _ = try await log.append(checkpoint(0, keys, of: pipeline))
    return try writtenBytes() - before
  }

  /// The bytes that this process has given to the kernel so far (proc(5), `/proc/self/io`).
  private static func writtenBytes() throws -> Int {
    let lines = try String(contentsOfFile: "/proc/self/io", encoding: .utf8).split(separator: "\n")
    let words = lines.first { $0.hasPrefix("wchar: ") }?.split(separator: " ")
    return words?.last.flatMap { Int($0) } ?? 0
  }

  private mutating func publish(
    _ directory: String,
    _ keys: Int,
    _ seconds: Double,
    _ rate: Double
  ) async throws {
    let log = try EventLog(directory: directory)
    defer { log.close() }
    let pipeline = try await Self.open(log)
    let topic = try await log.openTopic("live", StorageRules(synchronous: .full)).id
    try await log.settled()
    alone = try await publishPaced(log, topic, seconds: seconds, rate: rate) { _ in }
    let before = log.statistics
    beside = try await publishPaced(log, topic, seconds: seconds, rate: rate) { round in
      _ = try await log.append(Self.checkpoint(round, keys, of: pipeline))
    }
    let stored = log.statistics.stateBytes - before.stateBytes
    mergedRatio = Double(log.statistics.mergedBytes - before.mergedBytes) / Double(max(1, stored))
  }

  private static func open(_ log: EventLog) async throws -> PipelineID {
    try await log.openPipeline("measure", definition: "").id
  }

  /// Changes every hundredth key, others in each round.
  private static func checkpoint(_ round: Int, _ keys: Int, of pipeline: PipelineID) -> LogCommit {
    let states = (0..<keys / 100).map { index in
      change((index * 100 + round * 37) % keys, UInt8(2 + round % 250), of: pipeline)
    }
    return LogCommit([], states: states)
  }

  private static func change(_ key: Int, _ fill: UInt8, of pipeline: PipelineID) -> StateChange {
    let bytes = withUnsafeBytes(of: key.bigEndian) { Array($0) }
    return StateChange([UInt8](repeating: fill, count: valueBytes), for: bytes, of: pipeline)
  }

  private static func readAll(_ log: EventLog, _ keys: Int) async throws -> Double {
    var request = StateReadRequest(try await open(log))
    var count = 0
    let start = ContinuousClock.now
    while true {
      let states = try await log.readStates(request)
      guard let last = states.last else { break }
      (request.after, count) = (last.key, count + states.count)
    }
    precondition(count == keys, "all of the state is read")
    return elapsed(since: start)
  }

  private static func size(_ path: String) -> Int {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return attributes?[.size] as? Int ?? 0
  }
}
