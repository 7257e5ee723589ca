// SPDX-License-Identifier: Apache-2.0

extension Topic {
  /// What the topic counts and keeps at this moment.
  public var statistics: TopicStatistics {
    let now = agingNow
    return state.withLock { state in
      if let age = retention.maximumAge { state.expire(age, now: now) }
      var statistics = state.statistics
      if let journal {
        statistics.firstOffset = min(journal.firstOffset, statistics.firstOffset)
        statistics.storedBytes = journal.bytes
        statistics.unstoredPublishes = state.unstored
      }
      return statistics
    }
  }

  /// Tells whether it holds an entry or a key, or somebody reads or waits for it.
  public var isInUse: Bool {
    let now = clock.now
    return state.withLock { state in
      if let age = retention.maximumAge { state.expire(age, now: now) }
      // What is stored would not be found any more.
      if journal != nil, state.log.next > 1 { return true }
      return state.isInUse(now: now)
    }
  }
  /// Tells whether it was closed.
  @inlinable public var isClosed: Bool { closed != nil }
  /// When it was closed; nothing is appended after that.
  @inlinable var closed: Timestamp? { state.withLock { $0.closed } }

  /// The number of the oldest mark in memory.
  var firstMark: UInt64 { state.withLock { $0.log.marks.first } }
  /// The position behind the newest entry and mark.
  @inlinable public var end: Position { state.withLock { $0.log.end } }
  /// The position before the oldest entry that is kept.
  public var earliest: Position {
    let now = agingNow
    return state.withLock { state in
      if let age = retention.maximumAge { state.expire(age, now: now) }
      return state.earliest(in: journal)
    }
  }
  /// The position behind `offset`, or behind the newest entry if that comes before it.
  public func position(after offset: Offset) -> Position {
    state.withLock { $0.position(after: offset, in: journal) }
  }

  /// Reads at most `limit` entries without waiting and moves `position` behind them.
  ///
  /// Entries that are gone from memory are told as a gap, also those that a journal has: see
  /// ``readBack(from:limit:bytes:completion:)``. Nothing is registered: a reader that stops costs
  /// nothing and holds nothing back.
  public func read(from position: inout Position, limit: Int) -> Batch<Element> {
    let now = agingNow
    return state.withLock { state in
      if let age = retention.maximumAge { state.expire(age, now: now) }
      return state.log.read(from: &position, limit: limit)
    }
  }

  /// Reads what is in memory as ``read(from:limit:)`` does; `nil` if what comes next is in the journal
  /// and has to be read by ``readBack(from:limit:bytes:completion:)``.
  public func readFromMemory(from position: inout Position, limit: Int) -> Batch<Element>? {
    let now = agingNow
    return state.withLock { state in
      if let age = retention.maximumAge { state.expire(age, now: now) }
      if journal != nil, !state.log.holds(position) { return nil }
      return state.log.read(from: &position, limit: limit)
    }
  }

  /// The instant by which entries are too old; not looked up where none ever is.
  @usableFromInline var agingNow: Timestamp {
    retention.maximumAge == nil ? .distantPast : clock.now
  }

  /// Asks to be told once, from any thread, when there is something behind `position`.
  ///
  /// - Parameters:
  ///   - position: Where the reader stands.
  ///   - marksToo: Whether a mark counts as something.
  ///   - wake: Called at most once, on the publisher's thread: it must be short.
  /// - Returns: Names the request, or `nil` when there is something already (or the topic is
  ///   closed) and `wake` will not be called.
  public func notify(
    at position: Position,
    marksToo: Bool,
    _ wake: @escaping @Sendable () -> Void
  ) -> WaiterTicket? {
    state.withLock { state in
      let id = state.makeID()
      let waits = state.await(.init(id: id, wake: wake), at: position, marksToo: marksToo)
      return waits ? WaiterTicket(id: id) : nil
    }
  }

  /// Takes back a request to be told; answers whether it had not been told yet.
  @discardableResult
  public func forget(_ ticket: WaiterTicket) -> Bool {
    state.withLock { $0.removeWaiter(ticket.id) } != nil
  }

  /// Promises that nothing will be appended at or before `instant`, unless something is unread.
  func promise(through instant: Timestamp, to position: Position) -> Bool {
    state.withLock { $0.promise(through: instant, to: position) }
  }

  // MARK: Lossless cursors

  /// Reads on for a cursor, which has consumed what it got before; see ``read(from:limit:)``.
  ///
  /// Answers `nil` when there is nothing now; entries that are gone are added to `dropped`.
  func take(
    holding hold: UInt64?,
    from position: inout Position,
    limit: Int,
    dropped: inout UInt64
  ) -> Batch<Element>? {
    settings.work.take(self, hold, &position, limit, &dropped)
  }

  /// See ``take(holding:from:limit:dropped:)``.
  @inlinable
  func moveHoldAndRead(
    _ hold: UInt64?,
    from position: inout Position,
    limit: Int,
    dropped: inout UInt64
  ) -> Batch<Element>? {
    let now = agingNow
    let (batch, isHolding) = state.withLock { state in
      if journal != nil, !state.log.holds(position) { return (Batch<Element>(), false) }
      if let hold { state.holdBack(cursor: hold, from: position.next) }
      if let age = retention.maximumAge { state.expire(age, now: now) }
      if position.next < state.log.first { dropped += state.log.first - position.next }
      return (state.log.gather(from: &position, limit: limit), !state.held.isEmpty)
    }
    if isHolding { storeHeld() }
    return batch.isEmpty ? nil : batch
  }

  /// Moves a lossless cursor forward: what it has consumed may be dropped.
  func moveHold(_ id: UInt64, to offset: Offset) {
    storeHeld { $0.holdBack(cursor: id, from: offset) }
  }

  /// Ends a lossless cursor: it holds nothing back any more.
  func closeHold(_ id: UInt64) {
    storeHeld { $0.release(cursor: id) }
  }
}

/// Names a request to be told of new entries.
public struct WaiterTicket: Hashable, Sendable {
  let id: UInt64
}
