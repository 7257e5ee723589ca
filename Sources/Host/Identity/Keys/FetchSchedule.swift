// SPDX-License-Identifier: Apache-2.0
import Streams

/// When a key set is fetched: a value without a clock.
struct FetchSchedule: Equatable {
  /// How often keys are fetched, how often at most, and for how long old ones count.
  struct Periods: Equatable {
    /// Between one success and the next fetch; default ten minutes.
    var refresh = Duration.seconds(600)
    /// Between two fetches that unknown keys ask for, and after a failure at first; default 10 s.
    var least = Duration.seconds(10)
    /// For how long keys count that can't be fetched again; default a day.
    var keep = Duration.seconds(86_400)
  }

  let periods: Periods
  private var lastTry: Timestamp?
  private var lastSuccess: Timestamp?
  private var failureCount = 0

  init(_ periods: Periods = Periods()) {
    self.periods = periods
  }

  /// When the next fetch is due by itself: after failures ever later, up to the usual period.
  var due: Timestamp {
    guard let lastTry else { return .distantPast }
    guard failureCount > 0 else { return lastTry + periods.refresh }
    let doublings = min(failureCount - 1, 16)
    return lastTry + min(periods.least * (1 << doublings), periods.refresh)
  }

  /// Whether an unknown key may have the set fetched now.
  func allowsFetch(at now: Timestamp) -> Bool {
    lastTry.map { $0 + periods.least <= now } ?? true
  }

  /// Whether the keys of the last success have become too old.
  func isStale(at now: Timestamp) -> Bool {
    failureCount > 0 && (lastSuccess.map { $0 + periods.keep <= now } ?? false)
  }

  mutating func succeeded(at now: Timestamp) {
    (lastTry, lastSuccess, failureCount) = (now, now, 0)
  }

  mutating func failed(at now: Timestamp) {
    lastTry = now
    failureCount += 1
  }
}
