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

  /// Hands out the next entries and marks, if there are any now.
  ///
  /// Asking says that the batch before is consumed: it may then be dropped by the topic. Once the
  /// topic is closed and drained comes the promise of silence until it was closed, if `deadline` is
  /// not after that, then the end.
  /// - Parameters:
  ///   - limit: The most entries of the batch, at least one.
  ///   - deadline: When the caller next has something to do.
  /// - Returns: What there is.
  public func poll(limit: Int, until deadline: Timestamp = .never) -> Poll<Element> {
    if overrun == .holdBack { topic.moveHold(id, to: position.next) }
    let (batch, closed) = topic.readToEnd(from: &position, limit: limit)
    if !batch.isEmpty { return .batch(batch) }
    if let end = closed {
      guard deadline <= end, !hasToldEnd else { return .end }
      hasToldEnd = true
      return .batch(Batch(silentThrough: end))
    }
    if deadline <= topic.clock.now, topic.promise(through: deadline, to: position) {
      return .batch(Batch(silentThrough: deadline))
    }
    return .empty
  }

  /// Hands out the next entries and marks if there are any now; see ``poll(limit:until:)``.
  ///
  /// - Parameter limit: The most entries of the batch.
  /// - Returns: At least one item, or `nil` when there is none now.
  public func take(limit: Int) -> Batch<Element>? {
    precondition(limit >= 1, "a batch has room for an entry")
    let hold = overrun == .holdBack ? id : nil
    return topic.take(holding: hold, from: &position, limit: limit)
  }
}

extension Cursor: FlowReader {
  /// The topic's clock.
  public var clock: any EngineClock { topic.clock }

  /// When the topic was closed, if it was.
  public var endInstant: Timestamp { topic.closed ?? .distantPast }

  /// Asks to be told when there is something behind its position, or the topic is closed.
  public func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    let topic = topic
    return topic.notify(at: position, marksToo: true, wake).map { ticket in
      WakeRequest { topic.forget(ticket) }
    }
  }

  /// Lets publishers go on; what they publish meanwhile may be missed, and is then told as a gap.
  public func pause() {
    if overrun == .holdBack { topic.closeHold(id) }
  }
}
