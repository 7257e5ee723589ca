// SPDX-License-Identifier: Apache-2.0
import Streams

/// When an entry is tried again.
struct WebhookSchedule: Sendable {
  /// The attempts of the Standard Webhooks specification: 75 hours, 35 minutes and 5 seconds in all.
  static let standard = WebhookSchedule(
    pauses: [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400].map { .seconds($0) }
  )
  /// The most that chance adds to a pause, as a part of it.
  static let spread = 0.1

  /// What lies before each attempt.
  let pauses: [Duration]

  /// When the next attempt is due.
  ///
  /// - Parameters:
  ///   - attempts: How many were made, of which the last has just failed.
  ///   - now: When it has.
  ///   - retryAfter: How long the receiver wants to be left alone; it never makes a pause shorter.
  ///   - chance: From 0 to below 1, so that receivers that came back are not met by all at once.
  /// - Returns: The instant; `nil` when there is none left.
  func due(
    after attempts: Int,
    at now: Timestamp,
    retryAfter: Duration?,
    chance: Double
  ) -> Timestamp? {
    guard attempts < pauses.count else { return nil }
    let pause = pauses[attempts]
    let milliseconds = Double(pause.wholeMilliseconds) * (1 + Self.spread * chance)
    return now + max(.milliseconds(Int64(milliseconds)), retryAfter ?? .zero)
  }
}
