// SPDX-License-Identifier: Apache-2.0
import Streams

@testable import Storage

/// A log that a test writes and reads on its own thread, with the instants it gives.
final class TestLog {
  let path: String
  var settings: StorageSettings
  private(set) var writer: LogWriter
  /// Who writes the write-ahead log back beside the writer.
  private var helper = Helper.none

  /// Who writes the write-ahead log back beside the writer.
  enum Helper {
    /// Nobody: the writer does.
    case none
    /// The test, when it calls ``writeAside()``.
    case byHand
    /// A thread, at any moment.
    case thread
  }

  init(_ path: String, settings: StorageSettings = StorageSettings()) throws {
    self.path = path
    self.settings = settings
    writer = try LogWriter(path, settings: settings)
  }

  /// Makes a log on a disk that can fail, which is written back from so many pages on.
  convenience init(_ path: String, on disk: FaultyDisk, checkpointPages: Int) throws {
    var settings = StorageSettings()
    settings.system = disk.name
    settings.checkpointPages = checkpointPages
    try self.init(path, settings: settings)
  }

  /// What a thread does with one request, or with several as one group.
  func topic(_ name: String, _ rules: StorageRules = StorageRules()) throws -> StoredTopic {
    let answer = Answer<StoredTopic>()
    writer.serve([.openTopic(name, rules, answer.take)])
    return try answer.get()
  }

  func append(_ commit: LogCommit) throws -> [AppendReceipt] {
    let answer = Answer<[AppendReceipt]>()
    serveStaged(.commit(commit, answer.take))
    return try answer.get()
  }

  /// Serves a request as the thread does: of much state a step at a time before.
  func serveStaged(_ request: WriteRequest, between: () -> Void = {}) {
    var staging = Staging()
    var group = [request]
    staging.hold(&group, writer)
    while group.isEmpty {
      between()
      if !staging.isBusy(writer) { _ = try? writer.mergeStates() }
      if let ready = staging.step(writer) { group = [ready] }
    }
    writer.serve(group)
    staging.noteServed(writer)
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

  /// Changes tables beside the log, in a group of its own.
  @discardableResult
  func change<Value: Sendable>(
    isSynced: Bool = false,
    _ body: @escaping @Sendable (LogWriter, Database) throws(StorageError) -> Value
  ) throws -> Value {
    let answer = Answer<Value>()
    writer.serve([
      .change(TableChange(bytes: 1, isSynced: isSynced, answer: answer.take, body))
    ])
    return try answer.get()
  }

  @discardableResult
  func open(_ request: CursorRequest, at instant: Timestamp = 1_000) throws -> OpenedCursor {
    let answer = Answer<OpenedCursor>()
    writer.serve([.openCursor(request, instant, answer.take)])
    return try answer.get()
  }

  /// Opens the cursor of a consumer, at the start of a topic if it is new.
  @discardableResult
  func openCursor(
    _ name: String,
    _ topic: StoredTopic,
    at instant: Timestamp = 1_000
  ) throws -> OpenedCursor {
    let start = CursorPlace(topic.epoch, 0)
    return try open(CursorRequest(name, topic: topic.name, startingAt: start), at: instant)
  }

  func move(_ cursor: StoredCursor, to offset: Offset, at instant: Timestamp = 1_000) throws {
    let move = CursorMove(cursor.id, to: CursorPlace(cursor.place.epoch, offset), at: instant)
    _ = try append(LogCommit([], cursors: [move]))
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
    try help(helper)
  }

  /// Has the write-ahead log written back beside the writer from now on.
  func help(_ helper: Helper) throws {
    self.helper = helper
    writer.writeBackThread?.close()
    writer.writeBackThread = nil
    guard helper != .none else { return }
    let thread = WriteBackThread(path, settings: settings)
    try writer.helpWriteBack(thread)
    if helper == .thread { precondition(thread.start(), "there is a thread") }
  }

  /// Does what the writer has asked for, as the other thread would; answers whether there was anything.
  @discardableResult
  func writeAside() -> Bool {
    guard helper == .byHand, let thread = writer.writeBackThread, thread.isBusy else {
      return false
    }
    return thread.work()
  }

  /// Changes the file behind the log's back.
  func tamper(_ sql: String) throws {
    let database = try Database(path, .writeExisting)
    try database.execute(sql, "tamper")
  }

  struct MissingTopic: Error {}
}

extension WriteRequest {
  /// What a log asks of its thread to open a cursor.
  static func openCursor(
    _ request: CursorRequest,
    _ instant: Timestamp,
    _ answer: @escaping Answer<OpenedCursor>
  ) -> WriteRequest {
    .change(
      TableChange(bytes: 1, isSynced: true, answer: answer) {
        writer,
        database throws(StorageError) in
        try writer.openCursor(request, at: instant, database)
      }
    )
  }
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
