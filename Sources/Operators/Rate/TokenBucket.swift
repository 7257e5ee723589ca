// SPDX-License-Identifier: Apache-2.0
public import Streams

/// How fast tokens come, and how many a bucket holds; computes in whole numbers, so that no
/// rounding adds up.
///
/// A bucket's level is counted in parts of a token: `count` of them come each millisecond, and a
/// token has as many as `per` has milliseconds.
@usableFromInline
struct TokenRate: Sendable {
  /// Parts of a token that come in a millisecond.
  @usableFromInline let count: Int64
  /// Parts of one token.
  @usableFromInline let token: Int64
  /// Parts in a full bucket.
  @usableFromInline let full: Int64

  init(_ count: Int, per period: Duration, burst: Int) {
    let milliseconds = period.wholeMilliseconds
    precondition(count >= 1, "a rate limit lets at least one element through")
    precondition(milliseconds >= 1, "a rate limit's period is at least 1 ms")
    precondition(burst >= 1, "a rate limit's burst is at least one element")
    let (full, overflows) = milliseconds.multipliedReportingOverflow(by: Int64(burst))
    // A quarter of the range leaves room for what is added to a level.
    precondition(!overflows && full <= .max / 4, "a rate limit's period and burst are too large")
    precondition(count <= .max / 4, "a rate limit's count is too large")
    self.count = Int64(count)
    token = milliseconds
    self.full = full
  }
}

/// Tokens that are used up by elements and come again as time goes on.
@usableFromInline
struct TokenBucket: Sendable {
  /// Parts of tokens that are there.
  @usableFromInline var level: Int64
  /// When that was so.
  @usableFromInline var instant: Timestamp

  @usableFromInline
  init(level: Int64, at instant: Timestamp) {
    self.level = level
    self.instant = instant
  }

  /// Adds what has come until `now`.
  @inlinable
  mutating func refill(to now: Timestamp, by rate: TokenRate) {
    guard now > instant else { return }
    let (elapsed, overflows) = now.milliseconds.subtractingReportingOverflow(instant.milliseconds)
    instant = now
    let missing = rate.full - level
    level = overflows || elapsed > missing / rate.count ? rate.full : level + elapsed * rate.count
  }

  /// Takes a token if there is one.
  @inlinable
  mutating func take(by rate: TokenRate) -> Bool {
    guard level >= rate.token else { return false }
    level -= rate.token
    return true
  }

  /// When there will be a token.
  @inlinable
  func nextToken(by rate: TokenRate) -> Timestamp {
    reaches(rate.token, by: rate)
  }

  /// When it will be full, as it is for a key that never came.
  @inlinable
  func isFull(by rate: TokenRate) -> Timestamp {
    reaches(rate.full, by: rate)
  }

  @inlinable
  func reaches(_ wanted: Int64, by rate: TokenRate) -> Timestamp {
    guard level < wanted else { return instant }
    return instant.advanced(byMilliseconds: (wanted - level + rate.count - 1) / rate.count)
  }
}

extension TokenBucket {
  func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(level)
    try instant.encode(into: &encoder)
  }

  /// Reads a bucket; a level that `rate` does not know, since it was another once, is put right.
  init(from decoder: inout StateDecoder, by rate: TokenRate) throws(StateError) {
    level = min(max(0, try decoder.readInt64()), rate.full)
    instant = try Timestamp(from: &decoder)
  }
}
