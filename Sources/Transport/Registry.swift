// SPDX-License-Identifier: Apache-2.0

/// Knows which registration each descriptor number stands for now.
struct Registry {
  private struct Slot {
    var generation: UInt32 = 0
    var isActive = false
    /// Whose it is: 0 for the tenant, else a guest's number.
    var guest: UInt16 = 0
  }

  // Indexed by descriptor: the kernel gives the lowest free number, so the array stays dense.
  private var slots: [Slot] = []
  private(set) var activeCount = 0

  /// Begins a registration, which makes any former one of the same number stale.
  mutating func add(_ descriptor: CInt, guest: UInt16 = 0) -> RegistrationID {
    precondition(descriptor >= 0, "a registered descriptor must be open")
    let index = Int(descriptor)
    if index >= slots.count {
      slots.append(contentsOf: repeatElement(Slot(), count: index + 1 - slots.count))
    }
    if !slots[index].isActive { activeCount += 1 }
    // Never 0, which others may take for none.
    slots[index].generation = max(1, slots[index].generation &+ 1)
    slots[index].isActive = true
    slots[index].guest = guest
    return RegistrationID(descriptor: descriptor, generation: slots[index].generation)
  }

  /// Ends a registration; `false` when it was stale already.
  mutating func remove(_ id: RegistrationID) -> Bool {
    guard holds(id) else { return false }
    slots[Int(id.descriptor)].isActive = false
    activeCount -= 1
    return true
  }

  /// Whether the registration is still the one its descriptor stands for.
  func holds(_ id: RegistrationID) -> Bool {
    owner(of: id) != nil
  }

  /// Whose registration it is, 0 for the tenant's; `nil` when it is stale.
  func owner(of id: RegistrationID) -> UInt16? {
    guard slots.indices.contains(Int(id.descriptor)) else { return nil }
    let slot = slots[Int(id.descriptor)]
    return slot.isActive && slot.generation == id.generation ? slot.guest : nil
  }
}
