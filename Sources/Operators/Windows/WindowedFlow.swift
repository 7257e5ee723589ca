// SPDX-License-Identifier: Apache-2.0
public import Streams

/// A flow that was divided into windows and waits for what to compute in each.
public struct WindowedFlow<Chain: Operator, Key: Hashable & Sendable>: Sendable {
  let flow: Flow<Chain>
  let windows: AlignedWindows
  let key: @Sendable (Chain.Output) -> Key
  let time: @Sendable (Chain.Output) -> Timestamp
  let lateness: Duration
  var keepsTotal = false

  /// The same windows, each of which also tells the aggregates over everything before its end.
  ///
  /// The totals of all keys are kept as long as the flow runs.
  public func withTotal() -> Self {
    var copy = self
    copy.keepsTotal = true
    return copy
  }

  /// What the aggregates come to in each window and key.
  ///
  /// ```swift
  /// .aggregate {
  ///   Count()
  ///   Sum(of: \.bytes)
  /// }
  /// ```
  ///
  /// - Parameter build: The aggregates; several give a tuple of their results, in order.
  /// - Returns: The flow of firings.
  public func aggregate<Value: Aggregate>(
    @AggregateBuilder<Chain.Output> _ build: () -> Value
  ) -> Flow<Fused<Chain, AlignedWindowing<Chain.Output, Key, Value>>>
  where Value.Input == Chain.Output {
    flow.apply(
      AlignedWindowing(
        windows,
        by: key,
        at: time,
        lateness: lateness,
        keepsTotal: keepsTotal,
        aggregate: build()
      )
    )
  }
}

extension Flow {
  /// Divides the flow into windows by event time.
  ///
  /// ```swift
  /// let perSecond = requests
  ///   .window(.tumbling(.seconds(1)), at: \.time)
  ///   .aggregate { Count() }
  /// ```
  ///
  /// - Parameters:
  ///   - windows: Which windows there are.
  ///   - time: An element's event time.
  ///   - lateness: How long after its end, by the watermark, a window still takes elements and
  ///     fires again for each. Default: not at all.
  /// - Returns: The windows; say what to compute with ``WindowedFlow/aggregate(_:)``.
  public func window(
    _ windows: AlignedWindows,
    at time: @escaping @Sendable (Chain.Output) -> Timestamp,
    lateness: Duration = .zero
  ) -> WindowedFlow<Chain, NoKey> {
    window(windows, by: { _ in NoKey() }, at: time, lateness: lateness)
  }

  /// Divides the flow by a key and into windows by event time.
  ///
  /// - Parameters:
  ///   - windows: Which windows there are.
  ///   - key: What the elements are divided by.
  ///   - time: An element's event time.
  ///   - lateness: How long after its end, by the watermark, a window still takes elements and
  ///     fires again for each. Default: not at all.
  /// - Returns: The windows; say what to compute with ``WindowedFlow/aggregate(_:)``.
  public func window<Key: Hashable & Sendable>(
    _ windows: AlignedWindows,
    by key: @escaping @Sendable (Chain.Output) -> Key,
    at time: @escaping @Sendable (Chain.Output) -> Timestamp,
    lateness: Duration = .zero
  ) -> WindowedFlow<Chain, Key> {
    WindowedFlow(flow: self, windows: windows, key: key, time: time, lateness: lateness)
  }
}
