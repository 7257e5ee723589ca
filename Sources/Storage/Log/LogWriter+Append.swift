// SPDX-License-Identifier: Apache-2.0
internal import Streams

extension LogWriter {
  /// What an append will be: a new one into a topic, or one that was stored before.
  private enum Verdict {
    case new(TopicTable.Cell)
    case known(AppendReceipt)
  }

  /// Appends and changes state as a commit says; all of it or, if it is refused, nothing.
  func append(_ commit: LogCommit, _ database: Database) throws(StorageError) -> [AppendReceipt] {
    if commit.appends.count == 1, commit.states.isEmpty {
      let verdict = try judge(commit.appends[0], of: commit, before: 0, database)
      return [try follow(verdict, commit.appends[0], database)]
    }
    var verdicts: [Verdict] = []
    verdicts.reserveCapacity(commit.appends.count)
    for index in commit.appends.indices {
      verdicts.append(try judge(commit.appends[index], of: commit, before: index, database))
    }
    for state in commit.states { try judge(state) }
    var receipts: [AppendReceipt] = []
    receipts.reserveCapacity(commit.appends.count)
    for (index, verdict) in verdicts.enumerated() {
      receipts.append(try follow(verdict, commit.appends[index], database))
    }
    for state in commit.states { try write(state, database) }
    return receipts
  }

  private func follow(
    _ verdict: Verdict,
    _ append: LogAppend,
    _ database: Database
  ) throws(StorageError) -> AppendReceipt {
    switch verdict {
    case .known(let receipt):
      statistics.repeats += 1
      return receipt
    case .new(let cell):
      return try write(append, cell, database)
    }
  }

  // MARK: Judging

  /// Refuses an append that can't be stored; answers the receipt of one that was stored before.
  private func judge(
    _ append: LogAppend,
    of commit: LogCommit,
    before index: Int,
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
      let former = commit.appends[..<index].first { $0.topic == append.topic && $0.key == key }
      if let former {
        throw refusal(
          .keyReused(count: former.payloads.count, bytes: former.payloadBytes),
          "append"
        )
      }
    }
    var taken: Int64 = 0
    for other in commit.appends[..<index] where other.topic == append.topic {
      taken += other.weight
    }
    try judgeRoom(append, cell.topic, alreadyTaken: taken, commit)
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
    _ topic: StoredTopic,
    alreadyTaken: Int64,
    _ commit: LogCommit
  ) throws(StorageError) {
    let weight = append.weight
    guard alreadyTaken + weight <= topic.rules.maximumBytes else {
      throw refusal(
        .tooLarge(limit: Int(clamping: topic.rules.maximumBytes), unit: "bytes"),
        "append"
      )
    }
    let left = RowNumber.maximumOffset - topic.nextOffset
    guard UInt64(append.payloads.count) <= left else {
      throw refusal(.exhausted(what: "offsets of a topic"), "append")
    }
    guard topic.rules.atLimit == .refuse else { return }
    guard topic.bytes + alreadyTaken + weight <= topic.rules.maximumBytes else {
      throw refusal(
        .topicFull(topic: topic.name, limitBytes: topic.rules.maximumBytes),
        "append"
      )
    }
    if let limit = settings.maximumTotalBytes {
      let whole = commit.appends.reduce(0) { $0 + $1.weight }
      guard topics.totalBytes + whole <= limit else {
        throw refusal(.storeFull(limitBytes: limit), "append")
      }
    }
  }

  // MARK: Writing

  private func write(
    _ append: LogAppend,
    _ cell: TopicTable.Cell,
    _ database: Database
  ) throws(StorageError) -> AppendReceipt {
    let now = max(cell.topic.appended, append.appended)
    let receipt = AppendReceipt(
      epoch: cell.topic.epoch,
      firstOffset: cell.topic.nextOffset,
      lastOffset: cell.topic.nextOffset + UInt64(append.payloads.count) - 1,
      appended: now,
      firstMark: cell.topic.nextMark,
      isRepeat: false
    )
    try topics.change(cell) { topic throws(StorageError) in
      topic.appended = now
      if topic.count == 0, !append.payloads.isEmpty { topic.firstAppended = now }
      try insertEntries(append.payloads, &topic, database)
      try insertMarks(append.marks, &topic, database)
    }
    if let key = append.key { try remember(key, append, receipt, database) }
    statistics.entries += UInt64(append.payloads.count)
    appendedSinceStep += append.payloads.count
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
