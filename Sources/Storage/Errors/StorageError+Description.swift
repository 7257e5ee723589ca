// SPDX-License-Identifier: Apache-2.0
internal import Streams

extension StorageError: CustomStringConvertible {
  /// What happened, to which file, while doing what, and what helps.
  public var description: String { "\(problem); \(remedy)" }

  /// What happened, to which file and while doing what.
  public var problem: String {
    let text = "\(operation) in '\(path)': \(reason.problem)"
    let said = [code?.description, detail.isEmpty ? nil : detail].compactMap(\.self)
    return said.isEmpty ? text : "\(text) (\(said.joined(separator: "; ")))"
  }

  /// What happened and what helps, without the file, for those who are not on this machine.
  public var summary: String { "\(reason.problem); \(remedy)" }

  /// What an operator or a publisher can do about it.
  public var remedy: String { reason.remedy }
}

extension StorageError.Reason {
  /// What is wrong, in words.
  var problem: String {
    switch self {
    case .diskFull: "the disk is full"
    case .notWritable: "it can't be written"
    case .inputOutput: "the disk reported an error"
    case .corrupt: "the database is damaged"
    case .damaged(let topic, let from, let through):
      "entries \(from) to \(through) of topic '\(topic)' are damaged or gone"
    case .damagedMark(let topic, let number): "mark \(number) of '\(topic)' is damaged"
    case .damagedState(let pipeline): "the state of pipeline '\(pipeline)' is damaged"
    case .notADatabase: "it is not a database of this engine"
    case .busy: "somebody else holds the database's lock"
    case .inUse(let holder): "the directory is used by \(holder)"
    case .newerSchema(let found, let supported):
      "it was written by a newer version: schema \(found), this one knows up to \(supported)"
    case .olderSchema(let found, let supported):
      "it was written by an older version: schema \(found), this one writes \(supported)"
    case .outOfMemory: "there is no memory"
    case .overloaded(let limit, let unit): "\(limit) \(unit) wait already"
    case .topicFull(let topic, let limit): "topic '\(topic)' holds its \(limit) bytes"
    case .storeFull(let limit): "the topics hold their \(limit) bytes"
    case .exhausted(let what): "there are as many \(what) as there can be"
    case .tooLarge(let limit, let unit): "more than \(limit) \(unit) at once"
    case .tableFull(let refusal): refusal.problem
    case .notMatched(let newest): RowRefusal.notMatched(newest: newest).problem
    case .keyReused(let count):
      "the idempotency key belongs to another publish, of \(count) entries"
    case .unknown(let what): "there is no such \(what)"
    case .exists: "it is there already"
    case .cancelled: "it was cancelled"
    case .closed: "the store is closed"
    case .doubtful: "it is not known whether it is stored"
    case .unexpected: "SQLite refused what it should take"
    }
  }

  /// What an operator or a publisher can do about it.
  var remedy: String {
    switch self {
    case .diskFull: "free some space; it goes on by itself"
    case .notWritable: "give the server's user the right to write there; it goes on by itself"
    case .inputOutput: "look at the kernel's log and the disk; it goes on by itself once it works"
    case .corrupt, .damaged, .damagedMark, .damagedState:
      "run 'weir doctor', restore a backup if you need what is gone"
    case .notADatabase: "name another directory, or move the file away"
    case .busy: "end the program that has the file open"
    case .inUse: "end that process, or name another directory"
    case .newerSchema: "run that version, or restore a backup made by this one"
    case .olderSchema: "start the server once, which brings it up to date"
    case .outOfMemory: "give the server more memory"
    case .overloaded: "try again later"
    case .topicFull: "raise the topic's limit, or let it drop its oldest"
    case .storeFull: "raise the limit of the store, or shorten the retention"
    case .exhausted: "use another name"
    case .tooLarge: "send it in parts"
    case .tableFull(let refusal): refusal.remedy
    case .notMatched(let newest): RowRefusal.notMatched(newest: newest).remedy
    case .keyReused: "use a new key"
    case .unknown: "open it first"
    case .exists: "name another file"
    case .cancelled: "ask again"
    case .closed: "start the server again"
    case .doubtful: "repeat it with the same idempotency key: it is stored once"
    case .unexpected: "report it as a bug"
    }
  }
}
