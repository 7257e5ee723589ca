// SPDX-License-Identifier: Apache-2.0

/// How long to wait before the next attempt: twice as long after each one that failed.
struct Backoff: Equatable {
  /// The first wait.
  static let firstMilliseconds = 250
  /// The longest wait: a server that is back is found within ten seconds.
  static let longestMilliseconds = 10_000

  private var nextMilliseconds = Self.firstMilliseconds

  /// The wait after one more failure.
  mutating func wait() -> Int {
    defer { nextMilliseconds = min(nextMilliseconds * 2, Self.longestMilliseconds) }
    return nextMilliseconds
  }

  /// Takes note of a success.
  mutating func reset() { self = Backoff() }
}
