// SPDX-License-Identifier: Apache-2.0
import Foundation
import Operators
import Storage
import Streams

/// What it costs to keep the state of a pipeline that counts by key, of which one key in a hundred
/// changes.
struct PipelineCost: Encodable {
  /// Bytes that the whole state takes in the store, and what of them belongs to the keys that change.
  var stateBytes = 0
  var changedBytes = 0
  /// Bytes of state that were stored when these had changed.
  var writtenBytes = 0
  /// From opening the store until the pipeline has read what came meanwhile.
  var restartSeconds = 0.0
  /// Publishes beside the same events in a topic without a pipeline, and beside its checkpoints.
  var alone = PacedRun([], seconds: 0)
  var beside = PacedRun([], seconds: 0)

  /// Counts events of so many keys in a directory that is empty, and measures.
  static func measure(
    _ directory: String,
    keys: Int,
    seconds: Double,
    rate: Double
  ) async throws -> PipelineCost {
    var cost = PipelineCost()
    let published: UInt64
    do {
      let engine = try PipelineEngine(directory, keys: keys)
      defer { engine.log.close() }
      try await engine.publish(0..<keys)
      let running = engine.run()
      try await engine.catchUp()
      cost.stateBytes = Int(try await engine.log.settled().stateBytes)
      cost.changedBytes = cost.stateBytes / 100
      try await engine.publish(stride(from: 0, to: keys, by: 100))
      try await engine.catchUp()
      cost.writtenBytes = Int(try await engine.log.settled().stateBytes) - cost.stateBytes
      try await cost.publish(engine, seconds, rate)
      running.cancel()
      _ = await running.result
      try await engine.publish(stride(from: 1, to: keys, by: 100))
      published = engine.published
    }
    let start = ContinuousClock.now
    let engine = try PipelineEngine(directory, keys: keys, published: published)
    defer { engine.log.close() }
    let running = engine.run()
    try await engine.catchUp()
    cost.restartSeconds = elapsed(since: start)
    running.cancel()
    _ = await running.result
    return cost
  }

  private mutating func publish(
    _ engine: PipelineEngine,
    _ seconds: Double,
    _ rate: Double
  ) async throws {
    let live = try await engine.log.openTopic("live", StorageRules(synchronous: .full)).id
    let log = engine.log
    let events = { (round: Int) in stride(from: round % 100, to: engine.keys, by: 100) }
    alone = try await publishPaced(log, live, seconds: seconds, rate: rate) { round in
      try await engine.publishUnread(events(round))
    }
    beside = try await publishPaced(log, live, seconds: seconds, rate: rate) { round in
      try await engine.publish(events(round))
    }
  }
}

/// A store with a topic of events, a pipeline that counts them by key, and its output.
private final class PipelineEngine: Sendable {
  let log: EventLog
  let keys: Int
  private let input: Topic<Event>
  private let output: Topic<Event>
  /// As `input`, but no pipeline reads it.
  private let unread: Topic<Event>
  private let pipeline: any RunnablePipeline
  private let calls: Guarded<UInt64>
  private let data = Array("1".utf8)

  init(_ directory: String, keys: Int, published: UInt64 = 0) throws {
    calls = Guarded(published)
    log = try EventLog(directory: directory)
    self.keys = keys
    let stored = try DurableTopics(log) { _ in StorageRules(synchronous: .full) }
    let topics = TopicDirectory(
      rules: TopicDirectory.Rules(journal: { stored.journaling($0) })
    )
    (input, output) = (try topics.topic("in"), try topics.topic("out"))
    unread = try topics.topic("unread")
    pipeline = input.flow(from: .earliest)
      .keyed(by: \.subject, maximumKeys: 2 * keys, initial: { 0 }) { count, event in
        count += 1
        // The last one of each batch says how far it is.
        return event.type == "last" ? event : nil
      }
      .pipeline("counts", into: output)
  }

  func run() -> Task<Void, any Error> {
    let pipeline = pipeline
    return Task { try await pipeline.run() }
  }

  /// Publishes an event for each of these keys.
  func publish(_ numbers: some Sequence<Int>) async throws {
    calls.withLock { $0 += 1 }
    try await publish(numbers, into: input)
  }

  /// Publishes as much where nobody reads it.
  func publishUnread(_ numbers: some Sequence<Int>) async throws {
    try await publish(numbers, into: unread)
  }

  private func publish(_ numbers: some Sequence<Int>, into topic: Topic<Event>) async throws {
    var batch: [Event] = []
    for number in numbers {
      batch.append(Event(data: data, subject: "customer-\(number)"))
      if batch.count == 1_000 {
        try await topic.publish(batch)
        batch = []
      }
    }
    try await topic.publish(batch + [Event(data: data, type: "last")])
  }

  /// How often `publish` was called, also in former processes.
  var published: UInt64 { calls.withLock { $0 } }

  /// Waits until the pipeline has stored all that was published: it writes an event for each call.
  func catchUp() async throws {
    while output.end.next - 1 < published { try await Task.sleep(for: .milliseconds(5)) }
  }
}
