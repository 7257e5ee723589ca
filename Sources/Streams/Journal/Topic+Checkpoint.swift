// SPDX-License-Identifier: Apache-2.0

/// What a pipeline writes between two checkpoints, in order: elements, then marks behind them.
struct CheckpointedWrite<Element: Sendable>: Sendable {
  var elements: [Element] = []
  var marks: [Mark] = []
}

/// What becomes one append, with the stored form of its elements.
struct StoredPart<Element: Sendable>: Sendable {
  var write = CheckpointedWrite<Element>()
  var payloads: [[UInt8]] = []

  /// What an entry counts for beside its payload.
  static var entryBytes: Int64 { 64 }

  var isEmpty: Bool { payloads.isEmpty && write.marks.isEmpty }
}

extension Topic {
  /// Stores what a pipeline has written, also into other topics, together with its state; suspends
  /// until it is stored.
  ///
  /// An element that is more than one publish may hold, or the journal keeps, is left out and counted,
  /// as with ``write(_:)-([Element])``. Cancelling the task waits for what becomes of it.
  /// - Throws: ``PublishError``; neither the writes nor the state were stored.
  nonisolated(nonsending) func store(
    _ writes: [CheckpointedWrite<Element>],
    _ sides: [any StoredSideWrite],
    _ changes: (any PreparedState)?,
    in journal: any TopicJournal<Element>
  ) async throws(PublishError) {
    var parts: [StoredPart<Element>] = []
    for write in writes { parts += try self.parts(of: write, for: journal) }
    let now = clock.now
    var commit = JournalCommit(
      parts.map {
        JournalAppend(payloads: $0.payloads, marks: $0.write.marks, appended: now, key: nil)
      }
    )
    commit.state = changes
    commit.sides = try hand(sides)
    let outcome = OneShot<Result<Void, PublishError>>()
    let refusal: PublishError? = state.withLock { [commit, parts] state in
      if state.closed != nil { return .closed }
      let refusal = state.hand(commit, to: journal) { result in
        let settled = self.settle(result) { state, receipts in
          for (part, receipt) in zip(parts, receipts) {
            state.take(part.write, receipt, self.weigher)
          }
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

  /// The same in parts of which each is at most one publish and fits into the journal.
  func parts(
    of write: CheckpointedWrite<Element>,
    for journal: any TopicJournal<Element>
  ) throws(PublishError) -> [StoredPart<Element>] {
    var parts = [StoredPart<Element>()]
    var (bytes, stored): (Int, Int64) = (0, 0)
    let payloads = try journal.payloads(of: write.elements)
    for (element, payload) in zip(write.elements, payloads) {
      let weight = weigher.total([element])
      let size = Int64(payload.count) + StoredPart<Element>.entryBytes
      guard weight <= retention.maximumPublishBytes, size <= journal.maximumBytes else {
        noteOversized()
        continue
      }
      let isFull =
        parts[parts.count - 1].payloads.count == retention.maximumPublishCount
        || bytes + weight > retention.maximumPublishBytes
        || stored + size > journal.maximumBytes
      if isFull {
        parts.append(StoredPart())
        (bytes, stored) = (0, 0)
      }
      parts[parts.count - 1].write.elements.append(element)
      parts[parts.count - 1].payloads.append(payload)
      bytes += weight
      stored += size
    }
    parts[parts.count - 1].write.marks = write.marks
    if parts[parts.count - 1].isEmpty { parts.removeLast() }
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
