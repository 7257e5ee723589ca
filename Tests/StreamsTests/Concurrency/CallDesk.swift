// SPDX-License-Identifier: Apache-2.0
import Streams

/// Takes calls and answers them when the test says so.
final class CallDesk<Question: Hashable & Sendable, Answer: Sendable>: Sendable {
  private struct State {
    var waiting: [Question: CheckedContinuation<Answer, any Error>] = [:]
    var cancelled: Set<Question> = []
    var asked: [Question] = []
    var most = 0
  }

  private let state = Guarded(State())

  /// All questions so far, in the order in which they were asked.
  var asked: [Question] { state.withLock { $0.asked } }
  /// The questions that wait for an answer.
  var open: Set<Question> { state.withLock { Set($0.waiting.keys) } }
  /// The questions whose callers were cancelled.
  var cancelled: Set<Question> { state.withLock { $0.cancelled } }
  /// The most questions that waited at once.
  var most: Int { state.withLock { $0.most } }

  func ask(_ question: Question) async throws -> Answer {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let isCancelled = state.withLock { state in
          state.asked.append(question)
          if state.cancelled.contains(question) { return true }
          state.waiting[question] = continuation
          state.most = max(state.most, state.waiting.count)
          return false
        }
        if isCancelled { continuation.resume(throwing: CancellationError()) }
      }
    } onCancel: {
      let continuation = state.withLock { state in
        state.cancelled.insert(question)
        return state.waiting.removeValue(forKey: question)
      }
      continuation?.resume(throwing: CancellationError())
    }
  }

  /// Answers a question once it was asked.
  func answer(_ question: Question, _ answer: Result<Answer, any Error>) async {
    var continuation: CheckedContinuation<Answer, any Error>?
    await eventually {
      continuation = state.withLock { $0.waiting.removeValue(forKey: question) }
      return continuation != nil
    }
    continuation?.resume(with: answer)
  }
}

/// What went wrong, for tests.
struct Mishap: Error, Hashable {
  var number = 0
}

/// Reads a flow to its end.
func all<Chain: Operator>(_ flow: Flow<Chain>) async throws -> [Chain.Output] {
  var elements: [Chain.Output] = []
  for try await element in flow { elements.append(element) }
  return elements
}

/// Something whose end can be seen.
final class Witness: Sendable {}

extension FlowReader where Element: Equatable {
  /// What the stage of that name has counted.
  func stage(_ name: String) -> StageStatistics {
    plan?.stages.first { $0.name == name } ?? StageStatistics(name)
  }

  /// Reads everything but the last watermark, with batches of random sizes.
  nonisolated(nonsending) func everything() async throws -> [Seen<Element>] {
    var random = SystemRandomNumberGenerator()
    var seen: [Seen<Element>] = []
    while let batch = try await next(limit: Int.random(in: 1...9, using: &random)) {
      seen += batch.seen
    }
    if case .mark(.watermark(.never), _)? = seen.last { seen.removeLast() }
    return seen
  }
}
