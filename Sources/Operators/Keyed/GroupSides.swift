// SPDX-License-Identifier: Apache-2.0
public import Streams

/// What leaves groups beside their output until it is taken, which is after each batch.
@usableFromInline
struct GroupSides: Sendable {
  /// Failures, in the order in which they came.
  @usableFromInline var failures: [ElementFailure] = []
  /// What groups that are gone had to write.
  @usableFromInline var writes: [SideWrite] = []
  /// The slots of groups that have something to write, in the order in which it came.
  @usableFromInline var slots: [Int] = []

  @inlinable init() {}

  /// Notes that a group has something to write.
  @usableFromInline
  mutating func note(_ slot: Int) {
    if slots.last != slot, !slots.contains(slot) { slots.append(slot) }
  }

  /// Forgets a group, whose number another gets; answers whether it had something to write.
  @usableFromInline
  mutating func forget(_ slot: Int, renumbering moved: Int) -> Bool {
    guard !slots.isEmpty else { return false }
    let place = slots.firstIndex(of: slot)
    if let place { slots.remove(at: place) }
    if moved != slot, let other = slots.firstIndex(of: moved) { slots[other] = slot }
    return place != nil
  }
}

extension Grouped {
  /// Whether a group's operator has failed.
  @inlinable public var hasFailures: Bool { !sides.failures.isEmpty }

  /// Hands over the failures of all groups.
  public mutating func takeFailures(_ take: (ElementFailure) -> Void) {
    for failure in sides.failures { take(failure) }
    sides.failures = []
  }

  /// Whether a group has something to write.
  @inlinable public var hasSideWrites: Bool { !sides.slots.isEmpty || !sides.writes.isEmpty }

  /// Hands over what the groups have to write.
  public mutating func takeSideWrites(_ take: (SideWrite) -> Void) {
    for write in sides.writes { take(write) }
    for slot in sides.slots { groups.slots[slot].value.chain.takeSideWrites(take) }
    sides.writes = []
    sides.slots = []
  }
}
