// SPDX-License-Identifier: Apache-2.0
internal import Streams

extension LogWriter {
  /// What an append will be: a new one into a topic, or one that was stored before.
  private enum Verdict {
    case new(TopicTable.Cell)
    case known(AppendReceipt)
  }

  /// Appends, or refuses and changes nothing.
  func append(_ append: LogAppend, _ database: Database) throws(StorageError) -> AppendReceipt {
    let verdict = try judge(append, after: [], taken: 0, whole: append.weight, database)
    return try follow(verdict, append, database)
  }

  /// Appends and changes state as a commit says; all of it or, if it is refused, nothing.
  func append(_ commit: LogCommit, _ database: Database) throws(StorageError) -> [AppendReceipt] {
    let verdicts = try judge(commit, database)
    var receipts: [AppendReceipt] = []
    receipts.reserveCapacity(commit.appends.count)
    for (verdict, append) in zip(verdicts, commit.appends) {
      receipts.append(try follow(verdict, append, database))
    }
    for state in commit.states { try insert(state, database) }
    for move in commit.cursors { try CursorRow.move(move, database) }
    return receipts
  }

  /// Why a commit can't be stored now; `nil` if it can.
  ///
  /// - Throws: ``StorageError`` of the database.
  func refusal(of commit: LogCommit, _ database: Database) throws(StorageError) -> StorageError? {
    do throws(StorageError) {
      _ = try judge(commit, database)
      return nil
    } catch {
      guard error.code == nil else { throw error }
      return error
    }
  }

  /// What each append of a commit will be; throws why all of it is refused.
  private func judge(
    _ commit: LogCommit,
    _ database: Database
  ) throws(StorageError) -> [Verdict] {
    let appends = commit.appends
    let whole = appends.reduce(0) { $0 + $1.weight }
    var verdicts: [Verdict] = []
    verdicts.reserveCapacity(appends.count)
    var taken: [TopicID: Int64] = [:]
    for (index, append) in appends.enumerated() {
      let earlier = appends[..<index]
      let before = taken[append.topic, default: 0]
      verdicts.append(try judge(append, after: earlier, taken: before, whole: whole, database))
      taken[append.topic] = before + append.weight
    }
    for state in commit.states { try judge(state, database) }
    for move in commit.cursors { try judge(move, database) }
    return verdicts
  }

  private func follow(
    _ verdict: Verdict,
    _ append: LogAppend,
    _ database: Database
  ) throws(StorageError) -> AppendReceipt {
    switch verdict {
    case .known(let receipt):
      statistics.repeats += 1
      try completeTable(of: append.topic, database)
      return receipt
    case .new(let cell):
      return try write(append, cell, database)
    }
  }

  // MARK: Judging

  /// Refuses an append that can't be stored; answers the receipt of one that was stored before.
  ///
  /// - Parameters:
  ///   - append: The append.
  ///   - earlier: Those of the same commit that come before it.
  ///   - taken: What those of them count for that go into the same topic.
  ///   - whole: What the commit counts for in limits of bytes.
  ///   - database: The connection that writes.
  /// - Returns: What the append will be.
  /// - Throws: ``StorageError`` with why it is refused.
  private func judge(
    _ append: LogAppend,
    after earlier: ArraySlice<LogAppend>,
    taken: Int64,
    whole: Int64,
    _ database: Database
  ) throws(StorageError) -> Verdict {
    guard let cell = topics.cell(append.topic) else {
      throw refusal(.unknown(what: "topic"), "append")
    }
    try judgeSize(append)
    if let key = append.key {
      guard 1...StorageLimits.keyBytes ~= key.utf8.count else {
        throw refusal(.tooLarge(limit: StorageLimits.keyBytes, unit: "bytes of a key"), "append")
      }
      if let known = try recall(key, append, cell.topic, database) { return .known(known) }
      if let former = earlier.first(where: { $0.topic == append.topic && $0.key == key }) {
        throw refusal(
          .keyReused(count: former.payloads.count),
          "append"
        )
      }
    }
    try judgeRoom(append, cell, alreadyTaken: taken, whole: whole)
    if cell.topic.table != nil || append.condition != nil {
      try judgeRows(append, after: earlier, cell, database)
    }
    return .new(cell)
  }

