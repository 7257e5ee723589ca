// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// How far a verification is.
public struct VerificationProgress: Hashable, Sendable {
  /// What is looked at: the database's structure, a topic, a pipeline.
  public internal(set) var place: String
  /// Entries that were looked at, of all topics.
  public internal(set) var entries: UInt64
  /// Entries that there are, as far as the topics say.
  public internal(set) var expectedEntries: UInt64
}

/// What a verification found.
public struct VerificationReport: Hashable, Sendable {
  /// Entries and marks that are damaged or gone, by topic and offset.
  public internal(set) var damage: [Damage] = []
  /// Pipelines whose state is damaged.
  public internal(set) var damagedPipelines: [String] = []
  /// Tables of topics that are damaged.
  public internal(set) var damagedTables: [TableDamage] = []
  /// What SQLite says of the database's structure, at most a hundred lines.
  public internal(set) var structure: [String] = []
  /// Topics that were looked at.
  public internal(set) var topics = 0
  /// Entries that were looked at.
  public internal(set) var entries: UInt64 = 0
  /// Whether it ended before all was looked at, because it was told to.
  public internal(set) var isCancelled = false

  /// Whether everything is as it was stored.
  public var isSound: Bool {
    damage.isEmpty && damagedPipelines.isEmpty && damagedTables.isEmpty && structure.isEmpty
      && !isCancelled
  }
}

/// Looks at every entry, mark and part of a state, and at the database's structure.
///
/// It reads in short transactions, so that it can run beside a server.
struct Verifier {
  /// Told now and then; answers whether to go on.
  typealias Progress = (VerificationProgress) -> Bool

  let database: Database
  private let reader: LogReader
  private let onProgress: Progress
  var report = VerificationReport()
  private var progress = VerificationProgress(place: "", entries: 0, expectedEntries: 0)

  private static let entriesPerBatch: UInt64 = 2_000

  init(_ database: Database, _ onProgress: @escaping Progress) {
    self.database = database
    self.onProgress = onProgress
    reader = LogReader(database)
  }

  /// Looks at everything; at the structure only if that is wanted: it is one long read, during which
  /// the write-ahead log can't start anew.
  ///
  /// - Throws: ``StorageError`` if it can't be read at all; damage is no error but in the report.
  mutating func run(checkingStructure: Bool) throws(StorageError) -> VerificationReport {
    if checkingStructure {
      report.structure = try StructureCheck.run(database) { [onProgress] in
        onProgress(VerificationProgress(place: "structure", entries: 0, expectedEntries: 0))
      }
    }
    let topics = try readTopics()
    progress.expectedEntries = topics.reduce(0) { $0 + $1.count }
    for topic in topics { try check(topic) }
    try checkOrphans(Set(topics.map(\.id)))
    try checkTables(topics)
    try checkPipelines()
    try checkLostSegments()
    report.entries = progress.entries
    return report
  }

  private mutating func readTopics() throws(StorageError) -> [StoredTopic] {
    var topics: [StoredTopic] = []
    while true {
      let rows = try TopicRow.read(after: topics.last?.id.rawValue ?? 0, limit: 1_000, database)
      if rows.isEmpty { return topics }
      for row in rows {
        var topic = row
        do throws(StorageError) {
          try Extent.read(&topic, database)
        } catch {
          guard error.reason == .corrupt else { throw error }
          report.structure.append(error.description)
        }
        topics.append(topic)
      }
    }
  }

  /// Tells the progress; answers whether to go on.
  mutating func goesOn(_ place: String) -> Bool {
    progress.place = place
    if !report.isCancelled, !onProgress(progress) { report.isCancelled = true }
    return !report.isCancelled
  }

  // MARK: Topics

  private mutating func check(_ topic: StoredTopic) throws(StorageError) {
    report.topics += 1
    var next = topic.firstOffset
    while next < topic.nextOffset, goesOn("topic '\(topic.name)'") {
      let end = min(next + Self.entriesPerBatch, topic.nextOffset)
      let found = try checkEntries(topic, from: next, before: end)
      for damage in found.damage { note(damage) }
      progress.entries += end - found.first
      next = end
    }
    try checkMarks(topic)
  }

  /// Looks at a range, but for what retention has deleted meanwhile.
  private func checkEntries(
    _ topic: StoredTopic,
    from next: Offset,
    before end: Offset
  ) throws(StorageError) -> (first: Offset, damage: [Damage]) {
    let transaction = try Transaction(reading: database)
    let rows = try TopicRow.read(after: topic.id.rawValue - 1, limit: 1, database)
    let kept = rows.first.flatMap { $0.id == topic.id ? $0.firstOffset : nil } ?? end
    let first = min(max(next, kept), end)
    let damage = try reader.damage(in: topic, after: first - 1, through: end - 1)
    transaction.end()
    return (first, damage)
  }

  /// Damage that goes on where the last one ended is one.
  private mutating func note(_ damage: Damage) {
    if let last = report.damage.last, last.topic == damage.topic, last.through + 1 == damage.from {
      report.damage.removeLast()
      report.damage.append(Damage(topic: last.topic, from: last.from, through: damage.through))
    } else {
      report.damage.append(damage)
    }
  }

  private mutating func checkMarks(_ topic: StoredTopic) throws(StorageError) {
    var next = topic.firstMark
    while next < topic.nextMark, goesOn("topic '\(topic.name)'") {
      let statement = try database.statement(.readMarks)
      defer { statement.reset() }
      statement.bind(RowNumber.make(topic.id, next), at: 1)
      statement.bind(RowNumber.make(topic.id, topic.nextMark - 1), at: 2)
      statement.bind(1_000, at: 3)
      let start = next
      while try statement.step() {
        next = RowNumber.offset(statement.int64(0)) + 1
        guard MarkRow(statement) == nil else { continue }
        let after = Offset(bitPattern: statement.int64(1))
        report.damage.append(Damage(topic: topic.name, from: after, through: after))
      }
      if next == start { return }
    }
  }

  /// Entries whose topic is not there.
  private mutating func checkOrphans(_ topics: Set<TopicID>) throws(StorageError) {
    let statement = try database.statement(.firstEntry)
    defer { statement.reset() }
    var from: Int64 = 0
    while goesOn("topics") {
      // Entry and topic are looked for at one instant: a topic may have been made meanwhile.
      let transaction = try Transaction(reading: database)
      statement.bind(from, at: 1)
      statement.bind(.max, at: 2)
      guard try statement.step() else { return }
      let topic = RowNumber.topic(statement.int64(0))
      statement.reset()
      var isThere = topics.contains(topic)
      if !isThere { isThere = try hasRow(topic) }
      transaction.end()
      if !isThere {
        report.structure.append("there are entries of topic \(topic.rawValue), which is not there")
      }
      guard topic.rawValue < RowNumber.maximumTopic else { return }
      from = RowNumber.make(TopicID(rawValue: topic.rawValue + 1), 0)
    }
  }

  private func hasRow(_ topic: TopicID) throws(StorageError) -> Bool {
    let rows = try TopicRow.read(after: topic.rawValue - 1, limit: 1, database)
    if rows.first?.id == topic { return true }
    // One that was deleted and of which not all is gone yet.
    return try Discarded.topics(after: topic.rawValue - 1, limit: 1, database).first == topic
  }
}
