// SPDX-License-Identifier: Apache-2.0
public import Streams

/// A flow that was divided into windows and waits for what to compute in each.
public struct WindowedFlow<Chain: Operator, Key: Hashable & Sendable, Windows: Sendable>: Sendable {
  @usableFromInline let flow: Flow<Chain>
  @usableFromInline let windows: Windows
  @usableFromInline let key: @Sendable (Chain.Output) -> Key
  @usableFromInline let time: (@Sendable (Chain.Output) -> Timestamp)?
  @usableFromInline var options: WindowOptions
  @usableFromInline var late: SideOutput<Chain.Output>?

  @usableFromInline
  init(
    _ flow: Flow<Chain>,
    _ windows: Windows,
    by key: @escaping @Sendable (Chain.Output) -> Key,
    at time: (@Sendable (Chain.Output) -> Timestamp)?,
    lateness: Duration = .zero
  ) {
    self.flow = flow
    self.windows = windows
    self.key = key
    self.time = time
    options = WindowOptions(lateness: lateness)
  }

  func with(_ change: (inout Self) -> Void) -> Self {
    var copy = self
    change(&copy)
    return copy
  }

  /// The same windows with another bound on what they keep.
  ///
  /// ```swift
  /// .window(.session(gap: .seconds(30)), by: \.user, at: \.time)
  /// .limited(to: 100_000, .evictOldest)
  /// ```
  ///
  /// - Parameters:
  ///   - count: The most aggregates, one for each key and window or pane. Default: a million.
  ///   - overflow: What happens to an element that would need one more.
  /// - Returns: The windows.
  public func limited(to count: Int, _ overflow: WindowOverflow = .rejectNewest) -> Self {
    precondition(count >= 1, "windows keep at least one aggregate")
    return with {
      $0.options.limit = count
      $0.options.overflow = overflow
    }
  }
}

extension WindowedFlow where Windows == AlignedWindows {
  /// The same windows, each of which also tells the aggregates over everything before its end.
  ///
  /// The totals of all keys are kept as long as the flow runs, up to the limit of the windows; of a
  /// key beyond it there is none. Not together with triggers.
  public func withTotal() -> Self {
    with { $0.options.keepsTotal = true }
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
  @inlinable
  public func aggregate<Value: Aggregate>(
    @AggregateBuilder<Chain.Output> _ build: () -> Value
  ) -> Flow<Fused<Chain, AlignedWindowing<Chain.Output, Key, Value>>>
  where Value.Input == Chain.Output {
    flow.apply(
      AlignedWindowing(
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
  @inlinable
  public func window(
    _ windows: AlignedWindows,
    at time: @escaping @Sendable (Chain.Output) -> Timestamp,
    lateness: Duration = .zero
  ) -> WindowedFlow<Chain, NoKey, AlignedWindows> {
    window(windows, by: { _ in NoKey() }, at: time, lateness: lateness)
  }

  /// Divides the flow by a key and into windows by event time.
  ///
  /// ```swift
  /// let perRegion = requests
  ///   .window(.sliding(.seconds(60), every: .seconds(1)), by: \.region, at: \.time)
  ///   .aggregate { Count() }
  /// ```
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
  ) -> WindowedFlow<Chain, Key, AlignedWindows> {
    WindowedFlow(self, windows, by: key, at: time, lateness: lateness)
  }

  /// Divides the flow into windows by the instants at which entries are appended.
  ///
  /// A window fires as soon as the topic's clock has passed its last instant; nothing is late.
  ///
  /// ```swift
  /// let soFar = requests.window(.global).triggering(early: .count(100)).aggregate { Count() }
  /// ```
  ///
  /// - Parameter windows: Which windows there are.
  /// - Returns: The windows; say what to compute with ``WindowedFlow/aggregate(_:)``.
  @inlinable
  public func window(_ windows: AlignedWindows) -> WindowedFlow<Chain, NoKey, AlignedWindows> {
    WindowedFlow(self, windows, by: { _ in NoKey() }, at: nil)
  }

  /// Divides the flow by a key and into windows by the instants at which entries are appended.
  ///
  /// A window fires as soon as the topic's clock has passed its last instant; nothing is late.
  ///
  /// ```swift
  /// let arriving = bids.window(.tumbling(.seconds(10)), by: \.bidder).aggregate { Count() }
  /// ```
  ///
  /// - Parameters:
  ///   - windows: Which windows there are.
  ///   - key: What the elements are divided by.
  /// - Returns: The windows; say what to compute with ``WindowedFlow/aggregate(_:)``.
  public func window<Key: Hashable & Sendable>(
    _ windows: AlignedWindows,
    by key: @escaping @Sendable (Chain.Output) -> Key
  ) -> WindowedFlow<Chain, Key, AlignedWindows> {
    WindowedFlow(self, windows, by: key, at: nil)
  }
}
