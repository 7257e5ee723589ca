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
  public private(set) var opening: CursorOpening
  /// Where it stands in the log: behind everything it has handed out, a snapshot not counted.
  public private(set) var position: Position
  private let id: UInt64
  /// The number to hold publishers back with, if it does: those of a durable topic never wait.
  private let hold: UInt64?
  /// Whether reading takes what is there, and nothing but that.
  private let isPlain: Bool
  /// What it reads of the topic's journal; `nil` where there is none to read.
  private let backlog: CursorBacklog<Element>?
  private var snapshot: SnapshotReading<Element>?
  /// Whether there is one; asked for every batch, it spares asking what type that would be.
  private var hasSnapshot: Bool
  /// Entries of the snapshot, once it was handed out.
  private var snapshotCount: UInt64 = 0
  private var dropped: UInt64 = 0
  private var conflated: UInt64 = 0
  /// When a sample can be handed out, if nothing can before.
  private var readyAt: Timestamp?
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
    hold = overrun.rule == .holdBack && !topic.isDurable ? id : nil
    isPlain = overrun.rule == .holdBack || overrun.rule == .skip
    backlog = topic.isDurable && overrun.rule.readsEverything ? CursorBacklog() : nil
    snapshot = opened.snapshot.map { SnapshotReading($0) }
    hasSnapshot = opened.snapshot != nil
  }

  deinit {
    topic.closeCursor(id, overrun)
  }

  /// Begins elsewhere, before anything was read.
  func start(at place: Position) {
    opening = CursorOpening(position: place, isRecovered: true, snapshot: nil)
    if !overrun.rule.readsEverything { opening = opening.reading(marksFrom: topic.firstMark) }
    position = opening.position
    (snapshot, hasSnapshot) = (nil, false)
    if let hold { topic.moveHold(hold, to: place.next) }
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
      buffered: end - position.next + ofSnapshot - deliveredOfSnapshot,
      end: end
    )
  }

  /// What the next read would throw now, for a cursor with the policy ``OverrunPolicy/fail``.
  public var failure: CursorError? { topic.failure(of: overrun, at: position) }

  /// Hands out the next entries and marks, if there are any now.
  ///
  /// Asking says that the batch before is consumed: it may then be dropped by the topic. Once the
  /// topic is closed and drained comes the promise of silence until it was closed, if `deadline` is
  /// not after that, then the end.
  /// - Parameters:
  ///   - limit: The most entries of the batch, at least one.
  ///   - deadline: When the caller next has something to do.
  /// - Returns: What there is.
  /// - Throws: By the policy ``OverrunPolicy/fail``, or because the journal is closed; the cursor
  ///   stays where it is.
  public func poll(
    limit: Int,
    until deadline: Timestamp = .never
  ) throws(CursorError) -> Poll<Element> {
    if let hold, hasSnapshot { topic.moveHold(hold, to: position.next) }
    if isPlain, let batch = take(limit: limit) { return .batch(batch) }
    if let batch = takeSnapshot(limit) { return .batch(batch) }
    if let poll = try pollBacklog(limit) { return poll }
    let read = read(limit)
    if let failure = read.failure { throw failure }
    if !read.batch.isEmpty { return .batch(read.batch) }
    if let end = read.closed {
      if topic.hasLostItsLife { throw .journal(.otherLife) }
      guard deadline <= end, !hasToldEnd else { return .end }
      hasToldEnd = true
      return .batch(Batch(silentThrough: end))
    }
    if let unread = read.firstUnread {
      return deadline < unread ? .batch(Batch(silentThrough: deadline)) : .empty
    }
    if deadline <= topic.clock.now, topic.promise(through: deadline, to: position) {
      return .batch(Batch(silentThrough: deadline))
    }
    return .empty
  }

  /// Hands out the next entries and marks if there are any now; see ``poll(limit:until:)``.
  ///
  /// - Parameter limit: The most entries of the batch.
  /// - Returns: At least one item, or `nil` when there is none now or reading on would throw.
  public func take(limit: Int) -> Batch<Element>? {
    precondition(limit >= 1, "a batch has room for an entry")
    if hasSnapshot, let batch = takeSnapshot(limit) { return batch }
    guard isPlain else {
      let batch = read(limit).batch
      return batch.isEmpty ? nil : batch
    }
    // Copies: what stands in an object is kept from others while it is lent.
    var (next, missed) = (position, dropped)
    let batch = topic.take(holding: hold, from: &next, limit: limit, dropped: &missed)
    (position, dropped) = (next, missed)
    return batch
  }

  /// Says that everything up to an offset is consumed, though this cursor has not handed it out: so
  /// publishers are held back for whoever reads the topic in another way.
  public func consume(through offset: Offset) {
    guard offset >= position.next else { return }
    position = topic.position(after: offset)
    if let hold { topic.moveHold(hold, to: position.next) }
  }

  private func read(_ limit: Int) -> CursorRead<Element> {
    var next = position
    let read = topic.read(overrun, cursor: id, from: &next, limit: limit)
    position = next
    dropped += read.dropped
    conflated += read.conflated
    readyAt = read.readyAt
    return read
  }

  /// What there is in the topic's journal, if that has what comes next.
  private func pollBacklog(_ limit: Int) throws(CursorError) -> Poll<Element>? {
    guard let backlog, topic.isInJournal(position) else { return nil }
    if let failure { throw failure }
    do throws(JournalError) {
      guard let found = try backlog.take(of: topic, from: position, limit: limit) else {
        return .empty
      }
      position = found.next
      for case .gap(let gap) in found.batch.items { dropped += gap.count }
      return found.batch.isEmpty ? nil : .batch(found.batch)
    } catch {
      throw .journal(error)
    }
  }

  private func takeSnapshot(_ limit: Int) -> Batch<Element>? {
    guard snapshot != nil else { return nil }
    if let batch = snapshot?.next(limit: limit) { return batch }
    snapshotCount = snapshot?.count ?? 0
    snapshot = nil
    hasSnapshot = false
    return nil
  }
}

extension Cursor: FlowReader {
  /// The topic's clock.
  public var clock: any EngineClock { topic.clock }

  /// Asks to be told when there is something behind its position, or the topic is closed; where a
  /// sample waits for its interval, only of the end.
  public func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    let topic = topic
    if let backlog, topic.isInJournal(position) {
      return backlog.notify(wake) ? WakeRequest { backlog.forget() } : nil
    }
    let ticket =
      if readyAt == nil {
        topic.notify(at: position, marksToo: true, wake)
      } else {
        topic.notifyEnd(wake)
      }
    return ticket.map { ticket in WakeRequest { topic.forget(ticket) } }
  }

  /// Right behind the instant at which the topic was closed, if it was.
  public var endInstant: Timestamp? { topic.closed?.advanced(byMilliseconds: 1) }

  /// When the interval is over whose sample waits.
  public var wakeTime: Timestamp { readyAt ?? .never }

  /// Not while a sample waits: nothing newer is said before the interval is over.
  public var promisesSilence: Bool { readyAt == nil }

  /// Its topic.
  public var plan: FlowPlan? { FlowPlan("topic", name: topic.name) }

  /// Lets publishers go on; what they publish meanwhile may be missed, and is then told as a gap.
  public func pause() {
    if let hold { topic.closeHold(hold) }
  }
}
