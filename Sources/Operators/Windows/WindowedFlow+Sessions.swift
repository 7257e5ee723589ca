// SPDX-License-Identifier: Apache-2.0
public import Streams

extension WindowedFlow where Windows == SessionWindows {
  /// What the aggregates come to in each session of each key.
  ///
  /// ```swift
  /// let visits = clicks
  ///   .window(.session(gap: .seconds(1_800)), by: \.user, at: \.time)
  ///   .aggregate { Count() }
  /// ```
  ///
  /// - Parameter build: The aggregates; several give a tuple of their results, in order.
  /// - Returns: The flow of firings.
  @inlinable
  public func aggregate<Value: Aggregate>(
    @AggregateBuilder<Chain.Output> _ build: () -> Value
  ) -> Flow<Fused<Chain, SessionWindowing<Chain.Output, Key, Value>>>
  where Value.Input == Chain.Output {
    flow.apply(
      SessionWindowing(
        windows,
        by: key,
        at: time,
        options: options,
        late: late,
        aggregate: build()
      )
    )
  }
}

extension Flow {
  /// Divides the flow into sessions by event time.
  ///
  /// ```swift
  /// let bursts = requests.window(.session(gap: .seconds(5)), at: \.time).aggregate { Count() }
  /// ```
  ///
  /// - Parameters:
  ///   - windows: How long nothing comes between two sessions.
  ///   - time: An element's event time.
  ///   - lateness: How long after its end, by the watermark, a session still takes elements and
  ///     fires again for each. Default: not at all.
  /// - Returns: The windows; say what to compute with ``WindowedFlow/aggregate(_:)``.
  @inlinable
  public func window(
    _ windows: SessionWindows,
    at time: @escaping @Sendable (Chain.Output) -> Timestamp,
    lateness: Duration = .zero
  ) -> WindowedFlow<Chain, NoKey, SessionWindows> {
    window(windows, by: { _ in NoKey() }, at: time, lateness: lateness)
  }

  /// Divides the flow by a key and into sessions by event time.
  ///
  /// ```swift
  /// let visits = clicks
  ///   .window(.session(gap: .seconds(1_800)), by: \.user, at: \.time, lateness: .seconds(60))
  ///   .aggregate { Count() }
  /// ```
  ///
  /// - Parameters:
  ///   - windows: How long nothing comes between two sessions.
  ///   - key: What the elements are divided by.
  ///   - time: An element's event time.
  ///   - lateness: How long after its end, by the watermark, a session still takes elements and
  ///     fires again for each. Default: not at all.
  /// - Returns: The windows; say what to compute with ``WindowedFlow/aggregate(_:)``.
  public func window<Key: Hashable & Sendable>(
    _ windows: SessionWindows,
    by key: @escaping @Sendable (Chain.Output) -> Key,
    at time: @escaping @Sendable (Chain.Output) -> Timestamp,
    lateness: Duration = .zero
  ) -> WindowedFlow<Chain, Key, SessionWindows> {
    WindowedFlow(self, windows, by: key, at: time, lateness: lateness)
  }

  /// Divides the flow into sessions by the instants at which entries are appended.
  ///
  /// ```swift
  /// let bursts = alerts.window(.session(gap: .seconds(5))).aggregate { Count() }
  /// ```
  ///
  /// - Parameter windows: How long nothing comes between two sessions.
  /// - Returns: The windows; say what to compute with ``WindowedFlow/aggregate(_:)``.
  public func window(_ windows: SessionWindows) -> WindowedFlow<Chain, NoKey, SessionWindows> {
    window(windows, by: { _ in NoKey() })
  }

  /// Divides the flow by a key and into sessions by the instants at which entries are appended.
  ///
  /// ```swift
  /// let bursts = alerts.window(.session(gap: .seconds(5)), by: \.host).aggregate { Count() }
  /// ```
  ///
  /// - Parameters:
  ///   - windows: How long nothing comes between two sessions.
  ///   - key: What the elements are divided by.
  /// - Returns: The windows; say what to compute with ``WindowedFlow/aggregate(_:)``.
  public func window<Key: Hashable & Sendable>(
    _ windows: SessionWindows,
    by key: @escaping @Sendable (Chain.Output) -> Key
  ) -> WindowedFlow<Chain, Key, SessionWindows> {
    WindowedFlow(self, windows, by: key, at: nil)
  }
}
