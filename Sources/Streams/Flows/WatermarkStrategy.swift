// SPDX-License-Identifier: Apache-2.0

/// Where a flow's watermark comes from.
public struct WatermarkStrategy<Element: Sendable>: Sendable {
  @usableFromInline let time: (@Sendable (Element, Timestamp) -> Timestamp)?
  @usableFromInline let bound: Int64
  @usableFromInline let maximumAhead: Int64
  /// What happens when the source is silent.
  public private(set) var silencePolicy = SilencePolicy.hold
  /// For how many milliseconds nothing comes before the clock moves the watermark, if it does.
  @usableFromInline private(set) var silence: Int64?

  /// By how many milliseconds the watermark moves at least until whoever reads behind the flow is
  /// told: a small part of the bound, so that nothing downstream comes noticeably later, and results
  /// travel in batches and not one by one for each millisecond of event time.
  @inlinable var step: Int64 { max(1, bound / 64) }

  /// From the watermarks that the source has set; what a derived topic's reader takes.
  public static var fromSource: WatermarkStrategy {
    WatermarkStrategy(time: nil, bound: 0, maximumAhead: 0)
  }

  private init(
    time: (@Sendable (Element, Timestamp) -> Timestamp)?,
    bound: Int64,
    maximumAhead: Int64
  ) {
    self.time = time
    self.bound = bound
    self.maximumAhead = maximumAhead
  }

  /// Whether the source's watermarks are passed on as they are.
  var isFromSource: Bool { time == nil && silence == nil }

  /// The same with another policy for a source that is silent.
  ///
  /// ```swift
  /// .bounded(by: .seconds(5)).onSilence(.advanceWithClock(after: .seconds(30)))
  /// ```
  public func onSilence(_ policy: SilencePolicy) -> WatermarkStrategy {
    var copy = self
    copy.silencePolicy = policy
    copy.silence =
      if case .advanceWithClock(let pause) = policy { max(1, pause.wholeMilliseconds) } else { nil }
    return copy
  }

  /// The greatest event time seen, less `bound`; the source's own marks count too.
  ///
  /// - Parameters:
  ///   - bound: How much earlier than the newest an element may be without being behind.
  ///   - maximumAhead: An element with a time further than this past `appended` is dropped and
  ///     counted, so that one wrong clock can't make everybody else late, nor open windows that
  ///     never close. Default a day.
  ///   - time: An element's event time; its second argument is the entry's `appended`.
  /// - Returns: The strategy.
  public static func bounded(
    by bound: Duration,
    maximumAhead: Duration = .seconds(86_400),
    at time: @escaping @Sendable (Element, Timestamp) -> Timestamp
  ) -> WatermarkStrategy {
    WatermarkStrategy(
      time: time,
      bound: bound.wholeMilliseconds,
      maximumAhead: maximumAhead.wholeMilliseconds
    )
  }
}

extension WatermarkStrategy {
  /// The same for elements that know their own time: `.bounded(by: .seconds(5), at: \.time)`.
  @inlinable
  public static func bounded(
    by bound: Duration,
    maximumAhead: Duration = .seconds(86_400),
    at time: @escaping @Sendable (Element) -> Timestamp
  ) -> WatermarkStrategy {
    .bounded(by: bound, maximumAhead: maximumAhead) { element, _ in time(element) }
  }
}

extension WatermarkStrategy<Event> {
  /// The greatest ``Event/time`` seen, less `bound`; an event without one has that of its entry.
  ///
  /// - Parameter bound: How much earlier than the newest an event may be without being behind.
  /// - Returns: The strategy.
  public static func bounded(by bound: Duration) -> WatermarkStrategy {
    .bounded(by: bound) { event, appended in event.time ?? appended }
  }
}

/// What becomes of windows that wait for a source from which nothing comes.
public enum SilencePolicy: Hashable, Sendable {
  /// They wait until it speaks again, or says that its input has ended.
  case hold
  /// After so long, by `appended`, it is no longer waited for where several flows are merged; by
  /// itself it is held like with ``hold``. When it speaks again it counts once its watermark has
  /// reached that of the others.
  case idleAfter(Duration)
  /// After so long the watermark goes on with the clock, so far behind it and the bound besides.
  case advanceWithClock(after: Duration)
}
