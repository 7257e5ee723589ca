// SPDX-License-Identifier: Apache-2.0

/// What happens to a cursor that is slower than its topic's publishers.
public struct OverrunPolicy<Element: Sendable>: Hashable, Sendable {
  enum Rule: Hashable, Sendable {
    case holdBack
    case skip
    case latest(Conflation<Element>)
    case sample(everyMilliseconds: Int64)
    case fail(after: UInt64?)

    /// Whether a cursor is given each entry that there is.
    var readsEverything: Bool {
      switch self {
      case .holdBack, .skip, .fail: true
      case .latest, .sample: false
      }
    }
  }

  let rule: Rule

  /// Lossless: a publish suspends until this cursor has room.
  public static var holdBack: OverrunPolicy { OverrunPolicy(rule: .holdBack) }

  /// The cursor goes on at the oldest entry that is kept, and is told the gap.
  public static var skip: OverrunPolicy { OverrunPolicy(rule: .skip) }

  /// The cursor gets the newest entry per key of what is unread when it asks, by offset.
  ///
  /// So one that asks after each publish of one entry sees every entry. A terminal entry is
  /// delivered even though there is a newer one of its key, and before it. What the index lets go
  /// because of its bounds is told as a gap; the log's retention does not matter.
  /// - Parameter conflation: How; cursors of a topic with the same one share an index.
  /// - Returns: The policy.
  public static func latest(_ conflation: Conflation<Element>) -> OverrunPolicy {
    OverrunPolicy(rule: .latest(conflation))
  }

  /// As ``latest(_:)`` with a conflation of its own, shared by all cursors that get this value.
  ///
  /// - Parameters:
  ///   - key: What an entry is about; see ``Conflation/init(by:terminal:maximumKeys:maximumBytes:)``.
  ///   - isTerminal: Whether an entry is never conflated away. Default: none.
  ///   - maximumKeys: The most keys of the index. Default 100,000.
  /// - Returns: The policy.
  @inlinable
  public static func latest<Key: Hashable & Sendable>(
    by key: @escaping @Sendable (Element) -> Key,
    terminal isTerminal: @escaping @Sendable (Element) -> Bool = { _ in false },
    maximumKeys: Int = 100_000
  ) -> OverrunPolicy {
    .latest(Conflation(by: key, terminal: isTerminal, maximumKeys: maximumKeys))
  }

  /// The cursor gets the newest entry of each interval of `appended` time, once none can follow.
  ///
  /// Intervals are half open and aligned to the Unix epoch, so what is delivered is a function of the
  /// log. The entries of an interval that is not over are unread; they wait for its end by the
  /// topic's clock, or for the topic's. What the topic dropped before it was read is told as a gap.
  /// - Parameter interval: The length of an interval, at least a millisecond.
  /// - Returns: The policy.
  public static func sample(every interval: Duration) -> OverrunPolicy {
    let length = interval.wholeMilliseconds
    precondition(length >= 1, "an interval is at least 1 ms")
    return OverrunPolicy(rule: .sample(everyMilliseconds: length))
  }

  /// The cursor's next read throws ``CursorError/overrun(_:)`` once the log has moved past it.
  public static var fail: OverrunPolicy { OverrunPolicy(rule: .fail(after: nil)) }

  /// As ``fail``, and the next read throws ``CursorError/lag(count:limit:)`` when more than so many
  /// entries are unread.
  public static func fail(after lag: UInt64) -> OverrunPolicy {
    OverrunPolicy(rule: .fail(after: lag))
  }
}
