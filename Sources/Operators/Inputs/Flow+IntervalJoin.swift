// SPDX-License-Identifier: Apache-2.0
public import Streams

extension Flow {
  /// Pairs of an element of this flow and one of another that have the same key and lie close in
  /// event time.
  ///
  /// An element is kept until the watermark, the lesser of the two flows', has passed what it could
  /// meet; one that comes later than that is counted as `late` and dropped. A flow without a
  /// watermark strategy has the marks of its topic alone: without any, all is kept up to `limit`.
  ///
  /// ```swift
  /// let paid = orders.join(
  ///   payments, on: \.id, equals: \.order, within: .seconds(0) ... .seconds(60), at: \.time, \.time)
  /// ```
  ///
  /// - Parameters:
  ///   - other: The other flow.
  ///   - key: The key of an element of this flow.
  ///   - otherKey: The key of an element of the other.
  ///   - interval: How much later than this flow's element the other's may be, both ends included.
  ///   - time: The event time of an element of this flow.
  ///   - otherTime: The event time of an element of the other.
  ///   - limit: How many elements are kept. Default ``JoinLimit/standard``.
  /// - Returns: The flow of pairs, in the order in which they are complete.
  @inlinable
  public func join<Other: Operator, Key: Hashable & Sendable>(
    _ other: Flow<Other>,
    on key: @escaping @Sendable (Chain.Output) -> Key,
    equals otherKey: @escaping @Sendable (Other.Output) -> Key,
    within interval: ClosedRange<Duration>,
    at time: @escaping @Sendable (Chain.Output) -> Timestamp,
    _ otherTime: @escaping @Sendable (Other.Output) -> Timestamp,
    limit: JoinLimit = .standard
  ) -> Flow<
    Inputs<
      Chain.Output, Other.Output,
      IntervalJoin<Chain.Output, Other.Output, Key, Joined<Chain.Output, Other.Output>>
    >
  > {
    let rule = IntervalRule(key, otherKey, interval, time, otherTime)
    return either(other).apply(
      IntervalJoin(rule, limit: limit) { Joined(left: $0, right: $1) }
    )
  }

  /// The same, and each element of this flow that has met none, alone.
  ///
  /// It comes alone when the watermark has passed all that it could have met, or when it has to go
  /// before that since there is no room.
  ///
  /// ```swift
  /// let unpaid = orders.leftJoin(
  ///   payments, on: \.id, equals: \.order, within: .seconds(0) ... .seconds(60), at: \.time, \.time
  /// )
  /// .filter { $0.right == nil }
  /// ```
  ///
  /// - Parameters:
  ///   - other: The other flow.
  ///   - key: The key of an element of this flow.
  ///   - otherKey: The key of an element of the other.
  ///   - interval: How much later than this flow's element the other's may be, both ends included.
  ///   - time: The event time of an element of this flow.
  ///   - otherTime: The event time of an element of the other.
  ///   - limit: How many elements are kept. Default ``JoinLimit/standard``.
  /// - Returns: The flow of pairs, in the order in which they are complete.
  @inlinable
  public func leftJoin<Other: Operator, Key: Hashable & Sendable>(
    _ other: Flow<Other>,
    on key: @escaping @Sendable (Chain.Output) -> Key,
    equals otherKey: @escaping @Sendable (Other.Output) -> Key,
    within interval: ClosedRange<Duration>,
    at time: @escaping @Sendable (Chain.Output) -> Timestamp,
    _ otherTime: @escaping @Sendable (Other.Output) -> Timestamp,
    limit: JoinLimit = .standard
  ) -> Flow<
    Inputs<
      Chain.Output, Other.Output,
      IntervalJoin<Chain.Output, Other.Output, Key, Joined<Chain.Output, Other.Output?>>
    >
  > {
    let rule = IntervalRule(key, otherKey, interval, time, otherTime)
    return either(other).apply(
      IntervalJoin(
        rule,
        limit: limit,
        pair: { Joined(left: $0, right: $1) },
        single: { Joined(left: $0, right: nil) }
      )
    )
  }
}
