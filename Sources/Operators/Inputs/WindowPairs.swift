// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits each element of a group's first input with each of its second.
public struct WindowPairs<Key: Hashable & Sendable, Left: Sendable, Right: Sendable>: Operator {
  /// What comes out.
  public typealias Output = WindowPair<Key, Left, Right>

  @usableFromInline var group: WindowGroup<Key, Left, Right>?
  /// The pair of the group that comes next.
  @usableFromInline var next = 0

  /// Makes the operator.
  @inlinable public init() {}

  /// True: a group is many pairs.
  @inlinable public static var expands: Bool { true }

  /// Takes a group; one that lacks a side comes to nothing.
  @inlinable
  public mutating func receive(
    _ group: WindowGroup<Key, Left, Right>,
    at now: Timestamp,
    _ emit: (Output) -> Void
  ) {
    if group.left.isEmpty || group.right.isEmpty { return }
    self.group = group
  }

  /// Whether pairs were not given out yet.
  @inlinable public var isPending: Bool { group != nil }

  /// Gives out pairs.
  @inlinable
  public mutating func resume(at now: Timestamp, room: Int, _ emit: (Output) -> Void) {
    guard let group else { return }
    let count = group.left.count * group.right.count
    let end = next + min(room, count - next)
    for index in next..<end {
      let (left, right) = index.quotientAndRemainder(dividingBy: group.right.count)
      emit(
        WindowPair(
          start: group.start,
          end: group.end,
          key: group.key,
          left: group.left[left],
          right: group.right[right]
        )
      )
    }
    next = end
    if end == count { (self.group, next) = (nil, 0) }
  }

  /// Writes the group that is being given out.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("pairs") { encoder throws(StateError) in
      try (group != nil).encode(into: &encoder)
      guard let group else { return }
      try group.start.encode(into: &encoder)
      try group.end.encode(into: &encoder)
      try encoder.encode(group.key)
      try encoder.encode(group.left)
      try encoder.encode(group.right)
      try next.encode(into: &encoder)
    }
  }

  /// Reads the group that was being given out.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("pairs") { decoder, _ throws(StateError) in
      guard try Bool(from: &decoder) else { return }
      let group = WindowGroup(
        start: try Timestamp(from: &decoder),
        end: try Timestamp(from: &decoder),
        key: try decoder.decode(Key.self),
        left: try decoder.decode([Left].self),
        right: try decoder.decode([Right].self)
      )
      let index = decoder.index
      next = try Int(from: &decoder)
      let (count, overflows) = group.left.count.multipliedReportingOverflow(by: group.right.count)
      guard !overflows, (0..<count).contains(next) else {
        throw .malformed(at: index, expected: "a pair of the group")
      }
      self.group = group
    }
  }

  /// None: it belongs to the stage before it.
  public var stages: [StageStatistics] { [] }
}
