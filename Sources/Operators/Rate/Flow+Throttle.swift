// SPDX-License-Identifier: Apache-2.0
public import Streams

extension Flow {
  /// At most one element per `interval`; the newest is never lost.
  ///
  /// ```swift
  /// let calm = loads.throttle(for: .milliseconds(500), keeping: .both)
  /// ```
  ///
  /// State: one element. Cost: O(1).
  ///
  /// - Parameters:
  ///   - interval: How long an interval is, at least a millisecond.
  ///   - keeping: Which element of an interval is let through. Default: the newest, at its end.
  /// - Returns: The flow.
  @inlinable
  public func throttle(
    for interval: Duration,
    keeping: ThrottleKeeping = .latest
  ) -> Flow<Fused<Chain, Throttle<Chain.Output, NoKey>>> {
    throttle(for: interval, by: { _ in NoKey() }, keeping: keeping)
  }

  /// At most one element per key and `interval`; the newest of a key is never lost.
  ///
  /// ```swift
  /// let calm = loads.throttle(for: .milliseconds(500), by: \.host, keeping: .both)
  /// ```
  ///
  /// State: an interval and at most one element per key with a running one. Cost: O(1) per element,
  /// O(log n) per interval.
  ///
  /// - Parameters:
  ///   - interval: How long an interval is, at least a millisecond.
  ///   - key: What the elements are divided by; only keys with a running interval take memory.
  ///   - keeping: Which element of an interval is let through. Default: the newest, at its end.
  ///   - limit: How many intervals run at once. Default ``KeyLimit/standard``.
  /// - Returns: The flow.
  public func throttle<Key: Hashable & Sendable>(
    for interval: Duration,
    by key: @escaping @Sendable (Chain.Output) -> Key,
    keeping: ThrottleKeeping = .latest,
    keys limit: KeyLimit = .standard
  ) -> Flow<Fused<Chain, Throttle<Chain.Output, Key>>> {
    apply(Throttle(for: interval, by: key, keeping: keeping, keys: limit))
  }
}
