// SPDX-License-Identifier: Apache-2.0
import Storage
import Streams

/// Delivers the entries of one webhook, one after the other, until its task is cancelled.
///
/// Each step is stored before the next begins: after the process was killed the entry at hand is sent once more.
struct WebhookRunner: Sendable {
  /// How long to wait when the store or the topic can't be used.
  static let troublePause = Duration.seconds(5)
  /// Entries that are read at once.
  private static let pageEntries = 64
  private static let pageBytes = 64 << 10

  /// Its task was cancelled, or the webhook or the store is gone.
  private struct Stopped: Error {}

  let webhook: StoredWebhook
  let feed: any WebhookFeed
  let log: EventLog
  let sender: any WebhookSender
  let clock: any EngineClock
  let schedule: WebhookSchedule
  /// From 0 to below 1.
  let chance: @Sendable () -> Double
  let board: WebhookBoard
  /// Says something to whoever runs the server.
  let report: @Sendable (String) -> Void

  func run() async {
    var delivery = WebhookDelivery(webhook)
    do throws(Stopped) {
      while !delivery.isDisabled {
        for entry in try await read(&delivery) {
          try await deliver(entry, &delivery)
          if delivery.isDisabled { break }
        }
      }
    } catch {
      // Whoever stopped it knows.
    }
  }

  // MARK: Reading

  /// The next entries; none if there was news to wait for, or trouble.
  private func read(_ delivery: inout WebhookDelivery) async throws(Stopped) -> [EventEntry] {
    guard let page = try await page(&delivery) else { return [] }
    if let progress = delivery.pass(page, at: clock.now) {
      let offset = progress.place.offset
      report("webhook \(webhook.id) goes on after \(offset): what was before is gone")
      try await store(progress)
    }
    if page.entries.isEmpty { await feed.news(after: delivery.place) }
    guard !Task.isCancelled else { throw Stopped() }
    return page.entries
  }

  private func page(_ delivery: inout WebhookDelivery) async throws(Stopped) -> WebhookPage? {
    do throws(WebhookFeedError) {
      let page = try await feed.read(
        after: delivery.place,
        limit: Self.pageEntries,
        bytes: Self.pageBytes
      )
      board.setProblem(nil, of: webhook.id)
      return page
    } catch {
      board.countFailedRead()
      switch error {
      case .damaged(let gap, let reason):
        report("webhook \(webhook.id) passes entries \(gap.from) to \(gap.to): \(reason)")
        try await store(delivery.passDamage(gap, reason, at: clock.now))
      case .unavailable(let reason):
        board.setProblem(reason, of: webhook.id)
        try await pause(until: clock.now + Self.troublePause)
      }
      return nil
    }
  }

  // MARK: Sending

  /// Sends an entry until the receiver takes it, it is given up, or the receiver wants no more.
  private func deliver(
    _ entry: EventEntry,
    _ delivery: inout WebhookDelivery
  ) async throws(Stopped) {
    repeat {
      if let due = delivery.due(entry), due > clock.now { try await pause(until: due) }
      let result = await sender.send(WebhookMessage(entry, to: webhook, at: clock.now))
      let now = clock.now
      guard !Task.isCancelled, let verdict = WebhookVerdict(result, at: now) else {
        throw Stopped()
      }
      board.note(verdict, of: webhook.id)
      let progress = delivery.note(verdict, of: entry, at: now, schedule, chance: chance())
      if let disabled = progress.disabled { report("webhook \(webhook.id) ends: \(disabled)") }
      try await store(progress)
    } while delivery.due(entry) != nil && !delivery.isDisabled
  }

  // MARK: Storing

  /// Stores a step; as long as the disk refuses, the webhook waits.
  private func store(_ progress: WebhookProgress) async throws(Stopped) {
    while true {
      do throws(StorageError) {
        try await log.note(progress)
        return board.note(progress)
      } catch {
        switch error.reason {
        case .unknown, .closed: throw Stopped()
        default: break
        }
        board.countFailedWrite()
        board.setProblem(error.summary, of: webhook.id)
      }
      try await pause(until: clock.now + Self.troublePause)
    }
  }

  private func pause(until instant: Timestamp) async throws(Stopped) {
    do { try await clock.sleep(until: instant) } catch { throw Stopped() }
  }
}
