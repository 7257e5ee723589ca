// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Makes one element of those of a key that come within an interval.
public struct ConflateRule<Element: Sendable>: CoalescingRule {
  @usableFromInline let interval: Int64
  @usableFromInline let merge: @Sendable (inout Element, Element) -> Void

  init(_ interval: Duration, _ merge: @escaping @Sendable (inout Element, Element) -> Void) {
    precondition(interval.wholeMilliseconds >= 1, "a conflation's interval is at least 1 ms")
    self.interval = interval.wholeMilliseconds
    self.merge = merge
  }

  /// The stage `conflate`.
  public var stage: String { "conflate" }

  /// The end of the interval that the first began.
  @inlinable
  public func deadline(since first: Timestamp, at now: Timestamp) -> Timestamp {
    first.advanced(byMilliseconds: interval)
  }

  /// Merges the two.
  @inlinable
  public func combine(_ held: inout Element, with element: Element) {
    merge(&held, element)
  }
}

extension Flow {
  /// One element for all that come within `interval` of the first, merged in their order.
  ///
  /// ```swift
  /// let sums = amounts.conflate(within: .seconds(1)) { $0 += $1 }
  /// ```
  ///
  /// Nothing is lost that `merge` keeps: what is held is given out when the flow ends. State: one
  /// element; what it grows to is up to `merge`. Cost: O(1) and that of `merge`.
  ///
  /// - Parameters:
  ///   - interval: How long after the first the merged element comes out, at least a millisecond.
  ///   - merge: Puts the second element into the first.
  /// - Returns: The flow.
  @inlinable
  public func conflate(
    within interval: Duration,
    _ merge: @escaping @Sendable (inout Chain.Output, Chain.Output) -> Void
  ) -> Flow<Fused<Chain, Coalescing<ConflateRule<Chain.Output>, NoKey>>> {
    conflate(within: interval, by: { _ in NoKey() }, merge)
  }

  /// One element for all of a key that come within `interval` of the first, merged in their order.
  ///
  /// ```swift
  /// let changes = edits.conflate(within: .seconds(1), by: \.documentID) { $0.append($1) }
  /// ```
  ///
  /// State: one element per key with a running interval. Cost: O(1) and that of `merge` per element,
  /// O(log n) per output.
  ///
  /// - Parameters:
  ///   - interval: How long after the first the merged element comes out, at least a millisecond.
  ///   - key: What the elements are divided by; only keys with a running interval take memory.
  ///   - limit: How many intervals run at once. Default ``KeyLimit/standard``.
  ///   - merge: Puts the second element into the first.
  /// - Returns: The flow.
  public func conflate<Key: Hashable & Sendable>(
    within interval: Duration,
    by key: @escaping @Sendable (Chain.Output) -> Key,
    keys limit: KeyLimit = .standard,
    _ merge: @escaping @Sendable (inout Chain.Output, Chain.Output) -> Void
  ) -> Flow<Fused<Chain, Coalescing<ConflateRule<Chain.Output>, Key>>> {
    apply(Coalescing(ConflateRule(interval, merge), by: key, keys: limit))
  }
}
