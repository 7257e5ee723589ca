// SPDX-License-Identifier: Apache-2.0
public import Streams

/// What was found when the store was opened.
public struct StartFindings: Sendable {
  /// Whether the last process closed the store; true for a new one.
  public internal(set) var wasClosed = true
  /// Topics that have a new epoch, because the machine stopped and their newest entries may be gone.
  public internal(set) var renewed: [String] = []
  /// What is damaged among the newest entries.
  public internal(set) var damage: [Damage] = []
  /// The entries whose checksums were looked at.
  public internal(set) var checkedCount = 0
}

/// Entries that are not what was stored.
public struct Damage: Hashable, Sendable {
  /// The topic's name.
  public let topic: String
  /// The first offset that is damaged or gone.
  public let from: Offset
  /// The last one.
  public let through: Offset
}

extension LogWriter {
  /// Draws the consequences of how the last process ended, and notes that this one runs.
  func beginLife(_ database: Database) throws(StorageError) {
    let lifetime = try Lifetime(lastIn: database, bootID: settings.bootID)
    findings.wasClosed = lifetime.wasClosed
    let transaction = try Transaction(writing: database)
    if lifetime.mayHaveLost {
      try forEachTopic(database) { topic throws(StorageError) in
        guard topic.rules.synchronous == .normal else { return }
        // Its row alone does not tell how far it goes.
        var topic = topic
        try Extent.read(&topic, database)
        try TopicRow.update(Epoch(), of: topic, database)
        findings.renewed.append(topic.name)
      }
    }
    try Lifetime.begin(in: database, bootID: settings.bootID)
    try transaction.commit()
  }

  /// Reads where every topic begins and ends.
  func loadTopics(_ database: Database) throws(StorageError) {
    var found: [StoredTopic] = []
    let hasLives = try LifeRow.areThere(database)
    try forEachTopic(database) { topic throws(StorageError) in
      var topic = topic
      try Extent.read(&topic, database)
      if hasLives { topic.formerLives = try LifeRow.read(topic.id, database) }
      found.append(topic)
    }
    try TableRow.complete(&found, database)
    topics = TopicTable(found)
    for id in try discarded(database).topics { topics.noteUsed(id) }
  }

  /// Goes through the rows of all topics, some at a time.
  func forEachTopic(
    _ database: Database,
    _ body: (StoredTopic) throws(StorageError) -> Void
  ) throws(StorageError) {
    var last: Int64 = 0
    while true {
      let rows = try TopicRow.read(after: last, limit: 1_000, database)
      guard let end = rows.last else { return }
      // A damaged page may tell the same rows again and again.
      guard end.id.rawValue > last else { throw refusal(.corrupt, "read topics") }
      for row in rows { try body(row) }
      last = end.id.rawValue
    }
  }

  /// Looks at the checksums of the newest entries, evenly over the topics.
  func checkNewest(_ database: Database) throws(StorageError) -> [Damage] {
    let checked = topics.all.filter { $0.count > 0 }.sorted { $0.id.rawValue < $1.id.rawValue }
    let share = max(1, StorageLimits.checkedAtStart / max(1, checked.count))
    let reader = LogReader(database)
    var damage: [Damage] = []
    for topic in checked.prefix(StorageLimits.checkedAtStart) {
      let after = topic.nextOffset - 1 - min(topic.count, UInt64(share))
      findings.checkedCount += Int(topic.nextOffset - 1 - after)
      damage += try reader.damage(in: topic, after: after, through: topic.nextOffset - 1)
    }
    return damage
  }
}
