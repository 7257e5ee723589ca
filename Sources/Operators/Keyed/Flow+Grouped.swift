// SPDX-License-Identifier: Apache-2.0
public import Streams

extension Flow {
  /// What comes out of a flow of its own for the elements of each key, together with the key.
  ///
  /// `operators` is asked once; each key gets a copy of what it makes. A key's flow starts with its
  /// first element and ends with this flow, or before that: after `idle`, or when there is no room
  /// for another key. What it holds comes out at its end, and the key may come anew. Failures are
  /// those of this flow; supervision and watermarks that `operators` sets have no effect.
  ///
  /// ```swift
  /// let calm = readings.grouped(by: \.sensor, idleFor: .seconds(600)) { sensor in
  ///   sensor.removeDuplicates(by: \.level).prefix(100)
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - key: What the elements are divided by.
  ///   - maximumKeys: The most keys, at least one. Default 100,000.
  ///   - bound: What becomes of an element with a new key beyond that. Default: the flow of the key
  ///     that was silent longest ends.
  ///   - idle: How long a key is silent before its flow ends, at least a millisecond. Default: for
  ///     ever.
  ///   - operators: Puts operators on the flow of a key.
  /// - Returns: The flow.
  @inlinable
  public func grouped<Key: Hashable & Sendable, Inner: Operator>(
    by key: @escaping @Sendable (Chain.Output) -> Key,
    maximumKeys: Int = 100_000,
    atBound bound: KeyBound = .evictOldest,
    idleFor idle: Duration? = nil,
    _ operators: (Flow<Identity<Chain.Output>>) -> Flow<Inner>
  ) -> Flow<Fused<Chain, Grouped<Key, Inner>>> where Inner.Input == Chain.Output {
    let limits = GroupLimits(maximumKeys: maximumKeys, atBound: bound, idleFor: idle)
    let inner = operators(Topic<Chain.Output>("group").flow()).chain
    return apply(Grouped(by: key, limits, inner))
  }
}
