// SPDX-License-Identifier: Apache-2.0

/// Where a flow's watermark comes from.
public struct WatermarkStrategy<Element: Sendable>: Sendable {
  @usableFromInline let time: (@Sendable (Element, Timestamp) -> Timestamp)?
  @usableFromInline let bound: Int64
  @usableFromInline let maximumAhead: Int64

  /// From the watermarks that the source has set; what a derived topic's reader takes.
  public static var fromSource: WatermarkStrategy {
    WatermarkStrategy(time: nil, bound: 0, maximumAhead: 0)
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
