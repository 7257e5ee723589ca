// SPDX-License-Identifier: Apache-2.0

/// One reading of a source; owned by one consumer, which asks and is never called but to be woken.
///
/// A consumer polls until there is nothing, asks to be told, and polls again when it was: so one
/// consumer can wait for several sources without a task for each.
public protocol FlowReader<Element>: AnyObject {
  /// What it reads.
  associatedtype Element: Sendable

  /// Where the instants of its entries come from.
  var clock: any EngineClock { get }

  /// Hands out the next batch if there is one now; asking says that the one before is consumed.
  ///
  /// - Parameters:
  ///   - limit: The most entries of the batch.
  ///   - deadline: When the caller next has something to do. If that has come and nothing was
  ///     appended until then, the batch is the promise that nothing will be.
  /// - Returns: What there is.
  /// - Throws: What the source threw; nothing follows.
  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<Element>

  /// Hands out what is there already, as ``poll(limit:until:)`` would; spares a busy reader the
  /// cost of asking for more than entries.
  ///
  /// - Parameter limit: The most entries of the batch.
  /// - Returns: The batch, or `nil` when `poll` must be asked. Default: always that.
  func take(limit: Int) -> Batch<Element>?

  /// Asks to be told once, from any thread, when it is worth polling again.
  ///
  /// - Parameter wake: Called at most once; it must be short.
  /// - Returns: Names the request, or `nil` when it is worth polling now and `wake` will not be
  ///   called.
  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest?

  /// When it is worth polling again even if nothing is told. Default `.never`.
  var wakeTime: Timestamp { get }

  /// Whether it can say at a deadline that nothing was appended until then; if not, it is only asked
  /// again when it tells, or at its ``wakeTime``. Default `true`.
  var promisesSilence: Bool { get }

  /// Whether something that it has read is under way and will come though nothing else is read: a
  /// pause of its own is waited for, or a call.
  ///
  /// One that reads others passes it on: a partition's work on a part of its input is done when there
  /// is nothing left of that and nothing is under way. Default `false`.
  var isWorking: Bool { get }

  /// Holds back no publisher until it is polled again. Default: nothing.
  func pause()

  /// Once it has ended: the instant of its end, by its log. No promise that it gave reaches so far.
  /// Default `nil`: it knows none, and ends with the newest of what it has handed out.
  var endInstant: Timestamp? { get }

  /// Whether its place can be written down now. Default `true`.
  var isAtPlace: Bool { get }

  /// Writes down its place: what it hands out next, once everything was consumed that it has handed out.
  ///
  /// - Throws: ``StateError`` if it can't be put there again. Default: that.
  func encodePlace(into encoder: inout StateEncoder) throws(StateError)

  /// Goes to the place that was written down; called before anything was read.
  ///
  /// - Returns: False where that place is no more: its source has begun another life, which is read
  ///   from its start.
  /// - Throws: ``StateError`` if the bytes are no place.
  func restorePlace(from decoder: inout StateDecoder) throws(StateError) -> Bool

  /// What its source consists of, with what it has counted; `nil` where it counts nothing of its
  /// own. Default `nil`.
  var plan: FlowPlan? { get }
}

/// What a reader has to say at the moment.
public enum Poll<Element: Sendable>: Sendable {
  /// Entries and marks, or a promise of silence.
  case batch(Batch<Element>)
  /// Nothing now.
  case empty
  /// Something must be written, or waited for, before there can be more: do it, then poll again.
  case wait(SideWrite)
  /// Nothing will come any more.
  case end
}

/// A request to be told, which can be taken back.
public struct WakeRequest: Sendable {
  /// Takes it back; harmless when it was told already.
  public let cancel: @Sendable () -> Void

  /// Makes a request.
  public init(cancel: @escaping @Sendable () -> Void) {
    self.cancel = cancel
  }
}

extension FlowReader {
  /// Nothing: `poll` must be asked.
  public func take(limit: Int) -> Batch<Element>? { nil }
  /// Never.
  public var wakeTime: Timestamp { .never }
  /// It can.
  public var promisesSilence: Bool { true }
  /// False: what it has read was handed out.
  public var isWorking: Bool { false }
  /// None: most readers count nothing.
  public var plan: FlowPlan? { nil }
  /// It can, or never can.
  public var isAtPlace: Bool { true }
  /// Refuses.
  public func encodePlace(into encoder: inout StateEncoder) throws(StateError) {
    throw .notEncodable(type: "\(Self.self)")
  }
  /// Refuses.
  public func restorePlace(from decoder: inout StateDecoder) throws(StateError) -> Bool {
    throw .notEncodable(type: "\(Self.self)")
  }
  /// Does nothing: most readers hold nobody back.
  public func pause() {}
  /// It knows none.
  public var endInstant: Timestamp? { nil }

  /// Hands out the next batch, suspends while there is none; asking says that the one before is
  /// consumed.
  ///
  /// - Parameters:
  ///   - limit: The most entries of the batch, at least one; it never waits for that many.
  ///   - deadline: When the caller next has something to do. If nothing is published until then,
  ///     the batch is empty but for the promise in ``Batch/silentThrough``.
  /// - Returns: At least one item or a promise; `nil` at the end.
  /// - Throws: `CancellationError`, or what the source threw; a cursor stays where it is.
  public nonisolated(nonsending) func next(
    limit: Int = 256,
    until deadline: Timestamp = .never
  ) async throws -> Batch<Element>? {
    precondition(limit >= 1, "a batch has room for an entry")
    while true {
      try Task.checkCancellation()
      switch try poll(limit: limit, until: deadline) {
      case .batch(let batch): return batch
      case .empty: try await wait(until: deadline)
      case .wait(let write): try await write.write()
      case .end: return nil
      }
    }
  }

  /// Suspends until it is worth polling again, or `deadline` has come.
  ///
  /// - Throws: `CancellationError`; nothing is left behind.
  nonisolated(nonsending) func wait(until deadline: Timestamp) async throws {
    let news = OneShot<Void>()
    guard let request = notify({ news.settle(()) }) else { return }
    defer { request.cancel() }
    let (clock, deadline) = (clock, min(promisesSilence ? deadline : .never, wakeTime))
    if deadline == .never { return try await news.arrival() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await news.arrival() }
      group.addTask { try await clock.sleep(until: deadline) }
      try await group.next()
      group.cancelAll()
    }
  }
}

extension OneShot<Void> {
  /// Suspends until it is settled.
  ///
  /// - Throws: `CancellationError` when the task is cancelled.
  nonisolated(nonsending) func arrival() async throws {
    await withTaskCancellationHandler {
      await value()
    } onCancel: {
      settle(())
    }
    try Task.checkCancellation()
  }
}
