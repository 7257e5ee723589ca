// SPDX-License-Identifier: Apache-2.0

/// A position in a topic, owned by one consumer, that is pulled and never pushed.
///
/// A cursor that holds back publishers stops doing so when it is released.
public final class Cursor<Element: Sendable> {
  /// The topic that is read.
  public let topic: Topic<Element>
  /// What happens when the topic gets ahead.
  public let overrun: OverrunPolicy
  /// Where it started, and whether that is where it asked to start.
  public let opening: CursorOpening
  /// Where it stands: behind everything it has handed out.
  public private(set) var position: Position
  private let id: UInt64
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
    overrun: OverrunPolicy = .holdBack
  ) {
    self.topic = topic
    self.overrun = overrun
    (id, opening) = topic.open(start, holdingBack: overrun == .holdBack)
    position = opening.position
  }

  deinit {
    if overrun == .holdBack { topic.closeHold(id) }
  }

  /// Hands out the next entries and marks; suspends while there are none.
  ///
  /// Asking for a batch says that the one before is consumed: it may then be dropped by the topic.
  /// - Parameters:
  ///   - limit: The most entries of the batch, at least one; it never waits for that many.
  ///   - deadline: When the caller next has something to do. If nothing is published until then,
  ///     the batch is empty but for the topic's promise in ``Batch/silentThrough``.
  /// - Returns: At least one item or a promise; `nil` once the topic is closed and drained. Before
  ///   that comes the promise of silence until it was closed, if `deadline` is not after that.
  /// - Throws: `CancellationError`; the cursor stays where it is.
  public nonisolated(nonsending) func next(
    limit: Int = 256,
    until deadline: Timestamp = .never
  ) async throws -> Batch<Element>? {
    precondition(limit >= 1, "a batch has room for an entry")
    try Task.checkCancellation()
    if overrun == .holdBack { topic.moveHold(id, to: position.next) }
    while true {
      let (batch, closed) = topic.readToEnd(from: &position, limit: limit)
      if !batch.isEmpty { return batch }
      if let end = closed {
        guard deadline <= end, !hasToldEnd else { return nil }
        hasToldEnd = true
        return Batch(silentThrough: end)
      }
      if deadline <= topic.clock.now, topic.promise(through: deadline, to: position) {
        return Batch(silentThrough: deadline)
      }
      try await wait(until: deadline)
    }
  }

  /// Hands out the next entries and marks if there are any now; see ``next(limit:until:)``.
  ///
  /// - Parameter limit: The most entries of the batch.
  /// - Returns: At least one item, or `nil` when there is none now.
  public func take(limit: Int) -> Batch<Element>? {
    precondition(limit >= 1, "a batch has room for an entry")
    let hold = overrun == .holdBack ? id : nil
    return topic.take(holding: hold, from: &position, limit: limit)
  }

  private nonisolated(nonsending) func wait(until deadline: Timestamp) async throws {
    if deadline == .never { return try await Self.news(of: topic, at: position) }
    let (topic, position) = (topic, position)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await Self.news(of: topic, at: position) }
      group.addTask { try await topic.clock.sleep(until: deadline) }
      try await group.next()
      group.cancelAll()
    }
  }

  /// Suspends until there is something behind `position`, or the topic is closed.
  private nonisolated(nonsending) static func news(
    of topic: Topic<Element>,
    at position: Position
  ) async throws {
    let news = OneShot<Void>()
    guard let ticket = topic.notify(at: position, marksToo: true, { news.settle(()) }) else {
      return
    }
    await withTaskCancellationHandler {
      await news.value()
    } onCancel: {
      topic.forget(ticket)
      news.settle(())
    }
    try Task.checkCancellation()
  }
}
