// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Why something was not stored or read: what happened, to which file, while doing what, and what
/// helps.
///
/// What was refused is not there, and will not be after a crash. After an error of the disk in the
/// middle of a commit it may be: then nobody is told anything before that is known. Only if the log is
/// closed meanwhile they are told so; repeated with its idempotency key a publish is there once.
public struct StorageError: Error, Hashable, Sendable {
  /// What is wrong.
  public enum Reason: Hashable, Sendable {
    /// The disk or a quota is full.
    case diskFull
    /// The directory, the file or the file system may not be written.
    case notWritable
    /// A read, a write or a sync failed.
    case inputOutput
    /// The database is damaged.
    case corrupt
    /// Entries do not have their checksums or are not there; they are not served.
    case damaged(topic: String, from: Offset, through: Offset)
    /// A mark does not have its checksum: what it said is not known.
    case damagedMark(topic: String, number: UInt64)
    /// The state of a pipeline does not have its checksum.
    case damagedState(pipeline: String)
    /// The file is not a database of this engine.
    case notADatabase
    /// Somebody else holds the database's lock.
    case busy
    /// Another process uses the directory.
    case inUse(holder: String)
    /// A newer version of the engine has written the directory.
    case newerSchema(found: Int, supported: Int)
    /// An older version of the engine has written the directory, and this one has not opened it yet.
    case olderSchema(found: Int, supported: Int)
    /// There is no memory.
    case outOfMemory
    /// More waits to be stored or read than may.
    case overloaded(limit: Int, unit: String)
    /// The topic holds as many bytes as it may, and its policy is to refuse.
    case topicFull(topic: String, limitBytes: Int64)
    /// All topics together hold as many bytes as they may.
    case storeFull(limitBytes: Int64)
    /// There are as many topics, or offsets of one, as there can be.
    case exhausted(what: String)
    /// One publish is more than may be stored at once.
    case tooLarge(limit: Int, unit: String)
    /// The topic's table has as many rows or bytes as it may.
    case tableFull(RowRefusal)
    /// The row is not what the publisher expects: it was set at this offset, or there is none.
    case notMatched(newest: Offset?)
    /// The idempotency key belongs to another publish, of so many entries.
    case keyReused(count: Int)
    /// No topic or pipeline of this number was opened.
    case unknown(what: String)
    /// The file that is to be made is there already.
    case exists
    /// Whoever asked took it back.
    case cancelled
    /// The store is closed.
    case closed
    /// The store was closed before it was known whether the disk has it.
    case doubtful
    /// SQLite said what it never should: a mistake of the engine.
    case unexpected
  }

  /// What is wrong.
  public let reason: Reason
  /// What was being done, such as `commit`.
  public let operation: String
  /// The file or directory.
  public let path: String
  /// SQLite's code, if it was SQLite that refused.
  public let code: SQLiteCode?
  /// What the library or the system said; may be empty.
  public let detail: String

  init(
    _ reason: Reason,
    operation: String,
    path: String,
    code: SQLiteCode? = nil,
    detail: String = ""
  ) {
    self.reason = reason
    self.operation = operation
    self.path = path
    self.code = code
    self.detail = detail
  }

  /// Tells whether the same may succeed later, without a change of what is asked.
  public var isTransient: Bool {
    switch reason {
    case .diskFull, .notWritable, .inputOutput, .busy, .outOfMemory, .overloaded, .topicFull,
      .storeFull, .tableFull:
      true
    case .corrupt, .damaged, .damagedMark, .damagedState, .notADatabase, .inUse, .newerSchema,
      .olderSchema,
      .exhausted, .tooLarge, .notMatched, .keyReused, .unknown, .exists, .cancelled, .closed,
      .doubtful,
      .unexpected:
      false
    }
  }
}
