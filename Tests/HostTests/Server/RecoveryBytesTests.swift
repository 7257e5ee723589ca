// SPDX-License-Identifier: Apache-2.0
import Codecs
import Foundation
import Storage
import Streams
import Testing

@testable import Host
@testable import Sinks

/// A durable topic of which memory keeps next to nothing.
private final class StoredBench: Sendable {
  private let path = NSTemporaryDirectory() + "weir-" + UUID().uuidString
  private let log: EventLog
  let engine: Engine

  init() throws {
    log = try EventLog(directory: path)
    let stored = try DurableTopics(log) { _ in StorageRules(synchronous: .normal) }
    let rules = TopicDirectory.Rules(
      retention: { _ in Retention(maximumCount: 4) },
      journal: { stored.journaling($0) }
    )
    engine = try Engine(topics: TopicDirectory(rules: rules), pipelines: [], storedIn: stored)
  }

  deinit {
    log.close()
    try? FileManager.default.removeItem(atPath: path)
  }

  /// A topic with a hundred events of a thousand bytes.
  func filledTopic() async throws -> Topic<Event> {
    let topic = try engine.topics.topic("a")
    for _ in 0..<50 {
      let data = Array("\"\(String(repeating: "x", count: 1_000))\"".utf8)
      try await topic.publish([Event(data: data), Event(data: data)])
    }
    return topic
  }
}

@Suite struct RecoveryBytesTests {
  @Test func `what is read from disk counts as held as long as it is`() async throws {
    let bench = try StoredBench()
    let topic = try await bench.filledTopic()
    let budget = ByteBudget(limit: 1 << 20)
    let during: (count: Int?, held: Int) = await withCheckedContinuation { continuation in
      let recovery = Recovery(after: 0, through: 90, maximumBytes: 1 << 20)
      recovery.read(topic, counting: HeldReading(budget)) { found in
        continuation.resume(returning: (found.missed?.count, budget.held))
      }
    }
    #expect(during.count == 90)
    #expect(during.held >= 90_000)
    // The thread that has read it lets go a little later than it tells.
    while budget.held > 0 { await Task.yield() }
  }

  @Test func `nothing more is read for clients while as much is held as may be`() async throws {
    let bench = try StoredBench()
    _ = try await bench.filledTopic()
    let services = ServerServices(configuration: Configuration(), engine: bench.engine) { _ in }
    let ask = try JSONView.parse(Array(#"{"channel":"a","limit":10,"since":{"offset":3}}"#.utf8))
    func history() async throws -> JSONView {
      try JSONView.parse(await services.api.call("history", ask))
    }
    #expect(try await history()["result"]?["publications"]?.elements.count == 10)
    services.budget.change(by: Configuration().maximumHeldBytes)
    #expect(try await history()["error"]?["code"]?.int == 111)
    services.budget.change(by: -Configuration().maximumHeldBytes)
    #expect(try await history()["result"]?["publications"]?.elements.count == 10)
  }
}
