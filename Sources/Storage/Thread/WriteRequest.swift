// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// Something for the writing thread to do.
enum WriteRequest: Sendable {
  typealias Answer<Value> = @Sendable (Result<Value, StorageError>) -> Void

  /// Makes an append durable: what is asked for most, so it has a way of its own.
  case append(AppendRequest)
  /// Makes a commit durable.
  case commit(LogCommit, Answer<[AppendReceipt]>)
  /// Opens a topic, made if it is not there; a new one has the epoch, if there is one.
  indirect case openTopic(String, StorageRules, epoch: Epoch? = nil, Answer<StoredTopic>)
  /// Deletes a topic with all that belongs to it.
  case deleteTopic(TopicID, Answer<Void>)
  /// Opens a pipeline, made if it is not there.
  indirect case openPipeline(String, definition: String, Answer<OpenedPipeline>)
  /// Forgets the state of a pipeline and gives it another definition.
  indirect case resetPipeline(PipelineID, definition: String, Answer<Void>)

  /// Changes tables beside the log.
  indirect case change(TableChange)

  /// Does a task of many steps between transactions, as long as it answers that there is a further one.
  case steps(Step)

  typealias Step = @Sendable (LogWriter) -> Bool

  /// What it counts for in the bounds of the queue and of a group.
  var bytes: Int {
    switch self {
    case .append(let request): request.append.queuedBytes + 256
    case .commit(let commit, _): commit.bytes + 256
    case .change(let change): change.bytes
    case .openTopic, .deleteTopic, .openPipeline, .resetPipeline, .steps: 1 << 10
    }
  }

  var isSteps: Bool {
    if case .steps = self { true } else { false }
  }

  /// Tells whoever asked that it failed.
  func fail(_ error: StorageError) {
    switch self {
    case .append(let request): request.answer(.failure(error))
    case .commit(_, let answer): answer(.failure(error))
    case .openTopic(_, _, _, let answer): answer(.failure(error))
    case .deleteTopic(_, let answer): answer(.failure(error))
    case .openPipeline(_, _, let answer): answer(.failure(error))
    case .resetPipeline(_, _, let answer): answer(.failure(error))
    case .change(let change): change.fail(error)
    case .steps: break
    }
  }
}

/// An append that waits; an object, because it goes from hand to hand some times.
final class AppendRequest: Sendable {
  let append: LogAppend
  let answer: WriteRequest.Answer<AppendReceipt>

  init(_ append: LogAppend, _ answer: @escaping WriteRequest.Answer<AppendReceipt>) {
    self.append = append
    self.answer = answer
  }
}

/// A pipeline whose state is stored.
public struct OpenedPipeline: Hashable, Sendable {
  /// Its number.
  public let id: PipelineID
  /// The definition with which its state was stored; if it is not what was asked for, the state is
  /// another's: it is migrated or ``EventLog/reset(_:definition:)``, never read as if it were the same.
  public let definition: String
  /// Whether it was there before.
  public let wasThere: Bool
}
