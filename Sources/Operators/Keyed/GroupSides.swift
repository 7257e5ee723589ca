// SPDX-License-Identifier: Apache-2.0
public import Streams

/// What leaves groups beside their output until it is taken, which is after each batch.
@usableFromInline
struct GroupSides: Sendable {
  /// The slot of the group whose operator has failed, −1 if none has: nothing is told to any group
  /// until that was seen to.
  @usableFromInline var failed = -1
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
  @inlinable public var hasFailures: Bool { sides.failed >= 0 }

  /// Hands over the failures of the group that has failed.
  public mutating func takeFailures(_ take: (ElementFailure) -> Void) {
    guard sides.failed >= 0 else { return }
    groups.slots[sides.failed].value.chain.takeFailures(take)
    sides.failed = -1
  }

  /// Whether the group that has failed can try again.
  public var isRestartable: Bool {
    sides.failed < 0 || groups.slots[sides.failed].value.chain.isRestartable
  }

  /// Starts anew what has failed of one group; all others are left alone.
  public mutating func restart(as fresh: Grouped, _ restart: Restart, _ emit: (Output) -> Void) {
    let (slot, inner) = (sides.failed, inner)
    guard slot >= 0 else { return }
    sides.failed = -1
    let key = groups.slots[slot].key
    groups.slots[slot].value.chain.restart(as: inner, restart) {
      emit(Keyed(key: key, value: $0))
    }
    settle(slot)
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
