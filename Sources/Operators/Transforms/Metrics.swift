// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Counts what passes, under a name.
///
/// The rate is that of the log's time, so a replay shows the rate at which elements were appended.
/// State: none but counters. Cost: O(1).
public struct Metrics<Element: Sendable>: StatelessOperator {
  @usableFromInline let name: String
  @usableFromInline var elements: UInt64 = 0
  /// The second that the newest element is in, counted from the epoch.
  @usableFromInline var second = Int64.min
  /// Elements of that second, of the one before, and of the busiest.
  @usableFromInline var current: UInt64 = 0
  @usableFromInline var previous: UInt64 = 0
  @usableFromInline var busiest: UInt64 = 0

  /// Makes the operator.
  @inlinable
  public init(_ name: String) {
    self.name = name
  }

  /// Counts the element and emits it.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Element) -> Void) {
    let (whole, rest) = now.milliseconds.quotientAndRemainder(dividingBy: 1_000)
    let second = rest < 0 ? whole - 1 : whole
    if second != self.second { turn(to: second) }
    elements &+= 1
    current &+= 1
    emit(element)
  }

  @usableFromInline
  mutating func turn(to second: Int64) {
    busiest = max(busiest, current)
    previous = self.second != .min && second == self.second + 1 ? current : 0
    current = 0
    self.second = second
  }

  /// The stage of that name: `elements` that passed; of them `perSecond`, in the last second that
  /// was over when the newest came, and `peakPerSecond`, in the busiest second.
  public var stages: [StageStatistics] {
    [
      StageStatistics(
        name,
        ["elements": elements, "perSecond": previous, "peakPerSecond": max(busiest, current)]
      )
    ]
  }
}

extension Flow {
  /// The same elements, counted under `name` among the stages of the flow.
  ///
  /// The stage shows `elements`, `perSecond` and `peakPerSecond`, by the time of the log. Two of them
  /// around other operators show what those let through.
  ///
  /// ```swift
  /// let big = orders.metrics("all").filter { $0.cents > 10_000 }.metrics("big")
  /// ```
  @inlinable
  public func metrics(_ name: String) -> Flow<Fused<Chain, Metrics<Chain.Output>>> {
    apply(Metrics(name))
  }
}
