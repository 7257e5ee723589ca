// SPDX-License-Identifier: Apache-2.0
public import Streams
internal import Synchronization

/// The journal of a topic of events.
public typealias EventJournal = StoredJournal<Event>

/// The journal of one topic: its entries in an ``EventLog``.
///
/// A topic that was never published to is not stored; the first append opens it, or its table.
public final class StoredJournal<Element: Sendable>: TopicJournal {
  /// Hears of what became of a commit.
  public typealias Completion = @Sendable (Result<[JournalReceipt], JournalError>) -> Void

  private struct Waiting {
    let commit: JournalCommit
    let sides: [LogAppend]
    let completion: Completion
  }

  private enum Stage {
    case unopened
    /// What is to be appended when the topic is open, in order.
    case opening([Waiting])
    case open(StoredTopic)
  }

  private struct State {
    var stage: Stage
    var firstOffset: Offset
    var bytes: Int64
  }

  /// The most appends that wait for a new topic to be opened.
  static var maximumWaiting: Int { 1_024 }

  let name: String
  let rules: StorageRules
  let epoch: Epoch
  let form: StoredForm<Element>
  /// Hears of it when a new topic is stored.
  private let noteStored: @Sendable (StoredJournal) -> Void
  /// Hears of it when the log has begun another life, with the first receipt of that.
  private let noteNewLife: @Sendable (StoredTopic) -> Void
  let log: EventLog
  private let state: Mutex<State>

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
    state = Mutex(State(stage: .unopened, firstOffset: 1, bytes: 0))
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
      State(stage: .open(topic), firstOffset: topic.firstOffset, bytes: topic.bytes)
    )
  }

  /// The oldest offset that was kept when something was stored last.
  public var firstOffset: Offset { state.withLock { $0.firstOffset } }
  /// What the entries counted for then.
  public var bytes: Int64 { state.withLock { $0.bytes } }
  /// The most bytes that the topic's rules allow.
  public var maximumBytes: Int64 { rules.maximumBytes }

  /// The topic as it was opened; `nil` while it is not stored.
  var stored: StoredTopic? {
    state.withLock { state in
      if case .open(let topic) = state.stage { topic } else { nil }
    }
  }

  /// The entries as they are stored.
  ///
  /// - Throws: ``JournalError`` if one of a program's own type can't be written down.
  public func encode(_ elements: [Element]) throws(JournalError) -> [[UInt8]] {
    try form.encode(elements)
  }

  // MARK: Appending

  /// Hands a commit to the log, behind the opening of a new topic.
  public func append(
    _ commit: JournalCommit,
    completion: @escaping Completion
  ) throws(JournalError) {
    // Before the lock: that of another journal is taken.
    let sides = try appends(commit.sides)
    let request = Waiting(commit: commit, sides: sides, completion: completion)
    let refusal: JournalError? = state.withLock { state in
      switch state.stage {
      case .open(let topic): return submit(request, to: topic.id)
      case .opening(var waiting):
        guard waiting.count < Self.maximumWaiting else {
          let detail = "\(waiting.count) publishes wait for '\(name)' to be made"
          return JournalError(.overloaded, detail)
        }
        waiting.append(request)
        state.stage = .opening(waiting)
        return nil
      case .unopened:
        state.stage = .opening([request])
        let refusal = open()
        if refusal != nil { state.stage = .unopened }
        return refusal
      }
    }
    if let refusal { throw refusal }
  }

  private func open() -> JournalError? {
    do throws(StorageError) {
      try log.openTopic(name, rules, epoch: epoch) { self.noteOpened($0) }
      return nil
    } catch {
      return JournalError(error)
    }
  }

  /// Takes up a topic that was opened for its table; appends that wait for it come by themselves.
  func takeUp(_ topic: StoredTopic) {
    let isNew = state.withLock { state in
      guard case .unopened = state.stage else { return false }
      state.stage = .open(topic)
      return true
    }
    if isNew { noteStored(self) }
  }

  private func noteOpened(_ result: Result<StoredTopic, StorageError>) {
    var refused: [(Waiting, JournalError)] = []
    if case .success = result { noteStored(self) }
    state.withLock { state in
      guard case .opening(let waiting) = state.stage else { return }
      switch result {
      case .failure(let error):
        state.stage = .unopened
        refused = waiting.map { ($0, JournalError(error)) }
      case .success(let topic):
        state.stage = .open(topic)
        // Under the lock, so that nothing overtakes them.
        for entry in waiting {
          if let refusal = submit(entry, to: topic.id) {
            refused.append((entry, refusal))
          }
        }
      }
    }
    for (entry, error) in refused { entry.completion(.failure(error)) }
  }

  private func submit(_ request: Waiting, to topic: TopicID) -> JournalError? {
    let (commit, completion) = (request.commit, request.completion)
    do throws(StorageError) {
      if commit.pipeline == nil, commit.sides.isEmpty, commit.appends.count == 1 {
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
