// SPDX-License-Identifier: Apache-2.0
public import Storage
import Streams

/// What webhooks have done since the process began, and where they stand; read from any thread.
public final class WebhookBoard: Sendable {
  /// What is known of one webhook.
  public struct Entry: Sendable {
    /// Where it stands.
    public internal(set) var place: CursorPlace
    /// Whether nothing is delivered any more.
    public internal(set) var isDisabled: Bool
    /// Why it can't go on now, though nothing is wrong with its receiver.
    public internal(set) var problem: String?
    /// Why its last attempt has failed; `nil` since one has succeeded, or none was made.
    public internal(set) var lastError: String?
    let feed: (any WebhookFeed)?

    /// The entries that it has to go.
    public var lag: UInt64 {
      guard let end = feed?.end else { return 0 }
      // Of another life all is to go; how much is kept of it only reading tells.
      return end.epoch == place.epoch ? end.offset - min(end.offset, place.offset) : end.offset
    }
  }

  /// What is counted.
  public struct Counts: Sendable {
    /// Attempts by what became of them.
    public internal(set) var attempts: [WebhookOutcome: UInt64] = [:]
    /// Entries that are done with.
    public internal(set) var totals = WebhookTotals()
    /// Reads of a topic that failed.
    public internal(set) var failedReads: UInt64 = 0
    /// Steps that could not be stored, and were tried again.
    public internal(set) var failedWrites: UInt64 = 0
  }

  private struct State {
    var entries: [String: Entry] = [:]
    var counts = Counts()
  }

  private let state = Guarded(State())

  init() {}

  /// The webhooks by their names.
  public var entries: [String: Entry] { state.withLock { $0.entries } }
  /// What was counted.
  public var counts: Counts { state.withLock { $0.counts } }

  func set(_ id: String, _ entry: Entry?) {
    state.withLock { $0.entries[id] = entry }
  }

  /// Counts an attempt, and notes what has become of it.
  func note(_ verdict: WebhookVerdict, of id: String) {
    let error = verdict.outcome == .delivered ? nil : verdict.reason
    state.withLock { state in
      state.counts.attempts[verdict.outcome, default: 0] += 1
      state.entries[id]?.lastError = error
    }
  }

  func countFailedRead() { state.withLock { $0.counts.failedReads += 1 } }
  func countFailedWrite() { state.withLock { $0.counts.failedWrites += 1 } }

  func setProblem(_ problem: String?, of id: String) {
    state.withLock { $0.entries[id]?.problem = problem }
  }

  /// Takes note of a step that was stored.
  func note(_ progress: WebhookProgress) {
    state.withLock { state in
      state.counts.totals.delivered += progress.added.delivered
      state.counts.totals.failed += progress.added.failed
      state.counts.totals.missed += progress.added.missed
      state.entries[progress.id]?.place = progress.place
      if progress.disabled != nil { state.entries[progress.id]?.isDisabled = true }
    }
  }
}
