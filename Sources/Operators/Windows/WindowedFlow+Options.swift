// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Windows that end by time, or not at all, so that they can fire before and after.
///
/// Windows by number fire once, when they are full.
public protocol TriggeredWindows: Sendable {}

extension AlignedWindows: TriggeredWindows {}
extension SessionWindows: TriggeredWindows {}

extension WindowedFlow where Windows: TriggeredWindows {
  /// The same windows, firing also before their end, or less often after it.
  ///
  /// ```swift
  /// .window(.tumbling(.seconds(60)), by: \.region, at: \.time, lateness: .seconds(10))
  /// .triggering(early: .every(.seconds(1)), late: .count(100))
  /// .aggregate { Count() }
  /// ```
  ///
  /// A window of which something was told early tells it again, whole, at its end; where windows are
  /// ``discarding()`` only if something is new. By the clock, windows fire in the order of their ends.
  ///
  /// - Parameters:
  ///   - early: When a window fires before its end. Default: not at all.
  ///   - late: When a window fires again after its end. Default: for each element.
  /// - Returns: The windows.
  public func triggering(early: EarlyFiring? = nil, late: LateFiring = .each) -> Self {
    with {
      $0.options.setEarly(early)
      $0.options.setLate(late)
    }
  }

  /// The same windows, each firing of which tells only of the elements since the one before.
  ///
  /// ```swift
  /// .window(.tumbling(.seconds(60)), by: \.region, at: \.time)
  /// .triggering(early: .count(100))
  /// .discarding()
  /// .aggregate { Count() }
  /// ```
  public func discarding() -> Self {
    with { $0.options.isDiscarding = true }
  }

  /// The same windows, with another say on whether they fire when they close.
  ///
  /// ```swift
  /// .window(.tumbling(.seconds(60)), at: \.time, lateness: .seconds(10))
  /// .closing(.always)
  /// .aggregate { Count() }
  /// ```
  ///
  /// - Parameter firing: With `.always`, each window of a key ends with a firing that is final.
  /// - Returns: The windows.
  public func closing(_ firing: ClosingFiring) -> Self {
    with { $0.options.closing = firing }
  }

  /// The same windows; elements that are late are written elsewhere.
  ///
  /// ```swift
  /// .window(.tumbling(.seconds(60)), at: \.time)
  /// .late(into: tooLate)
  /// .aggregate { Count() }
  /// ```
  ///
  /// - Parameter sink: Where they go, in order. While it is full, the flow waits.
  /// - Returns: The windows.
  public func late(into sink: any FlowSink<Chain.Output>) -> Self {
    with { $0.late = SideOutput(into: sink) }
  }
}

extension WindowedFlow where Windows == AlignedWindows {
  /// The same windows, firing also without elements: those between windows that hold some, for each
  /// key that is known by then.
  ///
  /// A window without elements fires once the watermark has reached its end and an element of a later
  /// one has come. At most 10,000 fire one after the other; of a longer silence, the last ones. Keys
  /// are known as long as the flow runs, up to the limit of the windows.
  ///
  /// ```swift
  /// .window(.tumbling(.seconds(1)), at: \.time)
  /// .firingEmptyWindows()
  /// .aggregate { Count() }
  /// ```
  public func firingEmptyWindows() -> Self {
    with { $0.options.firesEmpty = true }
  }
}