  private func judgeSize(_ append: LogAppend) throws(StorageError) {
    let limits = StorageLimits.self
    guard append.payloads.count + append.marks.count <= limits.entriesPerAppend else {
      throw refusal(.tooLarge(limit: limits.entriesPerAppend, unit: "entries"), "append")
    }
    guard append.payloads.allSatisfy({ $0.count <= limits.entryBytes }) else {
      throw refusal(.tooLarge(limit: limits.entryBytes, unit: "bytes of an entry"), "append")
    }
  }

  private func judgeRoom(
    _ append: LogAppend,
    _ cell: TopicTable.Cell,
    alreadyTaken: Int64,
    whole: Int64
  ) throws(StorageError) {
    let weight = append.weight
    // The topic stays where it is: a copy for each publish would cost more than all of this.
    let maximum = cell.topic.rules.maximumBytes
    // Of a commit that is more than the topic keeps its oldest go, if they may; else it waits for room,
    // though there will be none before the limit is raised: a pipeline must neither lose it nor end.
    guard weight <= maximum else {
      throw refusal(.tooLarge(limit: Int(clamping: maximum), unit: "bytes"), "append")
    }
    let left = RowNumber.maximumOffset - cell.topic.nextOffset
    guard UInt64(append.payloads.count) <= left else {
      throw refusal(.exhausted(what: "offsets of a topic"), "append")
    }
    guard cell.topic.rules.atLimit == .refuse else { return }
    // What a table keeps of them counts once more.
    let copies: Int64 = cell.topic.table == nil ? 1 : 2
    guard cell.topic.bytes + copies * (alreadyTaken + weight) <= maximum else {
      throw refusal(.topicFull(topic: cell.topic.name, limitBytes: maximum), "append")
    }
    let limit = settings.maximumTotalBytes
    guard let limit, topics.totalBytes + copies * whole > limit else { return }
    throw refusal(.storeFull(limitBytes: limit), "append")
  }

  // MARK: Writing

  private func write(
    _ append: LogAppend,
    _ cell: TopicTable.Cell,
    _ database: Database
  ) throws(StorageError) -> AppendReceipt {
    let now = max(cell.topic.appended, append.appended)
    var receipt = AppendReceipt(
      epoch: cell.topic.epoch,
      firstOffset: cell.topic.nextOffset,
      lastOffset: cell.topic.nextOffset + UInt64(append.payloads.count) - 1,
      appended: now,
      firstMark: cell.topic.nextMark,
      isRepeat: false
    )
    let former = cell.topic.endPosition
    try topics.change(cell) { topic throws(StorageError) in
      topic.appended = now
      if topic.count == 0, !append.payloads.isEmpty { topic.firstAppended = now }
      try insertEntries(append.payloads, &topic, database)
      try insertMarks(append.marks, &topic, database)
    }
    if cell.topic.table != nil { try followTable(append.payloads, receipt, cell, database) }
    receipt.firstKept = cell.topic.firstOffset
    receipt.keptBytes = cell.topic.bytes
    if let key = append.key { try remember(key, append, receipt, database) }
    statistics.entries += UInt64(append.payloads.count)
    appendedSinceStep += append.payloads.count
    retentionDebt.add(entries: append.payloads.count, bytes: cell.topic.endPosition - former)
    return receipt
  }

  private func insertEntries(
    _ payloads: [[UInt8]],
    _ topic: inout StoredTopic,
    _ database: Database
  ) throws(StorageError) {
    for payload in payloads {
      let id = RowNumber.make(topic.id, topic.nextOffset)
      let (appended, position) = (topic.appended.milliseconds, topic.endPosition)
      let result = payload.withUnsafeBytes { bytes -> Result<Void, StorageError> in
        Result { () throws(StorageError) in
          try buffer.add(
            id: id,
            appended: appended,
            position: position,
            payload: bytes,
            database
          )
        }
      }
      try result.get()
      topic.nextOffset += 1
      topic.endPosition += EntryFormat.weight(payload.count)
    }
  }

  private func insertMarks(
    _ marks: [Mark],
    _ topic: inout StoredTopic,
    _ database: Database
  ) throws(StorageError) {
    for mark in marks {
      let row = MarkRow(
        id: RowNumber.make(topic.id, topic.nextMark),
        after: topic.nextOffset - 1,
        appended: topic.appended,
        mark: mark
      )
      try row.insert(database)
      topic.nextMark += 1
    }
  }
}
