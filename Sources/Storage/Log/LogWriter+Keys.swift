// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// Idempotency keys: what is remembered of publishes, so that a repeated one is stored once.
extension LogWriter {
  /// The receipt of the first publish with this key; `nil` if there is none, or none any more.
  ///
  /// - Throws: ``StorageError`` with reason `keyReused` if the first one was another.
  func recall(
    _ key: String,
    _ append: LogAppend,
    _ topic: StoredTopic,
    _ database: Database
  ) throws(StorageError) -> AppendReceipt? {
    let statement = try database.statement(.findKey)
    defer { statement.reset() }
    statement.bind(topic.id.rawValue, at: 1)
    statement.bind(key, at: 2)
    guard try statement.step() else { return nil }
    let appended = Timestamp(milliseconds: statement.int64(4))
    if appended < max(topic.appended, append.appended) - settings.keyAge { return nil }
    let count = Int(statement.int64(2))
    guard count == append.payloads.count, statement.int64(3) == append.fingerprint else {
      throw refusal(.keyReused(count: count), "append")
    }
    let first = Offset(bitPattern: statement.int64(1))
    return AppendReceipt(
      epoch: topic.epoch,
      firstOffset: first,
      lastOffset: first + UInt64(count) - 1,
      appended: appended,
      firstMark: topic.nextMark,
      isRepeat: true
    )
  }

  /// Remembers a publish; an older one with its key, too old to count, is forgotten.
  func remember(
    _ key: String,
    _ append: LogAppend,
    _ receipt: AppendReceipt,
    _ database: Database
  ) throws(StorageError) {
    if let former = try number(of: key, append.topic, database) {
      try database.run(.deleteKey, former)
    }
    let insert = try database.statement(.insertKey)
    insert.bind(append.topic.rawValue, at: 1)
    insert.bind(key, at: 2)
    insert.bind(Int64(bitPattern: receipt.firstOffset), at: 3)
    insert.bind(Int64(append.payloads.count), at: 4)
    insert.bind(append.fingerprint, at: 5)
    insert.bind(receipt.appended.milliseconds, at: 6)
    try insert.run()
  }

  private func number(
    of key: String,
    _ topic: TopicID,
    _ database: Database
  ) throws(StorageError) -> Int64? {
    let statement = try database.statement(.findKey)
    defer { statement.reset() }
    statement.bind(topic.rawValue, at: 1)
    statement.bind(key, at: 2)
    return try statement.step() ? statement.int64(0) : nil
  }

  /// Forgets keys that are too old or too many, at most a step of them; answers whether there are more.
  func expireKeys(now: Timestamp) throws(StorageError) -> Bool {
    let database = try connected()
    if oldestKey == nil { oldestKey = try keyRow(from: 0, database) }
    guard let oldest = oldestKey else { return false }
    let newest = try lastKey(database)
    let kept = newest - settings.maximumKeys
    let border = now - settings.keyAge
    guard oldest.id <= kept || oldest.appended < border else { return false }
    let last = oldest.id + Int64(settings.retentionStep) - 1
    var cut = oldest.id
    while let row = try keyRow(from: cut, database), row.id <= last,
      row.id <= kept || row.appended < border
    {
      cut = row.id + 1
    }
    try delete(.deleteKeys, through: cut - 1, database)
    oldestKey = try keyRow(from: cut, database)
    return cut > last
  }

  private func delete(_ sql: SQL, through id: Int64, _ database: Database) throws(StorageError) {
    try synchronize(false, database)
    let transaction = try Transaction(writing: database)
    try database.run(sql, id)
    try transaction.commit()
  }

  private func keyRow(
    from id: Int64,
    _ database: Database
  ) throws(StorageError) -> (id: Int64, appended: Timestamp)? {
    let statement = try database.statement(.probeKey)
    defer { statement.reset() }
    statement.bind(id, at: 1)
    guard try statement.step() else { return nil }
    return (statement.int64(0), Timestamp(milliseconds: statement.int64(1)))
  }

  private func lastKey(_ database: Database) throws(StorageError) -> Int64 {
    let statement = try database.statement(.lastKey)
    defer { statement.reset() }
    return try statement.step() ? statement.int64(0) : 0
  }
}
