// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Holds the newest element of a key until the key has been silent for a while.
public struct DebounceRule<Element: Sendable>: CoalescingRule {
  @usableFromInline let quiet: Int64
  @usableFromInline let maximumWait: Int64

  init(_ quiet: Duration, maxWait: Duration?) {
    precondition(quiet.wholeMilliseconds >= 1, "a debounce's silence is at least 1 ms")
    precondition(
      (maxWait ?? quiet) >= quiet,
      "a debounce waits at least as long as the silence it waits for"
    )
    self.quiet = quiet.wholeMilliseconds
    maximumWait = maxWait?.wholeMilliseconds ?? .max
  }

  /// The stage `debounce`.
  public var stage: String { "debounce" }

  /// The end of the silence behind the newest, but not too long after the first.
  @inlinable
  public func deadline(since first: Timestamp, at now: Timestamp) -> Timestamp {
    min(now.advanced(byMilliseconds: quiet), first.advanced(byMilliseconds: maximumWait))
  }

  /// Keeps the newest.
  @inlinable
  public func combine(_ held: inout Element, with element: Element) {
    held = element
  }
}

extension Flow {
  /// The newest element, once none has come for `quiet`; the last of the flow is never lost.
  ///
  /// ```swift
  /// let searches = keystrokes.debounce(for: .milliseconds(300), maxWait: .seconds(2))
  /// ```
  ///
  /// An element at the very instant at which the silence would be over still counts. State: one
  /// element. Cost: O(1).
  ///
  /// - Parameters:
  ///   - quiet: How long the flow must be silent, at least a millisecond.
  ///   - maxWait: How long after the first that is held the newest comes out though there is no
  ///     silence, so that a flow that never rests is seen too. Default: as long as it takes.
  /// - Returns: The flow.
  @inlinable
  public func debounce(
    for quiet: Duration,
    maxWait: Duration? = nil
  ) -> Flow<Fused<Chain, Coalescing<DebounceRule<Chain.Output>, NoKey>>> {
    debounce(for: quiet, maxWait: maxWait, by: { _ in NoKey() })
  }

  /// The newest element of each key, once none of that key has come for `quiet`.
  ///
  /// ```swift
  /// let settled = edits.debounce(for: .milliseconds(300), by: \.documentID)
  /// ```
  ///
  /// State: one element per key that waits. Cost: O(1) per element, O(log n) per output.
  ///
  /// - Parameters:
  ///   - quiet: How long a key must be silent, at least a millisecond.
  ///   - maxWait: How long after the first that is held the newest comes out though there is no
  ///     silence. Default: as long as it takes.
  ///   - key: What the elements are divided by; only keys that hold an element take memory.
  ///   - limit: How many keys hold an element at once. Default ``KeyLimit/standard``.
  /// - Returns: The flow.
  public func debounce<Key: Hashable & Sendable>(
    for quiet: Duration,
    maxWait: Duration? = nil,
    by key: @escaping @Sendable (Chain.Output) -> Key,
    keys limit: KeyLimit = .standard
  ) -> Flow<Fused<Chain, Coalescing<DebounceRule<Chain.Output>, Key>>> {
    apply(Coalescing(DebounceRule(quiet, maxWait: maxWait), by: key, keys: limit))
  }
}
