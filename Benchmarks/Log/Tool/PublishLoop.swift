// SPDX-License-Identifier: Apache-2.0
import Storage
import Streams

/// Callers that publish again from the completion of their last publish, as a connection does.
final class PublishLoop: Sendable {
  private struct State {
    var running = 0
    /// Publishes that were begun.
    var count = 0
    var isOver = false
    var failure: StorageError?
    var milliseconds: [Double] = []
    var done: CheckedContinuation<Void, Never>?
  }

  private let log: EventLog
  private let topic: TopicID
  private let end: ContinuousClock.Instant
  private let state = Guarded(State())
  private let payload = [UInt8](repeating: 42, count: payloadBytes)

  init(_ log: EventLog, _ topic: TopicID, until end: ContinuousClock.Instant) {
    self.log = log
    self.topic = topic
    self.end = end
  }

  /// Publishes that were begun; all of them have ended when ``run(_:)`` has.
  var count: Int { state.withLock { $0.count } }

  /// Answers how long one publish in sixteen took, in milliseconds.
  func run(_ publishers: Int) async -> [Double] {
    state.withLock { $0.running = publishers }
    await withCheckedContinuation { continuation in
      state.withLock { $0.done = continuation }
      for _ in 0..<publishers { publish() }
    }
    return state.withLock { state in
      if let failure = state.failure { preconditionFailure("a publish failed: \(failure)") }
      return state.milliseconds
    }
  }

  /// What a publish costs the callers of this program themselves, without the log.
  func ownMicroseconds(receipt: AppendReceipt) -> Double {
    let count = 100_000
    state.withLock { $0.isOver = false }
    let start = processorSeconds()
    for _ in 0..<count {
      offer { _, completion in completion(.success(receipt)) }
    }
    return (processorSeconds() - start) / Double(count) * 1e6
  }

  private func publish() {
    offer { append, completion throws(StorageError) in
      try self.log.append(append, completion: completion)
    } next: {
      self.publish()
    }
  }

  private func offer(
    _ append: (
      LogAppend, @escaping @Sendable (Result<AppendReceipt, StorageError>) -> Void
    ) throws(StorageError) -> Void,
    next: @escaping @Sendable () -> Void = {}
  ) {
    let isTimed: Bool? = state.withLock { state in
      guard !state.isOver else { return nil }
      state.count += 1
      return state.count % 16 == 0
    }
    guard let isTimed else { return stop() }
    let start = isTimed ? ContinuousClock.now : nil
    let entry = LogAppend([payload], to: topic, appended: SystemClock().now)
    do throws(StorageError) {
      try append(entry) { result in
        if case .failure(let error) = result { return self.stop(error) }
        if let start { self.note(start) }
        next()
      }
    } catch {
      stop(error)
    }
  }

  private func note(_ start: ContinuousClock.Instant) {
    let now = ContinuousClock.now
    state.withLock { state in
      state.milliseconds.append((now - start) / .milliseconds(1))
      if now >= end { state.isOver = true }
    }
  }

  private func stop(_ failure: StorageError? = nil) {
    let done: CheckedContinuation<Void, Never>? = state.withLock { state in
      state.running -= 1
      if let failure { (state.failure, state.isOver) = (failure, true) }
      return state.running <= 0 ? state.done.take() : nil
    }
    done?.resume()
  }
}
