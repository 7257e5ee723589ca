// SPDX-License-Identifier: Apache-2.0
public import Streams

/// One firing of one window of one key.
public struct WindowResult<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  /// The first instant of the window.
  public let start: Timestamp
  /// The first instant after the window.
  public let end: Timestamp
  /// What the elements were divided by; ``NoKey`` if by nothing.
  public let key: Key
  /// What the aggregates came to, over all elements so far; where windows are discarding, over those
  /// since it last fired.
  public let value: Value
  /// The same over all elements since the flow began that lie before ``end``, or before the end of
  /// the newest window that has fired if that is later; only if the window was asked to keep it.
  public let total: Value?
  /// 0 for the first firing of this window and key, then counting.
  public let revision: Int
  /// Whether no further firing can follow.
  public let isFinal: Bool
  /// The windows of this key that had fired and are now parts of this one.
  ///
  /// What they told holds no more. In the order of their starts; empty but for sessions, which grow.
  public let replaces: [Range<Timestamp>]

  /// Makes a firing.
  @inlinable
  public init(
    start: Timestamp,
    end: Timestamp,
    key: Key,
    value: Value,
    total: Value? = nil,
    revision: Int = 0,
    isFinal: Bool = true,
    replaces: [Range<Timestamp>] = []
  ) {
    self.start = start
    self.end = end
    self.key = key
    self.value = value
    self.total = total
    self.revision = revision
    self.isFinal = isFinal
    self.replaces = replaces
  }

  /// The event time of the firing, `end − 1`: so windows of windows fall into place.
  public var time: Timestamp { end.advanced(byMilliseconds: -1) }
}

extension WindowResult: Equatable where Value: Equatable {}
