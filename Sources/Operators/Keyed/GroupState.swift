// SPDX-License-Identifier: Apache-2.0
public import Streams

/// What a group's operator says of itself.
@usableFromInline
struct GroupState {
  @usableFromInline let serial: UInt64
  @usableFromInline let closing: GroupClosing
  @usableFromInline let isPending: Bool
  @usableFromInline let isDone: Bool
  @usableFromInline let hasFailures: Bool
  @usableFromInline let hasSideWrites: Bool
  @usableFromInline let deadline: Timestamp
  @usableFromInline let nextWatermark: Timestamp

  @inlinable
  init<Inner: Operator>(_ chain: inout Inner, _ serial: UInt64, _ closing: GroupClosing) {
    self.serial = serial
    self.closing = closing
    isPending = Inner.holds && chain.isPending
    isDone = Inner.ends && chain.isDone
    hasFailures = Inner.fails && chain.hasFailures
    hasSideWrites = chain.hasSideWrites
    deadline = chain.deadline
    nextWatermark = chain.nextWatermark
  }
}

extension Grouped.Group {
  /// What the operator says of itself; mutating, so that it is asked where it stands and not copied.
  @inlinable
  mutating func state() -> GroupState {
    GroupState(&chain, serial, closing)
  }
}
