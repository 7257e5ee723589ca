// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// Retention: what a topic's rules say has to go goes in small transactions between publishes.
extension LogWriter {
  /// Looks which topics have entries that are too old.
  func findAged(now: Timestamp) {
    for topic in topics.all where topic.isAged(now: now) { overdue.insert(topic.id) }
  }

  /// What a topic costs a step beside its entries, in entries.
  private static let topicCost = 16

  /// Deletes a step's worth of entries, of the topics that have waited longest; answers whether there is
  /// more to do.
  ///
  /// Its transaction is not synced: what a power loss brings back is deleted again.
  func retain(now: Timestamp) throws(StorageError) -> Bool {
    guard !overdue.isEmpty else { return false }
    let database = try connected()
    try synchronize(false, database)
    var (taken, unfinished): ([TopicID], [TopicID]) = ([], [])
    var (deleted, bytes): (Offset, Int64) = (0, 0)
    do throws(StorageError) {
      let transaction = try Transaction(writing: database)
      var left = settings.retentionStep
      while left > 0, let id = overdue.popFirst() {
        taken.append(id)
        guard var topic = topics[id] else { continue }
        let before = (topic.firstOffset, topic.bytes)
        let isDone = try trim(&topic, limit: Offset(left), now: now, database)
        topics.update(topic)
        deleted += topic.firstOffset - before.0
        bytes += before.1 - topic.bytes
        left -= Int(topic.firstOffset - before.0) + Self.topicCost
        guard !isDone else { continue }
        unfinished.append(id)
        left = 0
      }
      try transaction.commit()
    } catch {
      for id in taken { overdue.insert(id) }
      throw error
    }
    topics.keep { _ in }
    for id in unfinished { overdue.insert(id) }
    statistics.deletedEntries += deleted
    vacuum.deletedRows += Int(deleted)
    retentionDebt.settle(entries: Int(deleted), bytes: bytes)
    if overdue.isEmpty { retentionDebt = RetentionDebt() }
    return !overdue.isEmpty
  }

  /// Deletes what of a topic has to go, up to a limit; answers whether that was all.
  private func trim(
    _ topic: inout StoredTopic,
    limit: Offset,
    now: Timestamp,
    _ database: Database
  ) throws(StorageError) -> Bool {
    let cut = try findCut(topic, limit: limit, now: now, database)
    let deleted = cut - topic.firstOffset
    if deleted > 0 {
      try delete(.deleteEntries, of: topic.id, from: topic.firstOffset, before: cut, database)
      topic.firstOffset = cut
      try Extent.readFirst(&topic, database)
    }
    let marks = try deleteMarks(&topic, limit: limit * 2, database)
    try TopicRow.update(topic, database)
    return deleted < limit && marks < limit * 2
  }

  /// The first offset, at most `limit` further on, that has to stay.
  ///
  /// Instants and positions never decrease, so a few looks find it however large the entries are.
  private func findCut(
    _ topic: StoredTopic,
    limit: Offset,
    now: Timestamp,
    _ database: Database
  ) throws(StorageError) -> Offset {
    let rule = CutRule(topic, now: now, storeExcess: storeExcess)
    var low = topic.firstOffset
    var high = min(low + limit, topic.nextOffset)
    while low < high {
      let middle = low + (high - low) / 2
      if try mustGo(middle, of: topic.id, rule, database) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }

  private func mustGo(
    _ offset: Offset,
    of topic: TopicID,
    _ rule: CutRule,
    _ database: Database
  ) throws(StorageError) -> Bool {
    if offset < rule.firstKept { return true }
    let statement = try database.statement(.probeEntry)
    defer { statement.reset() }
    statement.bind(RowNumber.make(topic, offset), at: 1)
    // One that is damaged and gone is not kept for those before it.
    guard try statement.step() else { return true }
    return statement.int64(0) < rule.firstInstant || statement.int64(1) < rule.firstPosition
  }

  private func delete(
    _ sql: SQL,
    of topic: TopicID,
    from first: UInt64,
    before end: UInt64,
    _ database: Database
  ) throws(StorageError) {
    try database.run(sql, RowNumber.make(topic, first), RowNumber.make(topic, end - 1))
  }

  /// Deletes the marks that stand before the first entry and not directly before it.
  private func deleteMarks(
    _ topic: inout StoredTopic,
    limit: UInt64,
    _ database: Database
  ) throws(StorageError) -> UInt64 {
    let kept = topic.nextMark - min(topic.nextMark, StorageLimits.marksPerTopic)
    let end = min(topic.firstMark + limit, topic.nextMark)
    var cut = topic.firstMark
    do {
      let statement = try database.statement(.readMarks)
      defer { statement.reset() }
      statement.bind(RowNumber.make(topic.id, cut), at: 1)
      statement.bind(RowNumber.make(topic.id, end), at: 2)
      statement.bind(Int64(limit), at: 3)
      while cut < end, try statement.step() {
        let number = RowNumber.offset(statement.int64(0))
        let after = Offset(bitPattern: statement.int64(1))
        guard after + 1 < topic.firstOffset || number < kept else { break }
        cut = number + 1
      }
    }
    let deleted = cut - topic.firstMark
    guard deleted > 0 else { return 0 }
    try delete(.deleteMarks, of: topic.id, from: topic.firstMark, before: cut, database)
    topic.firstMark = cut
    return deleted
  }
}

/// What an entry must have to be kept.
private struct CutRule {
  var firstKept: Offset = 0
  var firstInstant = Int64.min
  var firstPosition = Int64.min

  init(_ topic: StoredTopic, now: Timestamp, storeExcess: Int64) {
    let rules = topic.rules
    if let count = rules.maximumCount {
      firstKept = topic.nextOffset - min(topic.nextOffset, count)
    }
    if let age = rules.maximumAge {
      firstInstant = (max(now, topic.appended) - age).milliseconds
    }
    guard rules.atLimit == .dropOldest else { return }
    var most = topic.bytes > rules.maximumBytes ? rules.maximumBytes / 32 * 31 : rules.maximumBytes
    if storeExcess > 0 { most = min(most, topic.bytes - storeExcess) }
    // The rows of its table stay: what they count for its entries have to do without.
    if topic.bytes > most { firstPosition = topic.endPosition - max(0, most - topic.tableBytes) }
  }
}
