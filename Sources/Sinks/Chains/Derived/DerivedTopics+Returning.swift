// SPDX-License-Identifier: Apache-2.0
import Streams

// Clients that were here before.
extension DerivedTopics {
  /// Finds the derived topic that a client was in, or makes it again.
  func found(
    _ place: DerivedPlace,
    _ request: DerivedRequest
  ) -> Result<DerivedJoined, NotFound> {
    guard let epoch = DerivedEpoch(place.epoch),
      epoch == DerivedEpoch(request.plan, request.source, start: epoch.start)
    else { return .failure(NotFound(.otherEpoch)) }
    let key = request.key(start: epoch.start)
    let known = table.withLock { table in
      table.joinIfAllowed(key, request.reader).map { joined in
        table.statistics.shared += 1
        return joined
      }
    }
    if let known { return .success(known) }
    let head = request.source.end.next - 1
    guard epoch.start <= head else { return .failure(NotFound(.offsetGone)) }
    guard head - epoch.start <= settings.maximumReplay else { return .failure(NotFound(.tooFar)) }
    // A chain makes of many entries few, or of few many; what it never made can't be known before.
    let isBusy = table.withLock { table in
      table.isBusy(for: request.reader.client)
        || table.refusal(of: key, for: request.reader.client) != nil
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
  func waitForPlace(_ request: DerivedRequest, _ joined: DerivedJoined) -> DerivedTicket {
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
}

/// Why a place was not found.
struct NotFound: Error {
  let reason: DerivedRecovery.Reason

  init(_ reason: DerivedRecovery.Reason) { self.reason = reason }
}
