// SPDX-License-Identifier: Apache-2.0
import Streams

@testable import Storage

/// One life of a data directory: its log, the topics in it, and those of a server.
struct DurableStore {
  let log: EventLog
  let stored: DurableTopics
  let topics: TopicDirectory

  init(
    _ directory: String,
    settings: StorageSettings = StorageSettings(),
    rules: StorageRules = StorageRules(synchronous: .normal)
  ) throws {
    log = try EventLog(directory: directory, settings: settings)
    let stored = try DurableTopics(log) { _ in rules }
    self.stored = stored
    topics = TopicDirectory(rules: .init(journal: { stored.journaling($0) }))
  }

  /// The table of a topic of events by their subject, whose entries without data delete.
  func openEvents(
    _ name: String = "e",
    named definition: String = "subject",
    maximumKeys: Int = 100_000,
    recovery: TableRecovery = .refuse
  ) async throws -> Topic<Event> {
    let topic = try topics.topic(name)
    try await topic.openTable(
      named: definition,
      by: { $0.subject ?? "" },
      deleting: { $0.data.isEmpty },
      maximumKeys: maximumKeys,
      recovery: recovery
    )
    return topic
  }

  /// The subjects and data of a snapshot, by offset, without the changes behind it.
  static func rows(_ topic: Topic<Event>) -> [String] {
    let cursor = Cursor(topic, from: .snapshot)
    guard let through = cursor.opening.snapshot else { return ["no snapshot"] }
    var rows: [String] = []
    while let batch = cursor.take(limit: 7) {
      for case .run(let run) in batch.items where run.lastOffset <= through {
        for (index, event) in run.enumerated() {
          let text = String(decoding: event.data, as: UTF8.self)
          rows.append("\(run.firstOffset + Offset(index)) \(event.subject ?? "") \(text)")
        }
      }
    }
    return rows
  }
}

extension Event {
  /// What a test publishes about a subject; without a number it deletes.
  static func about(_ subject: String, _ number: Int?) -> Event {
    Event(data: number.map { Array("\($0)".utf8) } ?? [], subject: subject)
  }
}
