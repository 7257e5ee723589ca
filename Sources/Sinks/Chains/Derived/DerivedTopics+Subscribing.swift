// SPDX-License-Identifier: Apache-2.0
public import Streams

extension DerivedTopics {
  /// Finds or makes the derived topic of a chain.
  ///
  /// A client that comes back names its place. If what it had has ended meanwhile it is made again from
  /// the source, as long as that keeps the entries, and the client waits until it has caught up: it
  /// then finds the same events with the same offsets. Where that can't be it joins the newest one.
  /// - Parameters:
  ///   - plan: The chain.
  ///   - source: What it is over.
  ///   - place: Where the client was; whatever it says does no harm. `nil` if it begins.
  ///   - onEnd: Called when the derived topic ends by itself, from any thread, as long as the
  ///     subscription is held; it is not called while it waits.
  ///   - completion: Called once, at once or from any thread; not after ``DerivedTicket/cancel()``.
  /// - Returns: What takes it back while it waits.
  @discardableResult
  public func subscribe(
    _ plan: ChainPlan,
    to source: Topic<Event>,
    at place: DerivedPlace? = nil,
    onEnd: @escaping @Sendable (DerivedEnding) -> Void,
    completion: @escaping @Sendable (Result<DerivedSubscription, DerivedRefusal>) -> Void
  ) -> DerivedTicket {
    let request = DerivedRequest(
      plan: plan,
      source: source,
      offset: place?.offset ?? 0,
      onEnd: onEnd,
      completion: completion
    )
    guard let place else { return begin(request, .notAsked) }
    switch found(place, request) {
    case .success(let joined): return waitForPlace(request, joined)
    case .failure(let reason): return begin(request, .notRecovered(reason.reason))
    }
  }

  // MARK: Beginning

  /// Lets a subscriber join the newest derived topic of its chain, or one that begins now.
  private func begin(_ request: DerivedRequest, _ recovery: DerivedRecovery) -> DerivedTicket {
    complete(request, newest(request), recovery)
    return DerivedTicket {}
  }

  private func newest(_ request: DerivedRequest) -> Result<DerivedJoined, DerivedRefusal> {
    // Once more where the source dropped its newest entry meanwhile.
    for _ in 0..<3 {
      let head = request.source.end.next - 1
      let chain = DerivedTable.Chain(request.key(start: head))
      let known = table.withLock { table in
        table.joinable(chain).flatMap { derived in
          table.statistics.shared += 1
          return table.join(derived.key, request.onEnd)
        }
      }
      if let known { return .success(DerivedJoined(known)) }
      if let refusal = table.withLock({ $0.refusal(of: request.plan) }) { return .failure(refusal) }
      let derived = make(request, start: head)
      guard derived.progress.isThere else { continue }
      return add(derived, request, isRebuilt: false)
    }
    return .failure(.sourceTooFast)
  }

  private func make(_ request: DerivedRequest, start: Offset) -> DerivedTopic {
    DerivedTopic(
      request.plan,
      of: request.source,
      start: start,
      retention: settings.retention,
      overrun: .fail
    )
  }

  /// Puts a derived topic into the table, unless somebody has just done so.
  private func add(
    _ derived: DerivedTopic,
    _ request: DerivedRequest,
    isRebuilt: Bool
  ) -> Result<DerivedJoined, DerivedRefusal> {
    let now = clock.now
    let added: Result<(DerivedJoined, evicted: [DerivedTopic]?), DerivedRefusal> = table.withLock {
      table in
      if let known = table.join(derived.key, request.onEnd) {
        table.statistics.shared += 1
        return .success((DerivedJoined(known), nil))
      }
      do throws(DerivedRefusal) {
        let evicted = try table.insert(derived, isRebuilt: isRebuilt, now: now)
        guard let joined = table.join(derived.key, request.onEnd) else {
          preconditionFailure("what was put in is there")
        }
        return .success((DerivedJoined(joined), evicted))
      } catch {
        return .failure(error)
      }
    }
    return added.map { joined, evicted in
      if let evicted { start(derived, evicted: evicted) }
      return joined
    }
  }

  // MARK: Coming back

