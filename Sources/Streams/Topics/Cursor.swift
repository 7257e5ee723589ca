// SPDX-License-Identifier: Apache-2.0

/// A position in a topic, owned by one consumer, that is pulled and never pushed.
///
/// A cursor that holds back publishers stops doing so when it is released.
public final class Cursor<Element: Sendable> {
  /// The topic that is read.
  public let topic: Topic<Element>
  /// What happens when the topic gets ahead.
  public let overrun: OverrunPolicy<Element>
  /// Where it started, and whether that is where it asked to start.
  public let opening: CursorOpening
  /// Where it stands in the log: behind everything it has handed out, a snapshot not counted.
  public private(set) var position: Position
  private let id: UInt64
  /// The number to hold publishers back with, if it does.
  private let hold: UInt64?
  /// Whether reading takes what is there, and nothing but that.
  private let isPlain: Bool
  private var snapshot: SnapshotReading<Element>?
  /// Entries of the snapshot, once it was handed out.
  private var snapshotCount: UInt64 = 0
  private var dropped: UInt64 = 0
  private var conflated: UInt64 = 0
  /// Whether it has handed out the promise that comes with the topic's end.
  private var hasToldEnd = false

  /// Opens a cursor on a topic.
  ///
  /// - Parameters:
  ///   - topic: The topic to read.
  ///   - start: Where to start; before the oldest kept entry by default.
  ///   - overrun: What happens when the topic gets ahead; lossless by default.
  public init(
    _ topic: Topic<Element>,
    from start: CursorStart = .earliest,
    overrun: OverrunPolicy<Element> = .holdBack
  ) {
    self.topic = topic
    self.overrun = overrun
    let opened = topic.open(start, overrun)
    id = opened.id
    opening = opened.opening
    position = opening.position
    hold = overrun.rule == .holdBack ? id : nil
    isPlain = overrun.rule == .holdBack || overrun.rule == .skip
    snapshot = opened.snapshot.map { SnapshotReading($0) }
  }

  deinit {
    topic.closeCursor(id, overrun)
  }

  /// What became of the entries so far; exact at this instant.
  public var statistics: CursorStatistics {
    let end = topic.end.next
    let read = position.next - opening.position.next
    let ofSnapshot = snapshot?.count ?? snapshotCount
    let deliveredOfSnapshot = snapshot?.delivered ?? snapshotCount
    return CursorStatistics(
      offered: end - opening.position.next + ofSnapshot,
      delivered: read - dropped - conflated + deliveredOfSnapshot,
      dropped: dropped,
      conflated: conflated,
      buffered: end - position.next + ofSnapshot - deliveredOfSnapshot
    )
  }

  /// What the next read would throw now, for a cursor with the policy ``OverrunPolicy/fail``.
  public var failure: CursorError? { topic.failure(of: overrun, at: position) }

  /// Hands out the next entries and marks; suspends while there are none.
  ///
  /// Asking for a batch says that the one before is consumed: it may then be dropped by the topic.
  /// - Parameters:
  ///   - limit: The most entries of the batch, at least one; it never waits for that many.
  ///   - deadline: When the caller next has something to do. If nothing is published until then,
  ///     the batch is empty but for the topic's promise in ``Batch/silentThrough``. A cursor that
  ///     samples gives none while an interval is not over, and is back when it is.
  /// - Returns: At least one item or a promise; `nil` once the topic is closed and drained. Before
  ///   that comes the promise of silence until it was closed, if `deadline` is not after that.
  /// - Throws: `CancellationError`, or ``CursorError`` by the policy ``OverrunPolicy/fail``; the
  ///   cursor stays where it is.
  public nonisolated(nonsending) func next(
    limit: Int = 256,
    until deadline: Timestamp = .never
  ) async throws -> Batch<Element>? {
    precondition(limit >= 1, "a batch has room for an entry")
    try Task.checkCancellation()
    if let hold { topic.moveHold(hold, to: position.next) }
    if let batch = takeSnapshot(limit) { return batch }
    while true {
      let read = read(limit)
      if let failure = read.failure { throw failure }
      if !read.batch.isEmpty { return read.batch }
      if let end = read.closed {
        guard deadline <= end, !hasToldEnd else { return nil }
        hasToldEnd = true
        return Batch(silentThrough: end)
      }
      if let instant = read.readyAt {
        try await topic.waitForEnd(until: instant)
        continue
      }
      if deadline <= topic.clock.now, topic.promise(through: deadline, to: position) {
        return Batch(silentThrough: deadline)
      }
      try await topic.wait(at: position, until: deadline)
    }
  }

  /// Hands out the next entries and marks if there are any now; see ``next(limit:until:)``.
  ///
  /// - Parameter limit: The most entries of the batch.
  /// - Returns: At least one item, or `nil` when there is none now or reading on would throw.
  public func take(limit: Int) -> Batch<Element>? {
    precondition(limit >= 1, "a batch has room for an entry")
    if let batch = takeSnapshot(limit) { return batch }
    guard isPlain else {
      let batch = read(limit).batch
      return batch.isEmpty ? nil : batch
    }
    let batch = topic.take(holding: hold, from: &position, limit: limit)
    if case .gap(let gap) = batch?.items.first { dropped += gap.count }
    return batch
  }

  private func read(_ limit: Int) -> CursorRead<Element> {
    let read = topic.read(overrun, cursor: id, from: &position, limit: limit)
    dropped += read.dropped
    conflated += read.conflated
    return read
  }

  private func takeSnapshot(_ limit: Int) -> Batch<Element>? {
    guard snapshot != nil else { return nil }
    if let batch = snapshot?.next(limit: limit) { return batch }
    snapshotCount = snapshot?.count ?? 0
    snapshot = nil
    return nil
  }
}
