// SPDX-License-Identifier: Apache-2.0

/// What cursors ask of their topic.
extension Topic {
  /// Where a cursor starts, under what number, and with which snapshot.
  struct Opened {
    let id: UInt64
    let opening: CursorOpening
    let snapshot: SlotLog<Element>?
  }

  /// Finds where a cursor starts, and registers it if its policy needs that.
  func open(_ start: CursorStart, _ policy: OverrunPolicy<Element>) -> Opened {
    let now = agingNow
    return state.withLock { state in
      if let age = retention.maximumAge { state.expire(age, now: now) }
      let id = state.makeID()
      let (opening, snapshot) = state.opening(start, journal)
      let next = opening.position.next
      var opened = opening
      if !policy.rule.readsEverything { opened = opening.reading(marksFrom: state.log.marks.first) }
      switch policy.rule {
      case .holdBack:
        // Who reads a durable topic falls behind on disk.
        if journal == nil { state.holdBack(cursor: id, from: next) }
      case .latest(let conflation):
        state.makeExtras().indexes.join(conflation, cursor: id, at: next, of: state.log)
      case .skip, .sample, .fail:
        break
      }
      return Opened(id: id, opening: opened, snapshot: snapshot)
    }
  }

  /// Ends a cursor: it holds nothing back and needs no index any more.
  func closeCursor(_ id: UInt64, _ policy: OverrunPolicy<Element>) {
    switch policy.rule {
    case .holdBack: closeHold(id)
    case .latest(let conflation):
      state.withLock { $0.extras?.indexes.leave(conflation, cursor: id) }
    case .skip, .sample, .fail: break
    }
  }

  /// Reads on for a cursor as its policy says.
  func read(
    _ policy: OverrunPolicy<Element>,
    cursor id: UInt64,
    from position: inout Position,
    limit: Int
  ) -> CursorRead<Element> {
    let now = if case .sample = policy.rule { clock.now } else { agingNow }
    return state.withLock { state in
      if let age = retention.maximumAge { state.expire(age, now: now) }
      // The journal has it: that is polled.
      if journal != nil, policy.rule.readsEverything, !state.log.holds(position) {
        return CursorRead()
      }
      var read =
        switch policy.rule {
        case .holdBack, .skip: state.readAll(from: &position, limit: limit)
        case .latest(let conflation):
          state.readLatest(conflation, cursor: id, from: &position, limit: limit)
        case .sample(let length):
          state.readSamples(every: length, from: &position, limit: limit, now: now)
        case .fail(let lag): state.readOrFail(after: lag, from: &position, limit: limit)
        }
      read.closed = state.closed
      return read
    }
  }

  /// Why a cursor that fails would fail now.
  func failure(of policy: OverrunPolicy<Element>, at position: Position) -> CursorError? {
    guard case .fail(let lag) = policy.rule else { return nil }
    let now = agingNow
    return state.withLock { state in
      if let age = retention.maximumAge { state.expire(age, now: now) }
      return state.failure(after: lag, at: position, isDurable: isDurable)
    }
  }

  /// Asks to be told once, from any thread, when the topic is closed; `nil` if it is.
  func notifyEnd(_ wake: @escaping @Sendable () -> Void) -> WaiterTicket? {
    state.withLock { state in
      let id = state.makeID()
      return state.awaitEnd(.init(id: id, wake: wake)) ? WaiterTicket(id: id) : nil
    }
  }
}

extension TopicState {
  mutating func readAll(from position: inout Position, limit: Int) -> CursorRead<Element> {
    var read = CursorRead<Element>()
    read.dropped = log.first > position.next ? log.first - position.next : 0
    read.batch = log.read(from: &position, limit: limit)
    return read
  }

  mutating func readLatest(
    _ conflation: Conflation<Element>,
    cursor: UInt64,
    from position: inout Position,
    limit: Int
  ) -> CursorRead<Element> {
    guard let extras, let index = extras.indexes.index(of: conflation) else {
      preconditionFailure("an open cursor has its index")
    }
    let read = log.gatherLatest(of: index, from: &position, limit: limit)
    extras.indexes.move(conflation, cursor: cursor, to: position.next)
    return read
  }

  /// Promises, by reading, that nothing will be appended in the intervals that are over.
  mutating func readSamples(
    every length: Int64,
    from position: inout Position,
    limit: Int,
    now: Timestamp
  ) -> CursorRead<Element> {
    floor = max(floor, now)
    let start = floor.intervalStart(every: length)
    var border = closed == nil ? start : .never
    var end = start.advanced(byMilliseconds: length)
    if unstored > 0, let newest = log.run(at: log.next - 1)?.appended, closed == nil {
      // What the journal was handed may be of the interval of the newest entry, and comes behind it.
      border = min(border, newest.intervalStart(every: length))
      end = min(end, floor.advanced(byMilliseconds: TopicLimits.sampleRetry))
    }
    var read = log.gatherSamples(from: &position, limit: limit, every: length, before: border)
    if let unread = log.run(at: position.next), unread.appended >= border {
      read.readyAt = end
      read.firstUnread = unread.appended
    }
    return read
  }

  mutating func readOrFail(
    after lag: UInt64?,
    from position: inout Position,
    limit: Int
  ) -> CursorRead<Element> {
    if let failure = failure(after: lag, at: position) {
      var read = CursorRead<Element>()
      read.failure = failure
      return read
    }
    return readAll(from: &position, limit: limit)
  }

  func failure(
    after lag: UInt64?,
    at position: Position,
    isDurable: Bool = false
  ) -> CursorError? {
    if position.next < log.first, !isDurable {
      return .overrun(Gap(from: position.next, to: log.first - 1))
    }
    let unread = log.next - position.next
    guard let lag, unread > lag else { return nil }
    return .lag(count: unread, limit: lag)
  }
}
