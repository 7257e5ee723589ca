// SPDX-License-Identifier: Apache-2.0
public import Streams

extension Flow {
  /// At most `count` elements in each `period` on average, and at most `burst` at once.
  ///
  /// ```swift
  /// let polite = calls.rateLimit(10, per: .seconds(1), excess: .hold(QueueLimit(100, overflow: .dropNewest)))
  /// ```
  ///
  /// A bucket holds `burst` tokens and is full at first; each element takes one; `count` come again
  /// in each period, one after the other. State: the bucket and what waits. Cost: O(1).
  ///
  /// - Parameters:
  ///   - count: How many elements pass in a period, at least one.
  ///   - period: How long a period is, at least a millisecond.
  ///   - burst: How many may pass at once after a silence. Default: `count`.
  ///   - excess: What becomes of an element for which there is no token. Default: it is dropped.
  /// - Returns: The flow.
  @inlinable
  public func rateLimit(
    _ count: Int,
    per period: Duration,
    burst: Int? = nil,
    excess: RateExcess = .drop
  ) -> Flow<Fused<Chain, RateLimit<Chain.Output, NoKey>>> {
    rateLimit(count, per: period, burst: burst, by: { _ in NoKey() }, excess: excess)
  }

  /// At most `count` elements of each key in each `period` on average, and at most `burst` at once.
  ///
  /// ```swift
  /// let fair = calls.rateLimit(10, per: .seconds(1), by: \.client)
  /// ```
  ///
  /// State: a bucket per key that is not full again, with what waits of that key. Cost: O(1) per
  /// element, O(log n) per output.
  ///
  /// - Parameters:
  ///   - count: How many elements of a key pass in a period, at least one.
  ///   - period: How long a period is, at least a millisecond.
  ///   - burst: How many of a key may pass at once after a silence. Default: `count`.
  ///   - key: What the elements are divided by.
  ///   - excess: What becomes of an element for which there is no token. Default: it is dropped.
  ///   - limit: How many keys have a bucket that is not full. Default ``KeyLimit/standard``; a key
  ///     that goes before its time gives out what waits of it, and has a full bucket when it comes
  ///     again. Say `refuse` where many made-up keys must not wear down the limit.
  /// - Returns: The flow.
  public func rateLimit<Key: Hashable & Sendable>(
    _ count: Int,
    per period: Duration,
    burst: Int? = nil,
    by key: @escaping @Sendable (Chain.Output) -> Key,
    excess: RateExcess = .drop,
    keys limit: KeyLimit = .standard
  ) -> Flow<Fused<Chain, RateLimit<Chain.Output, Key>>> {
    apply(
      RateLimit(count, per: period, burst: burst ?? count, by: key, excess: excess, keys: limit)
    )
  }
}
