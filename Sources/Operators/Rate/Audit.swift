// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Holds the newest element of a key until an interval is over that the first began.
public struct AuditRule<Element: Sendable>: CoalescingRule {
  @usableFromInline let interval: Int64

  init(_ interval: Duration) {
    precondition(interval.wholeMilliseconds >= 1, "an audit's interval is at least 1 ms")
    self.interval = interval.wholeMilliseconds
  }

  /// The stage `audit`.
  public var stage: String { "audit" }

  /// The end of the interval that the first began.
  @inlinable
  public func deadline(since first: Timestamp, at now: Timestamp) -> Timestamp {
    first.advanced(byMilliseconds: interval)
  }

  /// Keeps the newest.
  @inlinable
  public func combine(_ held: inout Element, with element: Element) {
    held = element
  }
}

extension Flow {
  /// The newest element of each interval, at its end; the last of the flow is never lost.
  ///
  /// ```swift
  /// let positions = moves.audit(for: .milliseconds(100))
  /// ```
  ///
  /// An interval begins with an element that finds none running, so an element waits at most
  /// `interval`. In `throttle` with `.latest` the next interval begins at the end of the one before
  /// instead: it keeps outputs at least an interval apart, `audit` does not. State: one element.
  /// Cost: O(1).
  ///
  /// - Parameter interval: How long an interval is, at least a millisecond.
  /// - Returns: The flow.
  @inlinable
  public func audit(
    for interval: Duration
  ) -> Flow<Fused<Chain, Coalescing<AuditRule<Chain.Output>, NoKey>>> {
    audit(for: interval, by: { _ in NoKey() })
  }

  /// The newest element of each key and interval, at the interval's end.
  ///
  /// ```swift
  /// let positions = moves.audit(for: .milliseconds(100), by: \.vehicleID)
  /// ```
  ///
  /// State: one element per key with a running interval. Cost: O(1) per element, O(log n) per
  /// output.
  ///
  /// - Parameters:
  ///   - interval: How long an interval is, at least a millisecond.
  ///   - key: What the elements are divided by; only keys with a running interval take memory.
  ///   - limit: How many intervals run at once. Default ``KeyLimit/standard``.
  /// - Returns: The flow.
  public func audit<Key: Hashable & Sendable>(
    for interval: Duration,
    by key: @escaping @Sendable (Chain.Output) -> Key,
    keys limit: KeyLimit = .standard
  ) -> Flow<Fused<Chain, Coalescing<AuditRule<Chain.Output>, Key>>> {
    apply(Coalescing(AuditRule(interval), by: key, keys: limit))
  }
}
