// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A named log of elements of one type: publishers append to it, cursors read it.
///
/// Everything is safe to call from any thread and returns at once, but for
/// ``publish(_:key:)`` which suspends while a lossless cursor has no room.
public final class Topic<Element: Sendable>: Sendable {
  /// When its directory first saw that nobody uses it, in milliseconds; `Int64.max` if somebody does.
  ///
  /// It comes first: whoever finds the topic touches that memory anyway.
  let unusedSince = Atomic<Int64>(.max)
  /// Whether its log has begun another life on disk, which another topic of its name goes on with.
  let isSuperseded = Atomic<Bool>(false)
  /// The name it is known by.
  public let name: String
  /// The life of its log.
  public let epoch: Epoch
  @usableFromInline let settings: TopicSettings<Element>
  /// What stores its entries; `nil` for a volatile topic.
  @usableFromInline let journal: (any TopicJournal<Element>)?
  @usableFromInline let state: Guarded<TopicState<Element>>

  /// Makes an empty topic.
  ///
  /// - Parameters:
  ///   - name: The name it is known by.
  ///   - retention: How much of its past it keeps.
  ///   - epoch: The life of its log; a new one by default.
  ///   - clock: Where its instants come from.
  ///   - weigher: What elements count for in the retention's byte limit.
  ///   - idempotency: How long the keys of publishes are remembered.
  @inlinable
  public convenience init(
    _ name: String,
    retention: Retention = Retention(),
    epoch: Epoch = Epoch(),
    clock: any EngineClock = SystemClock(),
    weigher: Weigher<Element> = .stride,
    idempotency: IdempotencyLimits = IdempotencyLimits()
  ) {
    let settings = TopicSettings(
      retention: retention,
      clock: clock,
      weigher: weigher,
      idempotency: idempotency,
      work: TopicWork()
    )
    self.init(name, TopicOrigin(epoch), settings)
  }

  /// Makes a topic that shares what others were made with.
  @usableFromInline
  init(
    _ name: String,
    _ origin: TopicOrigin,
    _ settings: TopicSettings<Element>,
    journal: (any TopicJournal<Element>)? = nil
  ) {
    self.name = name
    epoch = origin.epoch
    self.settings = settings
    self.journal = journal
    state = Guarded(TopicState(origin, settings: settings))
  }

  /// Makes a topic whose entries a journal stores, from where that has them on.
  ///
  /// A publish is told `stored` and seen by readers when the journal has it. Nobody holds its
  /// publishers back: who is behind reads from the journal.
  /// - Parameters:
  ///   - name: The name it is known by.
  ///   - origin: Where the journal's log stands.
  ///   - journal: What stores its entries; it belongs to this topic alone.
  ///   - retention: How much of its newest past it keeps in memory.
  ///   - clock: Where its instants come from.
  ///   - weigher: What elements count for in the retention's byte limit.
  @inlinable
  public convenience init(
    _ name: String,
    from origin: TopicOrigin,
    journal: any TopicJournal<Element>,
    retention: Retention = Retention(),
    clock: any EngineClock = SystemClock(),
    weigher: Weigher<Element> = .stride
  ) {
    let settings = TopicSettings(
      retention: retention,
      clock: clock,
      weigher: weigher,
      idempotency: IdempotencyLimits(),
      work: TopicWork()
    )
    self.init(name, origin, settings, journal: journal)
  }

  /// Whether its log has begun another life, since a disk has lost what was acknowledged.
  ///
  /// It is closed then, and a new topic of its name takes its place: who reads it begins anew there.
  public var hasLostItsLife: Bool { isSuperseded.load(ordering: .relaxed) }

  /// What makes it a table, whose rows are its newest entries per key; `nil` if it is none by its
  /// directory's rules.
  public var tableSettings: TableSettings? { settings.table }

  /// Whether its entries outlive the process.
  public var isDurable: Bool { journal != nil }

  /// How much of its past it keeps.
  @inlinable public var retention: Retention { settings.retention }
  /// Where its instants come from.
  @inlinable public var clock: any EngineClock { settings.clock }
  /// What elements count for in the retention's byte limit.
  var weigher: Weigher<Element> { settings.weigher }

  /// Takes back a publish that still waits; its completion is told `withdrawn`.
  ///
  /// One that was repeated under its key goes on waiting for those who repeated it.
  /// - Returns: Whether it still waited; if not, its completion has been told what became of it, or
  ///   is about to be.
  @discardableResult
  public func withdraw(_ ticket: HeldTicket) -> Bool {
    let caller = state.withLock { $0.withdraw(ticket.id) }
    caller?.completion(.failure(.withdrawn))
    if caller != nil { storeHeld() }
    return caller != nil
  }

  /// Counts an element of a pipeline that no publish can hold.
  func noteOversized() {
    state.withLock { $0.makeExtras().oversized += 1 }
  }

  /// Sets a mark behind the newest entry, never suspends; a closed topic ignores it.
  ///
  /// Readers of a durable topic see it when it is stored; if that fails it is as if it had not been
  /// set. See ``mark(_:completion:)``.
  public func mark(_ mark: Mark) {
    if let journal { return self.mark(mark, in: journal) { _ in } }
    let now = clock.now
    let waiters = state.withLock { $0.mark(mark, now: now) ? $0.takeWaiters() : [] }
    for waiter in waiters { waiter.wake() }
  }

  /// Sets a mark behind the newest entry and tells when it is stored.
  ///
  /// - Parameters:
  ///   - mark: What to say.
  ///   - completion: Called once, at once or from any thread.
  public func mark(
    _ mark: Mark,
    completion: @escaping @Sendable (Result<Void, PublishError>) -> Void
  ) {
    if let journal { return self.mark(mark, in: journal, completion: completion) }
    if isClosed { return completion(.failure(.closed)) }
    self.mark(mark)
    completion(.success(()))
  }

  /// Ends the topic: later publishes are refused, cursors drain what is there and end.
  public func close() {
    let now = clock.now
    let (held, waiters) = state.withLock { ($0.close(now: now), $0.takeWaiters()) }
    for publish in held { publish.tell(.failure(.closed)) }
    for waiter in waiters { waiter.wake() }
  }

  /// Stores held publishes that fit now and tells everybody.
  @usableFromInline
  func storeHeld() {
    storeHeld { _ in }
  }

  /// Changes what is held back, then stores held publishes that fit now and tells everybody.
  func storeHeld(after change: @Sendable (inout TopicState<Element>) -> Void) {
    let now = clock.now
    let (stored, waiters) = state.withLock { state in
      change(&state)
      let stored = state.held.isEmpty ? [] : state.storeHeld(now: now)
      return (stored, stored.isEmpty ? [] : state.takeWaiters())
    }
    for (publish, result) in stored { publish.tell(result) }
    for waiter in waiters { waiter.wake() }
  }
}
