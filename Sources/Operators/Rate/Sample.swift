// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Holds the newest element of a key until the next instant of a grid.
public struct SampleRule<Element: Sendable>: CoalescingRule {
  @usableFromInline let step: Int64
  @usableFromInline let offset: Int64

  init(_ step: Duration, offset: Duration) {
    precondition(step.wholeMilliseconds >= 1, "a sample is taken every millisecond at most")
    self.step = step.wholeMilliseconds
    let offset = offset.wholeMilliseconds % self.step
    self.offset = offset < 0 ? offset + self.step : offset
  }

  /// The stage `sample`.
  public var stage: String { "sample" }

  /// The first instant of the grid that is not before the newest; the first of those that are held
  /// has the same.
  @inlinable
  public func deadline(since first: Timestamp, at now: Timestamp) -> Timestamp {
    // Both remainders are taken before they are subtracted, so that nothing overflows.
    let behind = now.milliseconds % step - offset
    let place = behind % step
    return now.advanced(byMilliseconds: place > 0 ? step - place : -place)
  }

  /// Keeps the newest.
  @inlinable
  public func combine(_ held: inout Element, with element: Element) {
    held = element
  }
}

extension Flow {
  /// The newest element at each instant of a grid, if one has come since the instant before.
  ///
  /// ```swift
  /// let perSecond = loads.sample(every: .seconds(1))
  /// ```
  ///
  /// The instants are the multiples of `step` since the Unix epoch, moved by `offset`, whenever a
  /// reader starts; an element at such an instant belongs to it. What came after the last instant is
  /// given out when the flow ends. State: one element. Cost: O(1).
  ///
  /// - Parameters:
  ///   - step: The distance of the instants, at least a millisecond.
  ///   - offset: How far they are moved. Default: not at all.
  /// - Returns: The flow.
  @inlinable
  public func sample(
    every step: Duration,
    offset: Duration = .zero
  ) -> Flow<Fused<Chain, Coalescing<SampleRule<Chain.Output>, NoKey>>> {
    sample(every: step, offset: offset, by: { _ in NoKey() })
  }

  /// The newest element of each key at each instant of a grid, if one has come since the instant
  /// before; keys in the order in which they first came since then.
  ///
  /// ```swift
  /// let perSecond = loads.sample(every: .seconds(1), by: \.host)
  /// ```
  ///
  /// State: one element per key that has one. Cost: O(1) per element, O(log n) per output.
  ///
  /// - Parameters:
  ///   - step: The distance of the instants, at least a millisecond.
  ///   - offset: How far they are moved from the multiples of `step`. Default: not at all.
  ///   - key: What the elements are divided by; only keys with an element take memory.
  ///   - limit: How many keys hold an element at once. Default ``KeyLimit/standard``.
  /// - Returns: The flow.
  public func sample<Key: Hashable & Sendable>(
    every step: Duration,
    offset: Duration = .zero,
    by key: @escaping @Sendable (Chain.Output) -> Key,
    keys limit: KeyLimit = .standard
  ) -> Flow<Fused<Chain, Coalescing<SampleRule<Chain.Output>, Key>>> {
    apply(Coalescing(SampleRule(step, offset: offset), by: key, keys: limit))
  }
}
