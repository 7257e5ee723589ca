// SPDX-License-Identifier: Apache-2.0

/// What a pipeline writes between two checkpoints, in order: elements, then marks behind them.
struct CheckpointedWrite<Element: Sendable>: Sendable {
  var elements: [Element] = []
  var marks: [Mark] = []
}

extension Topic {
  /// Stores what a pipeline has written, also into other topics, together with its state; suspends
  /// until it is stored.
  ///
  /// An element that is more than one publish may hold is left out and counted, as with
  /// ``write(_:)-([Element])``. Cancelling the task waits for what becomes of it.
  /// - Throws: ``PublishError``; neither the writes nor the state were stored.
  nonisolated(nonsending) func store(
    _ writes: [CheckpointedWrite<Element>],
    _ sides: [any StoredSideWrite],
    _ changes: [StatePart],
    of pipeline: any PipelineJournal,
    in journal: any TopicJournal<Element>
  ) async throws(PublishError) {
    let parts = writes.flatMap { split($0) }
    let now = clock.now
    var commit = JournalCommit([])
    for part in parts {
      let payloads = try journal.payloads(of: part.elements)
      commit.appends.append(
        JournalAppend(payloads: payloads, marks: part.marks, appended: now, key: nil)
      )
    }
    commit.pipeline = pipeline
    commit.changes = changes
    commit.sides = try hand(sides)
    let outcome = OneShot<Result<Void, PublishError>>()
    let refusal: PublishError? = state.withLock { [commit] state in
      if state.closed != nil { return .closed }
      let refusal = state.hand(commit, to: journal) { result in
        let settled = self.settle(result) { state, receipts in
          for (part, receipt) in zip(parts, receipts) { state.take(part, receipt, self.weigher) }
        }
        outcome.settle(settled.map { _ in })
      }
      return refusal.map { .notStored($0) }
    }
    if let refusal {
      Self.fail(commit.sides)
      throw refusal
    }
    return try await outcome.value().get()
  }

  /// Takes a place for each in its topic.
  private func hand(_ sides: [any StoredSideWrite]) throws(PublishError) -> [SideAppend] {
    var appends: [SideAppend] = []
    do throws(PublishError) {
      for side in sides { appends += try side.hand() }
    } catch {
      Self.fail(appends)
      throw error
    }
    return appends
  }

  private static func fail(_ sides: [SideAppend]) {
    let error = JournalError(.overloaded, "the commit was not taken")
    for side in sides { side.completion(.failure(error)) }
  }

  /// The same in parts of which each is at most one publish.
  func split(_ write: CheckpointedWrite<Element>) -> [CheckpointedWrite<Element>] {
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

  /// Lets nothing be appended before an instant that a reader was promised in a former life.
  func keepPromise(before instant: Timestamp) {
    state.withLock { $0.floor = max($0.floor, instant) }
  }

  /// Before which instant nothing is appended.
  var floor: Timestamp { state.withLock { $0.floor } }
}

extension TopicState {
  /// Appends what the journal has stored of a pipeline's output.
  mutating func take(
    _ write: CheckpointedWrite<Element>,
    _ receipt: JournalReceipt,
    _ weigher: Weigher<Element>
  ) {
    if !write.elements.isEmpty {
      take(write.elements, bytes: weigher.total(write.elements), receipt)
    }
    take(write.marks, behind: receipt)
  }
}
