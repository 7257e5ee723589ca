// SPDX-License-Identifier: Apache-2.0
public import Streams

extension Flow {
  /// What this flow and another have in each window of event time, by key.
  ///
  /// A group comes when the watermark, the lesser of the two flows', reaches the window's end, for
  /// each key that one of the two has had; later elements are counted as `late` and dropped.
  ///
  /// ```swift
  /// let sessions = logins.group(
  ///   with: logouts, on: \.user, equals: \.user, in: .tumbling(.seconds(60)), at: \.time, \.time)
  /// ```
  ///
  /// - Parameters:
  ///   - other: The other flow.
  ///   - key: The key of an element of this flow.
  ///   - otherKey: The key of an element of the other.
  ///   - windows: Which windows there are; an element is held once for each around it.
  ///   - time: The event time of an element of this flow.
  ///   - otherTime: The event time of an element of the other.
  ///   - limit: The most elements that are held; further ones are dropped and counted, as long as
  ///     there is no room. Default 100,000.
  /// - Returns: The flow of groups.
  @inlinable
  public func group<Other: Operator, Key: Hashable & Sendable>(
    with other: Flow<Other>,
    on key: @escaping @Sendable (Chain.Output) -> Key,
    equals otherKey: @escaping @Sendable (Other.Output) -> Key,
    in windows: AlignedWindows,
    at time: @escaping @Sendable (Chain.Output) -> Timestamp,
    _ otherTime: @escaping @Sendable (Other.Output) -> Timestamp,
    limit: Int = 100_000
  ) -> Flow<Inputs<Chain.Output, Other.Output, WindowGrouping<Chain.Output, Other.Output, Key>>> {
    either(other).apply(
      WindowGrouping(windows, on: key, equals: otherKey, at: time, otherTime, limit: limit)
    )
  }

  /// Pairs of an element of this flow and one of another that have the same key and lie in the same
  /// window of event time.
  ///
  /// They come when the watermark, the lesser of the two flows', reaches the window's end; later
  /// elements are counted as `late` and dropped.
  ///
  /// ```swift
  /// let sellers = people.join(
  ///   auctions, on: \.id, equals: \.seller, in: .tumbling(.seconds(10)), at: \.time, \.time)
  /// ```
  ///
  /// - Parameters:
  ///   - other: The other flow.
  ///   - key: The key of an element of this flow.
  ///   - otherKey: The key of an element of the other.
  ///   - windows: Which windows there are; an element is held once for each around it.
  ///   - time: The event time of an element of this flow.
  ///   - otherTime: The event time of an element of the other.
  ///   - limit: The most elements that are held; further ones are dropped and counted, as long as
  ///     there is no room. Default 100,000.
  /// - Returns: The flow of pairs.
  @inlinable
  public func join<Other: Operator, Key: Hashable & Sendable>(
    _ other: Flow<Other>,
    on key: @escaping @Sendable (Chain.Output) -> Key,
    equals otherKey: @escaping @Sendable (Other.Output) -> Key,
    in windows: AlignedWindows,
    at time: @escaping @Sendable (Chain.Output) -> Timestamp,
    _ otherTime: @escaping @Sendable (Other.Output) -> Timestamp,
    limit: Int = 100_000
  ) -> Flow<
    Fused<
      Inputs<Chain.Output, Other.Output, WindowGrouping<Chain.Output, Other.Output, Key>>,
      WindowPairs<Key, Chain.Output, Other.Output>
    >
  > {
    group(
      with: other,
      on: key,
      equals: otherKey,
      in: windows,
      at: time,
      otherTime,
      limit: limit
    )
    .apply(WindowPairs())
  }
}