  /// Finds the derived topic that a client was in, or makes it again.
  private func found(
    _ place: DerivedPlace,
    _ request: DerivedRequest
  ) -> Result<DerivedJoined, NotFound> {
    guard let epoch = DerivedEpoch(place.epoch),
      epoch == DerivedEpoch(request.plan, request.source, start: epoch.start)
    else { return .failure(NotFound(.otherEpoch)) }
    let key = request.key(start: epoch.start)
    let known = table.withLock { table in
      table.join(key, request.onEnd).map { joined in
        table.statistics.shared += 1
        return joined
      }
    }
    if let known { return .success(DerivedJoined(known)) }
    let head = request.source.end.next - 1
    guard epoch.start <= head else { return .failure(NotFound(.offsetGone)) }
    guard head - epoch.start <= settings.maximumReplay else { return .failure(NotFound(.tooFar)) }
    // A chain makes of many entries few, or of few many; what it never made can't be known before.
    let isBusy = table.withLock { table in
      table.replayCount >= settings.maximumReplays || table.refusal(of: request.plan) != nil
    }
    if isBusy { return .failure(NotFound(.busy)) }
    let derived = make(request, start: epoch.start)
    guard derived.progress.isThere else { return .failure(NotFound(.sourceGone)) }
    guard case .success(let joined) = add(derived, request, isRebuilt: true) else {
      return .failure(NotFound(.busy))
    }
    // No other request has the number of a reader.
    let added = joined.derived
    added.progress.whenThrough(head, joined.reader) { [weak self] in
      self?.table.withLock { $0.noteCaughtUp(added) }
    }
    return .success(joined)
  }

  /// Completes a subscription once it is known whether its place is there.
  private func waitForPlace(_ request: DerivedRequest, _ joined: DerivedJoined) -> DerivedTicket {
    let derived = joined.derived
    let now = clock.now
    let id: UInt64? = table.withLock { table in
      // Whoever is behind in a topic that keeps up with its source need not wait.
      let isCurrent = table.records[derived.key]?.isCatchingUp != true
      if isCurrent, derived.holds(behind: request.offset) { return nil }
      guard table.waiting.count < settings.maximumWaiting else { return 0 }
      let id = table.makeID()
      table.waiting[id] = DerivedTable.Waiting(
        key: derived.key,
        reader: joined.reader,
        deadline: now + settings.recoveryWait,
        settle: { [self] reason in
          derived.progress.forget(id)
          settle(request, joined, reason)
        }
      )
      return id
    }
    guard let id else {
      settle(request, joined, nil)
      return DerivedTicket {}
    }
    guard id > 0 else {
      settle(request, joined, .busy)
      return DerivedTicket {}
    }
    derived.progress.whenThrough(request.source.end.next - 1, id) { [weak self] in
      self?.table.withLock { $0.takeWaiting(id) }?.settle(nil)
    }
    return DerivedTicket { [weak self] in
      guard let self, table.withLock({ $0.takeWaiting(id) }) != nil else { return }
      derived.progress.forget(id)
      leave(joined)
    }
  }

  /// Says what became of a place: `nil` if the derived topic is as far as it was to be.
  private func settle(
    _ request: DerivedRequest,
    _ joined: DerivedJoined,
    _ reason: DerivedRecovery.Reason?
  ) {
    let reason = reason ?? (joined.derived.holds(behind: request.offset) ? nil : .offsetGone)
    guard let reason else { return complete(request, .success(joined), .recovered) }
    // It may join the same one again, which goes on.
    let newest = newest(request)
    leave(joined)
    complete(request, newest, .notRecovered(reason))
  }

  // MARK: Completing

  private func complete(
    _ request: DerivedRequest,
    _ joined: Result<DerivedJoined, DerivedRefusal>,
    _ recovery: DerivedRecovery
  ) {
    table.withLock { table in
      switch (joined, recovery) {
      case (.failure, _): table.statistics.refused += 1
      case (_, .notAsked): break
      case (_, .recovered): table.statistics.recovered += 1
      case (_, .notRecovered(let reason)): table.statistics.notRecovered[reason, default: 0] += 1
      }
    }
    request.completion(
      joined.map { joined in
        DerivedSubscription(joined.derived, recovery) { [weak self] in self?.leave(joined) }
      }
    )
  }

  private func leave(_ joined: DerivedJoined) {
    let now = clock.now
    table.withLock { $0.leave(joined.derived.key, joined.reader, now: now) }?.stop()
  }
}

/// Why a place was not found.
private struct NotFound: Error {
  let reason: DerivedRecovery.Reason

  init(_ reason: DerivedRecovery.Reason) { self.reason = reason }
}

/// What a subscriber has asked for.
private struct DerivedRequest: Sendable {
  let plan: ChainPlan
  let source: Topic<Event>
  let offset: Offset
  let onEnd: @Sendable (DerivedEnding) -> Void
  let completion: @Sendable (Result<DerivedSubscription, DerivedRefusal>) -> Void

  func key(start: Offset) -> DerivedTopic.Key {
    DerivedTopic.Key(
      source: source.name,
      sourceEpoch: source.epoch,
      plan: plan,
      start: start
    )
  }
}

/// A reader of a derived topic.
private struct DerivedJoined: Sendable {
  let derived: DerivedTopic
  let reader: UInt64

  init(_ joined: (derived: DerivedTopic, reader: UInt64)) {
    (derived, reader) = joined
  }
}
