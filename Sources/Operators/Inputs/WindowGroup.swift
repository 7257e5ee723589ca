// SPDX-License-Identifier: Apache-2.0
public import Streams

/// What two inputs had in one window for one key.
public struct WindowGroup<Key: Hashable & Sendable, Left: Sendable, Right: Sendable>: Sendable {
  /// The first instant of the window.
  public let start: Timestamp
  /// The first instant after the window.
  public let end: Timestamp
  /// The key.
  public let key: Key
  /// The first input's elements, in the order in which they came.
  public let left: [Left]
  /// The second input's elements, in the order in which they came.
  public let right: [Right]

  /// The event time of the group, `end − 1`: so windows of windows fall into place.
  public var time: Timestamp { end.advanced(byMilliseconds: -1) }

  /// Makes a group.
  @inlinable
  public init(start: Timestamp, end: Timestamp, key: Key, left: [Left], right: [Right]) {
    self.start = start
    self.end = end
    self.key = key
    self.left = left
    self.right = right
  }
}

extension WindowGroup: Equatable where Left: Equatable, Right: Equatable {}

/// An element of one input with one of another that lies in the same window.
public struct WindowPair<Key: Hashable & Sendable, Left: Sendable, Right: Sendable>: Sendable {
  /// The first instant of the window.
  public let start: Timestamp
  /// The first instant after the window.
  public let end: Timestamp
  /// The key.
  public let key: Key
  /// The first input's.
  public let left: Left
  /// The second input's.
  public let right: Right

  /// The event time of the pair, `end − 1`: so windows of windows fall into place.
  public var time: Timestamp { end.advanced(byMilliseconds: -1) }

  /// Makes a pair.
  @inlinable
  public init(start: Timestamp, end: Timestamp, key: Key, left: Left, right: Right) {
    self.start = start
    self.end = end
    self.key = key
    self.left = left
    self.right = right
  }
}

extension WindowPair: Equatable where Left: Equatable, Right: Equatable {}
