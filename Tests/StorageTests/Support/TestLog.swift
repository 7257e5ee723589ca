// SPDX-License-Identifier: Apache-2.0
import Streams

@testable import Storage

/// A log that a test writes and reads on its own thread, with the instants it gives.
final class TestLog {
  let path: String
  var settings: StorageSettings
  private(set) var writer: LogWriter

  init(_ path: String, settings: StorageSettings = StorageSettings()) throws {
    self.path = path
    self.settings = settings
    writer = try LogWriter(path, settings: settings)
  }

  /// What a thread does with one request, or with several as one group.
  func topic(_ name: String, _ rules: StorageRules = StorageRules()) throws -> StoredTopic {
    let answer = Answer<StoredTopic>()
    writer.serve([.openTopic(name, rules, answer.take)])
    return try answer.get()
  }

  func append(_ commit: LogCommit) throws -> [AppendReceipt] {
    let answer = Answer<[AppendReceipt]>()
    writer.serve([.commit(commit, answer.take)])
    return try answer.get()
  }

  @discardableResult
  func append(
    _ texts: [String],
    to topic: StoredTopic,
    marks: [Mark] = [],
    at instant: Timestamp = 1_000,
    key: String? = nil
  ) throws -> AppendReceipt {
    let payloads = texts.map { Array($0.utf8) }
    let append = LogAppend(payloads, to: topic.id, marks: marks, appended: instant, key: key)
    return try self.append(LogCommit([append]))[0]
  }

  /// The topic as it is now.
  func now(_ topic: StoredTopic) throws -> StoredTopic {
    guard let topic = writer.topics[topic.id] else { throw MissingTopic() }
    return topic
  }

  func reader() throws -> Database {
    let database = try Database(path, .read, system: settings.system)
    try database.configureReader(cacheBytes: 1 << 20)
    return database
  }

  func read(
    _ topic: StoredTopic,
    after offset: Offset = 0,
    firstMark: UInt64? = nil,
    limit: Int = 1_000,
    bytes: Int = 1 << 20
  ) throws -> StoredBatch {
    let request = ReadRequest(
      try now(topic),
      after: offset,
      firstMark: firstMark,
      limit: limit,
      bytes: bytes
    )
    return try LogReader(reader()).read(request)
  }

  func texts(_ topic: StoredTopic, after offset: Offset = 0) throws -> [String] {
    try read(topic, after: offset).entries.map { String(decoding: $0.payload, as: UTF8.self) }
  }

  /// Ends the process without a word, or with one, and starts the next.
  func reopen(closing: Bool = false) throws {
    if closing { writer.close() } else { writer.disconnect() }
    writer = try LogWriter(path, settings: settings)
  }

  /// Changes the file behind the log's back.
  func tamper(_ sql: String) throws {
    let database = try Database(path, .writeExisting)
    try database.execute(sql, "tamper")
  }

  struct MissingTopic: Error {}
}

/// What a completion was called with, once.
final class Answer<Value: Sendable>: Sendable {
  private let value = Guarded<Result<Value, StorageError>?>(nil)

  var take: @Sendable (Result<Value, StorageError>) -> Void {
    { result in
      self.value.withLock { value in
        precondition(value == nil, "a completion is called once")
        value = result
      }
    }
  }

  var isThere: Bool { value.withLock { $0 != nil } }

  func get() throws -> Value {
    guard let result = value.withLock({ $0 }) else { throw NoAnswer() }
    return try result.get()
  }

  struct NoAnswer: Error {}
}
