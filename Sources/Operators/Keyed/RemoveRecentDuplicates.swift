// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits an element unless one with its key passed a short while before it.
///
/// It remembers the keys that passed last: so many of them, each for so long. State: those keys.
/// Cost: O(1).
public struct RemoveRecentDuplicates<Element: Sendable, Key: Hashable & Sendable>: Operator {
  @usableFromInline struct Nothing: Sendable { @inlinable init() {} }

  @usableFromInline let key: @Sendable (Element) -> Key
  @usableFromInline let maximumKeys: Int
  @usableFromInline let milliseconds: Int64
  @usableFromInline var passed = RecentKeys<Key, Nothing>()
  @usableFromInline var dropped: UInt64 = 0
  @usableFromInline var forgotten: UInt64 = 0

  /// Makes the operator.
  ///
  /// - Parameters:
  ///   - key: What makes two elements the same.
  ///   - maximumKeys: How many keys it remembers, at least one.
  ///   - interval: For how long, at least a millisecond; `nil`: as long as there is room.
  @inlinable
  public init(
    by key: @escaping @Sendable (Element) -> Key,
    amongLast maximumKeys: Int,
    within interval: Duration?
  ) {
    precondition(maximumKeys >= 1, "at least one key is remembered")
    precondition((interval?.wholeMilliseconds ?? 1) >= 1, "a key is remembered at least 1 ms")
    self.key = key
    self.maximumKeys = maximumKeys
    milliseconds = interval?.wholeMilliseconds ?? .max
  }

  /// Emits the element and remembers its key, or counts it.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Element) -> Void) {
    expire(at: now)
    let key = key(element)
    if passed.slot(of: key) != nil {
      dropped &+= 1
      return
    }
    if passed.count >= maximumKeys { forgetFirst() }
    _ = passed.insert(key, Nothing(), at: now)
    emit(element)
  }

  @inlinable
  mutating func expire(at now: Timestamp) {
    guard milliseconds != .max else { return }
    while passed.oldest.advanced(byMilliseconds: milliseconds) <= now, passed.first >= 0 {
      passed.remove(passed.first)
    }
  }

  @inlinable
  mutating func forgetFirst() {
    passed.remove(passed.first)
    forgotten &+= 1
  }

  /// Writes the keys and when they passed.
  public mutating func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("removeRecentDuplicates") { encoder throws(StateError) in
      try passed.encode(into: &encoder) { _, _, _ in }
    }
  }

  /// Reads the keys and when they passed.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("removeRecentDuplicates") { decoder, _ throws(StateError) in
      try passed.restore(from: &decoder) { _ in Nothing() }
    }
    while passed.count > maximumKeys { forgetFirst() }
  }

  /// The stage `removeDuplicates`: elements `dropped`, keys `forgotten` since there were too many, and
  /// `keys` remembered now.
  public var stages: [StageStatistics] {
    [
      StageStatistics(
        "removeDuplicates",
        ["dropped": dropped, "forgotten": forgotten, "keys": UInt64(passed.count)]
      )
    ]
  }
}

extension Flow {
  /// The elements whose key is not among the last `maximumKeys` that passed.
  ///
  /// ```swift
  /// let once = deliveries.removeDuplicates(by: \.id, amongLast: 10_000)
  /// ```
  ///
  /// - Parameters:
  ///   - key: What makes two elements the same.
  ///   - maximumKeys: How many keys are remembered, at least one; beyond that, the key that passed
  ///     first is forgotten.
  /// - Returns: The flow.
  @inlinable
  public func removeDuplicates<Key: Hashable & Sendable>(
    by key: @escaping @Sendable (Chain.Output) -> Key,
    amongLast maximumKeys: Int
  ) -> Flow<Fused<Chain, RemoveRecentDuplicates<Chain.Output, Key>>> {
    apply(RemoveRecentDuplicates(by: key, amongLast: maximumKeys, within: nil))
  }

  /// The elements whose key did not pass less than `interval` before them.
  ///
  /// ```swift
  /// let once = deliveries.removeDuplicates(by: \.id, within: .seconds(60))
  /// ```
  ///
  /// - Parameters:
  ///   - key: What makes two elements the same.
  ///   - interval: How long a key is remembered, at least a millisecond, from when it passed.
  ///   - maximumKeys: How many keys are remembered, at least one; beyond that, the key that passed
  ///     first is forgotten, and counted. Default 100,000.
  /// - Returns: The flow.
  @inlinable
  public func removeDuplicates<Key: Hashable & Sendable>(
    by key: @escaping @Sendable (Chain.Output) -> Key,
    within interval: Duration,
    maximumKeys: Int = 100_000
  ) -> Flow<Fused<Chain, RemoveRecentDuplicates<Chain.Output, Key>>> {
    apply(RemoveRecentDuplicates(by: key, amongLast: maximumKeys, within: interval))
  }
}
