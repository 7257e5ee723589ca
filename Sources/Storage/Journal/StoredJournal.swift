// SPDX-License-Identifier: Apache-2.0
public import Streams
internal import Synchronization

/// The journal of a topic of events.
public typealias EventJournal = StoredJournal<Event>

/// The journal of one topic: its entries in an ``EventLog``.
///
/// A topic that was never published to is not stored; the first append opens it, or its table. Appends
/// to a topic that has to have a table wait until that is open.
public final class StoredJournal<Element: Sendable>: TopicJournal {
  /// Hears of what became of a commit.
  public typealias Completion = @Sendable (Result<[JournalReceipt], JournalError>) -> Void

  let name: String
  let rules: StorageRules
  let epoch: Epoch
  let form: StoredForm<Element>
  /// Hears of it when a new topic is stored.
  let noteStored: @Sendable (StoredJournal) -> Void
  /// Hears of it when the log has begun another life, with the first receipt of that.
  private let noteNewLife: @Sendable (StoredTopic) -> Void
  let log: EventLog
  let state: Mutex<JournalState>

  /// Makes the journal of a topic that is not stored yet.
  ///
  /// - Parameters:
  ///   - name: The topic's name.
  ///   - rules: What it will keep.
  ///   - epoch: The life of its log.
  ///   - form: How its entries are written.
  ///   - log: Where it will be stored.
  ///   - noteStored: Called once it is, on the log's thread.
  ///   - noteNewLife: Called when the topic has another epoch, on the log's thread.
  init(
    _ name: String,
    _ rules: StorageRules,
    _ epoch: Epoch,
    as form: StoredForm<Element>,
    in log: EventLog,
    noteStored: @escaping @Sendable (StoredJournal) -> Void,
    noteNewLife: @escaping @Sendable (StoredTopic) -> Void
  ) {
    (self.name, self.rules, self.epoch, self.form, self.log) = (name, rules, epoch, form, log)
    (self.noteStored, self.noteNewLife) = (noteStored, noteNewLife)
    state = Mutex(JournalState(stage: .unopened, topic: nil, firstOffset: 1, bytes: 0))
  }

  /// Makes the journal of a topic that is open.
  init(
    _ topic: StoredTopic,
    as form: StoredForm<Element>,
    in log: EventLog,
    noteNewLife: @escaping @Sendable (StoredTopic) -> Void
  ) {
    (name, rules, epoch, self.form, self.log) = (topic.name, topic.rules, topic.epoch, form, log)
    (noteStored, self.noteNewLife) = ({ _ in }, noteNewLife)
    state = Mutex(
      JournalState(
        stage: .open(topic.id),
        topic: topic,
        firstOffset: topic.firstOffset,
        bytes: topic.bytes
      )
    )
  }

  /// The oldest offset that was kept when something was stored last.
  public var firstOffset: Offset { state.withLock { $0.firstOffset } }
  /// What the entries counted for then.
  public var bytes: Int64 { state.withLock { $0.bytes } }
  /// The most bytes that the topic's rules allow.
  public var maximumBytes: Int64 { rules.maximumBytes }

  /// The topic as it was opened; `nil` while it is not stored.
  var stored: StoredTopic? { state.withLock { $0.topic } }

  /// The entries as they are stored.
  ///
  /// - Throws: ``JournalError`` if one of a program's own type can't be written down.
  public func encode(_ elements: [Element]) throws(JournalError) -> [[UInt8]] {
    try form.encode(elements)
  }

  // MARK: Appending

  /// Hands a commit to the log, behind the opening of a new topic or of the topic's table.
  public func append(
    _ commit: JournalCommit,
    completion: @escaping Completion
  ) throws(JournalError) {
    // Before the lock: that of another journal is taken.
    let sides = try appends(commit.sides)
    let request = WaitingCommit(commit: commit, sides: sides, completion: completion)
    let refusal: JournalError? = state.withLock { state in
      switch state.stage {
      case .open(let topic): return submit(request, to: topic)
      case .opening(var waiting):
        guard waiting.takes(request) else {
          let detail = "\(waiting.commits.count) publishes wait for '\(name)' to be opened"
          return JournalError(.overloaded, detail)
        }
        // Else all that wait would be copied.
        state.stage = .unopened
        waiting.add(request)
        state.stage = .opening(waiting)
        return nil
      case .unopened:
        var waiting = WaitingCommits()
        waiting.add(request)
        state.stage = .opening(waiting)
        let refusal = open(state.openTable)
        if refusal != nil { state.stage = .unopened }
        return refusal
      }
    }
    if let refusal { throw refusal }
  }

  /// Hands a commit to the log; called under the journal's lock, so that nothing overtakes it.
  func submit(_ request: WaitingCommit, to topic: TopicID) -> JournalError? {
    let (commit, completion) = (request.commit, request.completion)
    do throws(StorageError) {
      if commit.state == nil, commit.sides.isEmpty, commit.appends.count == 1 {
        try log.append(LogAppend(commit.appends[0], to: topic)) { result in
          completion(result.map { [self.note($0)] }.mapError { JournalError($0) })
        }
      } else {
        try log.append(LogCommit(commit, to: topic, request.sides)) { result in
          let own = Self.settle(commit.sides, result)
          completion(own.map { $0.map { self.note($0) } }.mapError { JournalError($0) })
        }
      }
      return nil
    } catch {
      return JournalError(error)
    }
  }

  func note(_ receipt: AppendReceipt) -> JournalReceipt {
    if receipt.epoch != epoch, var topic = stored {
      let end = Position(next: receipt.firstOffset, nextMark: receipt.firstMark)
      topic.noteLife(endingAt: end)
      topic.epoch = receipt.epoch
      topic.firstOffset = receipt.firstKept
      topic.nextOffset = receipt.lastOffset + 1
      topic.nextMark = receipt.firstMark
      topic.appended = receipt.appended
      noteNewLife(topic)
    } else if !receipt.isRepeat {
      state.withLock { state in
        state.firstOffset = receipt.firstKept
        state.bytes = receipt.keptBytes
      }
    }
    return JournalReceipt(receipt)
  }
}
