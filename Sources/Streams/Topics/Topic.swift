// SPDX-License-Identifier: Apache-2.0
public import Synchronization

/// A named log of elements of one type: publishers append to it, cursors read it.
///
/// Everything is safe to call from any thread and returns at once, but for
/// ``publish(_:)`` which suspends while a lossless cursor has no room.
public final class Topic<Element: Sendable>: Sendable {
  /// The name it is known by.
  public let name: String
  /// The life of its log.
  public let epoch: Epoch
  /// How much of its past it keeps.
  public let retention: Retention
  /// Where its instants come from.
  public let clock: any EngineClock
  @usableFromInline let state: Mutex<TopicState<Element>>
  private let weigher: Weigher<Element>
  let work: TopicWork<Element>

  /// Makes an empty topic.
  ///
  /// - Parameters:
  ///   - name: The name it is known by.
  ///   - retention: How much of its past it keeps.
  ///   - epoch: The life of its log; a new one by default.
  ///   - clock: Where its instants come from.
  ///   - weigher: What elements count for in the retention's byte limit.
  @inlinable
  public convenience init(
    _ name: String,
    retention: Retention = Retention(),
    epoch: Epoch = Epoch(),
    clock: any EngineClock = SystemClock(),
    weigher: Weigher<Element> = .stride
  ) {
    self.init(name, retention, epoch, clock, weigher, TopicWork())
  }

  @usableFromInline
  init(
    _ name: String,
    _ retention: Retention,
    _ epoch: Epoch,
    _ clock: any EngineClock,
    _ weigher: Weigher<Element>,
    _ work: TopicWork<Element>
  ) {
    self.name = name
    self.epoch = epoch
    self.clock = clock
    self.retention = retention
    self.weigher = weigher
    self.work = work
    let log = TopicLog(retention: retention, weigher: weigher, work: work.log)
    state = Mutex(TopicState(epoch: epoch, log: log))
  }

  // MARK: Publishing

  /// Appends all elements with consecutive offsets, or none; suspends while there is no room.
  ///
  /// Cancelling the task takes the publish back: it was either stored whole or never seen.
  /// - Parameter elements: What to append; empty is a mistake of the caller.
  /// - Returns: Where they are.
  /// - Throws: ``PublishError``; `withdrawn` when the task was cancelled.
  @discardableResult
  public nonisolated(nonsending) func publish(
    _ elements: [Element]
  ) async throws(PublishError) -> Receipt {
    var waiting: OneShot<Result<Receipt, PublishError>>?
    let offer = offer(elements) {
      let outcome = OneShot<Result<Receipt, PublishError>>()
      waiting = outcome
      return { outcome.settle($0) }
    }
    switch (offer, waiting) {
    case (.stored(let receipt), _): return receipt
    case (.refused(let error), _): throw error
    case (.held(let ticket), let outcome?):
      return try await withTaskCancellationHandler {
        await outcome.value()
      } onCancel: {
        withdraw(ticket)
      }.get()
    case (.held, nil): preconditionFailure("a held publish has asked for its completion")
    }
  }

  /// Appends all elements if there is room now; else holds them and tells when they are stored.
  ///
  /// - Parameters:
  ///   - elements: What to append.
  ///   - completion: Called once, from any thread, only if the answer is `.held`.
  /// - Returns: What became of it.
  public func offer(
    _ elements: [Element],
    completion: @escaping @Sendable (Result<Receipt, PublishError>) -> Void
  ) -> Offer {
    offer(elements) { completion }
  }

  /// Offers with a completion that is only made when the publish is held.
  private func offer(
    _ elements: [Element],
    makeCompletion: () -> @Sendable (Result<Receipt, PublishError>) -> Void
  ) -> Offer {
    precondition(!elements.isEmpty, "a publish has at least one element")
    let bytes = weigher.total(elements)
    let now = clock.now
    var waiters: [TopicState<Element>.Waiter] = []
    let offer: Offer = state.withLock { state in
      if let error = state.refusal(count: elements.count, bytes: bytes) { return .refused(error) }
      if let receipt = state.store(elements, bytes: bytes, now: now) {
        waiters = state.takeWaiters()
        return .stored(receipt)
      }
      let id = state.makeID()
      state.hold(.init(id: id, elements: elements, bytes: bytes, completion: makeCompletion()))
      return .held(HeldTicket(id: id))
    }
    for waiter in waiters { waiter.wake() }
    return offer
  }

  /// Takes back a publish that still waits; its completion is told `withdrawn`.
  ///
  /// - Returns: Whether it still waited; if not, its completion has been told what became of it, or
  ///   is about to be.
  @discardableResult
  public func withdraw(_ ticket: HeldTicket) -> Bool {
    let held = state.withLock { $0.withdraw(ticket.id) }
    held?.completion(.failure(.withdrawn))
    if held != nil { storeHeld() }
    return held != nil
  }

  /// Counts an element of a pipeline that no publish can hold.
  func noteOversized() {
    state.withLock { $0.statistics.oversized += 1 }
  }

  /// Sets a mark behind the newest entry, never suspends; a closed topic ignores it.
  public func mark(_ mark: Mark) {
    let now = clock.now
    let waiters = state.withLock { $0.mark(mark, now: now) ? $0.takeWaiters() : [] }
    for waiter in waiters { waiter.wake() }
  }

  /// Ends the topic: later publishes are refused, cursors drain what is there and end.
  public func close() {
    let now = clock.now
    let (held, waiters) = state.withLock { ($0.close(now: now), $0.takeWaiters()) }
    for publish in held { publish.completion(.failure(.closed)) }
    for waiter in waiters { waiter.wake() }
  }

  /// Stores held publishes that fit now and tells everybody.
  @usableFromInline
  func storeHeld() {
    let now = clock.now
    let (stored, waiters) = state.withLock { state in
      let stored = state.held.isEmpty ? [] : state.storeHeld(now: now)
      return (stored, stored.isEmpty ? [] : state.takeWaiters())
    }
    for (publish, receipt) in stored { publish.completion(.success(receipt)) }
    for waiter in waiters { waiter.wake() }
  }
}
