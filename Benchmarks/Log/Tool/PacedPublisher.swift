// SPDX-License-Identifier: Apache-2.0
import Foundation
import Storage
import Streams

/// Publishes each event when it is due, whatever became of those before, from a thread of its own.
final class PacedPublisher: Sendable {
  private struct State {
    /// Publishes that are not answered yet, and the thread.
    var pending = 1
    var isOver = false
    var milliseconds: [Double] = []
    var failure: StorageError?
    var done: CheckedContinuation<Void, Never>?
  }

  private let log: EventLog
  private let topic: TopicID
  private let interval: Duration
  private let state = Guarded(State())
  private let payload = [UInt8](repeating: 42, count: payloadBytes)

  /// Begins to publish.
  init(_ log: EventLog, _ topic: TopicID, perSecond rate: Double) {
    self.log = log
    self.topic = topic
    interval = .seconds(1 / rate)
    Thread.detachNewThread { self.run() }
  }

  /// Ends it; answers how long each publish took from when it was due, in milliseconds.
  ///
  /// - Throws: ``StorageError`` of a publish that was refused.
  func end() async throws -> [Double] {
    await withCheckedContinuation { continuation in
      state.withLock { ($0.isOver, $0.done) = (true, continuation) }
    }
    let (failure, milliseconds) = state.withLock { ($0.failure, $0.milliseconds) }
    if let failure { throw failure }
    return milliseconds
  }

  private func run() {
    var due = ContinuousClock.now
    while !state.withLock({ $0.isOver }) {
      due += interval
      let wait = (due - .now) / .seconds(1)
      if wait > 0 { Thread.sleep(forTimeInterval: wait) }
      publish(due: due)
    }
    settle(nil)
  }

  private func publish(due: ContinuousClock.Instant) {
    state.withLock { $0.pending += 1 }
    let append = LogAppend([payload], to: topic, appended: SystemClock().now)
    do throws(StorageError) {
      try log.append(append) { result in
        self.settle(result.map { _ in (ContinuousClock.now - due) / .milliseconds(1) })
      }
    } catch {
      settle(.failure(error))
    }
  }

  /// Takes what became of a publish; `nil` when the thread ends.
  private func settle(_ result: Result<Double, StorageError>?) {
    let done: CheckedContinuation<Void, Never>? = state.withLock { state in
      switch result {
      case .success(let milliseconds): state.milliseconds.append(milliseconds)
      case .failure(let error): state.failure = error
      case nil: break
      }
      state.pending -= 1
      return state.pending == 0 ? state.done.take() : nil
    }
    done?.resume()
  }
}

/// Publishes for a time beside something that is done once a second.
func publishPaced(
  _ log: EventLog,
  _ topic: TopicID,
  seconds: Double,
  rate: Double,
  beside body: (_ round: Int) async throws -> Void
) async throws -> PacedRun {
  let publisher = PacedPublisher(log, topic, perSecond: rate)
  let start = ContinuousClock.now
  for round in 1...max(1, Int(seconds)) {
    try await body(round)
    try await Task.sleep(until: start + .seconds(round))
  }
  return PacedRun(try await publisher.end(), seconds: seconds)
}

extension EventLog {
  /// What was counted, once nothing is stored, merged or given back any more.
  @discardableResult
  func settled() async throws -> WriterStatistics {
    var last: WriterStatistics?
    while last != statistics {
      last = statistics
      try await Task.sleep(for: .milliseconds(1_500))
    }
    return statistics
  }
}
