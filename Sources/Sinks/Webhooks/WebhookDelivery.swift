// SPDX-License-Identifier: Apache-2.0
import Storage
import Streams

/// Where the deliveries of one webhook stand.
///
/// They go entry by entry in the order of offsets, each until the receiver has taken it or it is given
/// up. No clock, task or lock.
struct WebhookDelivery {
  private let id: String
  private(set) var place: CursorPlace
  private(set) var pending: PendingDelivery?
  private(set) var isDisabled: Bool

  init(_ webhook: StoredWebhook) {
    id = webhook.id
    place = webhook.place
    pending = webhook.pending
    isDisabled = webhook.disabled != nil
  }

  /// When an entry may be sent; `nil` is at once.
  func due(_ entry: EventEntry) -> Timestamp? {
    guard let pending, pending.offset == entry.offset, place.epoch == entry.epoch else {
      return nil
    }
    return pending.due
  }

  // MARK: What is read

  /// Passes what is not there any more; answers what that changes, `nil` for nothing.
  mutating func pass(_ page: WebhookPage, at now: Timestamp) -> WebhookProgress? {
    let isOtherLife = page.epoch != place.epoch
    if isOtherLife {
      // What the former life held is told by nobody; this one begins at its oldest entry.
      place = CursorPlace(page.epoch, 0)
      pending = nil
    }
    guard let gap = page.gap else { return isOtherLife ? progress(now) : nil }
    return pass(gap, at: now)
  }

  /// Passes entries that are damaged; answers what that changes.
  mutating func passDamage(_ gap: Gap, _ reason: String, at now: Timestamp) -> WebhookProgress {
    var progress = pass(gap, at: now)
    progress.failure = FailedDelivery(place, attempts: 0, at: now, reason: reason)
    return progress
  }

  private mutating func pass(_ gap: Gap, at now: Timestamp) -> WebhookProgress {
    let missed = gap.to > place.offset ? gap.to - max(place.offset, gap.from - 1) : 0
    place.offset = max(place.offset, gap.to)
    if let pending, pending.offset <= place.offset { self.pending = nil }
    var progress = progress(now)
    progress.added.missed = missed
    return progress
  }

  // MARK: What is sent

  /// Notes what became of an attempt; answers what that changes.
  mutating func note(
    _ verdict: WebhookVerdict,
    of entry: EventEntry,
    at now: Timestamp,
    _ schedule: WebhookSchedule,
    chance: Double
  ) -> WebhookProgress {
    let attempts = (due(entry) == nil ? 0 : pending?.attempts ?? 0) + 1
    switch verdict.outcome {
    case .delivered:
      var progress = finish(entry, now)
      progress.added.delivered = 1
      return progress
    case .gone:
      // The entry stays: it was not delivered.
      isDisabled = true
      var progress = progress(now)
      progress.disabled = "the receiver answered 410 Gone"
      return progress
    default:
      // What can't be sent today can't be tomorrow.
      let isHopeless = verdict.outcome == .request
      let due = schedule.due(
        after: isHopeless ? .max : attempts,
        at: now,
        retryAfter: verdict.retryAfter,
        chance: chance
      )
      guard let due else { return giveUp(entry, attempts, verdict, now) }
      pending = PendingDelivery(offset: entry.offset, attempts: attempts, due: due)
      return progress(now)
    }
  }

  private mutating func giveUp(
    _ entry: EventEntry,
    _ attempts: Int,
    _ verdict: WebhookVerdict,
    _ now: Timestamp
  ) -> WebhookProgress {
    var progress = finish(entry, now)
    progress.added.failed = 1
    progress.failure = FailedDelivery(
      place,
      attempts: attempts,
      at: now,
      reason: verdict.reason
    )
    return progress
  }

  private mutating func finish(_ entry: EventEntry, _ now: Timestamp) -> WebhookProgress {
    place = CursorPlace(entry.epoch, entry.offset)
    pending = nil
    return progress(now)
  }

  private func progress(_ now: Timestamp) -> WebhookProgress {
    var progress = WebhookProgress(id, at: place, instant: now)
    progress.pending = pending
    return progress
  }
}
