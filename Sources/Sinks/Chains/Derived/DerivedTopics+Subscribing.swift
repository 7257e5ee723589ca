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
  ///   - client: Whose share it counts for; `nil`, the default, for somebody who is trusted.
  ///   - onEnd: Called when the derived topic ends by itself, from any thread, as long as the
  ///     subscription is held; perhaps before the completion. One that fails while the client waits for
  ///     it is answered as not recovered instead.
  ///   - completion: Called once, at once or from any thread; not after ``DerivedTicket/cancel()``.
  /// - Returns: What takes it back while it waits.
  @discardableResult
  public func subscribe(
    _ plan: ChainPlan,
    to source: Topic<Event>,
    at place: DerivedPlace? = nil,
    for client: ClientKey? = nil,
    onEnd: @escaping @Sendable (DerivedEnding) -> Void,
    completion: @escaping @Sendable (Result<DerivedSubscription, DerivedRefusal>) -> Void
  ) -> DerivedTicket {
    let request = DerivedRequest(
      plan: plan,
      source: source,
      offset: place?.offset ?? 0,
      reader: DerivedMember(client: client, onEnd: onEnd),
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

  func newest(_ request: DerivedRequest) -> Result<DerivedJoined, DerivedRefusal> {
    // Once more where the source dropped its newest entry meanwhile.
    for _ in 0..<3 {
      let head = request.source.end.next - 1
      let chain = DerivedTable.Chain(request.key(start: head))
      let known: Result<DerivedJoined?, DerivedRefusal> = table.withLock { table in
        guard let derived = table.joinable(chain) else {
          let refusal = table.refusal(of: request.key(start: head), for: request.reader.client)
          return refusal.map { .failure($0) } ?? .success(nil)
        }
        return Result { () throws(DerivedRefusal) in
          let joined = try table.join(derived.key, request.reader)
          table.statistics.shared += 1
          return joined
        }
      }
      switch known {
      case .success(let joined?): return .success(joined)
      case .failure(let refusal): return .failure(refusal)
      case .success(nil): break
      }
      let derived = make(request, start: head)
      guard derived.progress.isThere else { continue }
      return add(derived, request, isRebuilt: false)
    }
    return .failure(.sourceTooFast)
  }

  func make(_ request: DerivedRequest, start: Offset) -> DerivedTopic {
    DerivedTopic(
      request.plan,
      of: request.source,
      start: start,
      retention: settings.retention,
      overrun: .fail
    )
  }

  /// Puts a derived topic into the table, unless somebody has just done so.
  func add(
    _ derived: DerivedTopic,
    _ request: DerivedRequest,
    isRebuilt: Bool
  ) -> Result<DerivedJoined, DerivedRefusal> {
    let now = clock.now
    let added: Result<(DerivedJoined, evicted: [DerivedTopic]?), DerivedRefusal> = table.withLock {
      table in
      Result { () throws(DerivedRefusal) in
        if let known = try table.join(derived.key, request.reader) {
          table.statistics.shared += 1
          return (known, nil)
        }
        return try table.insert(derived, for: request.reader, isRebuilt: isRebuilt, now: now)
      }
    }
    return added.map { joined, evicted in
      if let evicted { start(derived, evicted: evicted) }
      return joined
    }
  }

  // MARK: Completing

  func complete(
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

  func leave(_ joined: DerivedJoined) {
    let now = clock.now
    table.withLock { $0.leave(joined.derived.key, joined.reader, now: now) }?.stop()
  }
}
