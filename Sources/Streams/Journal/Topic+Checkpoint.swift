// SPDX-License-Identifier: Apache-2.0

/// What a pipeline writes between two checkpoints, in order: elements, then marks behind them.
struct CheckpointedWrite<Element: Sendable>: Sendable {
  var elements: [Element] = []
  var marks: [Mark] = []
}

extension Topic {
  /// Stores what a pipeline has written together with its state; suspends until it is stored.
  ///
  /// An element that is more than one publish may hold is left out and counted, as with
  /// ``write(_:)-([Element])``. Cancelling the task waits for what becomes of it.
  /// - Throws: ``PublishError``; neither the writes nor the state were stored.
  nonisolated(nonsending) func store(
    _ writes: [CheckpointedWrite<Element>],
    _ changes: [StatePart],
    of pipeline: any PipelineJournal,
    in journal: any TopicJournal<Element>
  ) async throws(PublishError) {
    let parts = writes.flatMap { split($0) }
    let now = clock.now
    var commit = JournalCommit(
      parts.map { part in
        JournalAppend(
          payloads: journal.encode(part.elements),
          marks: part.marks,
          appended: now,
          key: nil
        )
      }
    )
    commit.pipeline = pipeline
    commit.changes = changes
    let outcome = OneShot<Result<Void, PublishError>>()
    let refusal: PublishError? = state.withLock { [commit] state in
      if state.closed != nil { return .closed }
      let refusal = state.hand(commit, to: journal) { result in
        self.settle(parts, result) { outcome.settle($0) }
      }
      return refusal.map { .notStored($0) }
    }
    if let refusal { throw refusal }
    return try await outcome.value().get()
  }

  /// The same in parts of which each is at most one publish.
  private func split(_ write: CheckpointedWrite<Element>) -> [CheckpointedWrite<Element>] {
    var parts: [CheckpointedWrite<Element>] = []
    var part = CheckpointedWrite<Element>()
    var bytes = 0
    for element in write.elements {
      let weight = weigher.total([element])
      guard weight <= retention.maximumPublishBytes else {
        noteOversized()
        continue
      }
      let isFull =
        part.elements.count == retention.maximumPublishCount
        || bytes + weight > retention.maximumPublishBytes
      if isFull {
        parts.append(part)
        (part, bytes) = (CheckpointedWrite(), 0)
      }
      part.elements.append(element)
      bytes += weight
    }
    part.marks = write.marks
    if !part.elements.isEmpty || !part.marks.isEmpty { parts.append(part) }
    return parts
  }

  private func settle(
    _ parts: [CheckpointedWrite<Element>],
    _ result: Result<[JournalReceipt], JournalError>,
    _ completion: (Result<Void, PublishError>) -> Void
  ) {
    let waiters = state.withLock { state in
      state.unstored -= 1
      guard case .success(let receipts) = result else { return [TopicState<Element>.Waiter]() }
      if let receipt = receipts.first, receipt.epoch != epoch {
        return end(&state, at: receipt.appended)
      }
      for (part, receipt) in zip(parts, receipts) {
        if !part.elements.isEmpty {
          state.take(part.elements, bytes: weigher.total(part.elements), receipt)
        }
        state.take(part.marks, behind: receipt)
      }
      return state.takeWaiters()
    }
    for waiter in waiters { waiter.wake() }
    completion(result.map { _ in }.mapError { PublishError.notStored($0) })
  }

  /// Lets nothing be appended before an instant that a reader was promised in a former life.
  func keepPromise(before instant: Timestamp) {
    state.withLock { $0.floor = max($0.floor, instant) }
  }

  /// Before which instant nothing is appended.
  var floor: Timestamp { state.withLock { $0.floor } }
}
