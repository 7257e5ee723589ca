// SPDX-License-Identifier: Apache-2.0
public import Streams

extension WindowedFlow where Windows == CountWindows {
  /// What the aggregates come to in each window of each key.
  ///
  /// ```swift
  /// let ofTen = bids.window(.count(10), by: \.auction).aggregate { Count() }
  /// ```
  ///
  /// - Parameter build: The aggregates; several give a tuple of their results, in order.
  /// - Returns: The flow of firings.
  @inlinable
  public func aggregate<Value: Aggregate>(
    @AggregateBuilder<Chain.Output> _ build: () -> Value
  ) -> Flow<Fused<Chain, CountWindowing<Chain.Output, Key, Value>>>
  where Value.Input == Chain.Output {
    flow.apply(CountWindowing(windows, by: key, at: time, options: options, aggregate: build()))
  }
}

extension Flow {
  /// Divides the flow into windows of so many elements.
  ///
  /// ```swift
  /// let ofTen = readings.window(.count(10)).aggregate { Count() }
  /// let lastTen = readings.window(.count(10, every: 1), at: \.time).aggregate { Count() }
  /// ```
  ///
  /// - Parameters:
  ///   - windows: How many elements a window has.
  ///   - time: An element's event time, for the starts and ends of windows. Default: when its entry
  ///     was appended.
  /// - Returns: The windows; say what to compute with ``WindowedFlow/aggregate(_:)``.
  @inlinable
  public func window(
    _ windows: CountWindows,
    at time: (@Sendable (Chain.Output) -> Timestamp)? = nil
  ) -> WindowedFlow<Chain, NoKey, CountWindows> {
    WindowedFlow(self, windows, by: { _ in NoKey() }, at: time)
  }

  /// Divides the flow by a key and into windows of so many elements of it.
  ///
  /// ```swift
  /// let ofTen = bids.window(.count(10), by: \.auction).aggregate { Count() }
  /// ```
  ///
  /// - Parameters:
  ///   - windows: How many elements a window has.
  ///   - key: What the elements are divided by.
  ///   - time: An element's event time, for the starts and ends of windows. Default: when its entry
  ///     was appended.
  /// - Returns: The windows; say what to compute with ``WindowedFlow/aggregate(_:)``.
  public func window<Key: Hashable & Sendable>(
    _ windows: CountWindows,
    by key: @escaping @Sendable (Chain.Output) -> Key,
    at time: (@Sendable (Chain.Output) -> Timestamp)? = nil
  ) -> WindowedFlow<Chain, Key, CountWindows> {
    WindowedFlow(self, windows, by: key, at: time)
  }
}
