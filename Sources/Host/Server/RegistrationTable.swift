// SPDX-License-Identifier: Apache-2.0
import Transport

/// What is kept for each registration with a loop.
///
/// The kernel gives the lowest free descriptor, so an array by descriptor stays dense, and finding
/// something costs no hashing.
struct RegistrationTable<Value> {
  private struct Slot {
    let id: RegistrationID
    var value: Value
  }

  private var slots: [Slot?] = []
  /// How many values there are.
  private(set) var count = 0

  /// Makes an empty table.
  init() {}

  /// Whether there is nothing in it.
  var isEmpty: Bool { count == 0 }

  /// All registrations that have a value, by descriptor.
  var registrations: [RegistrationID] { map(\.id) }

  /// The value of a registration, `nil` if there is none; a new value takes the place
  /// of that of a former registration of the same descriptor.
  subscript(id: RegistrationID) -> Value? {
    get {
      guard Int(id.descriptor) < slots.count, let slot = slots[Int(id.descriptor)],
        slot.id == id
      else { return nil }
      return slot.value
    }
    set {
      guard let newValue else {
        _ = remove(id)
        return
      }
      let index = Int(id.descriptor)
      if index >= slots.count {
        slots.append(contentsOf: repeatElement(nil, count: index + 1 - slots.count))
      }
      if slots[index] == nil { count += 1 }
      slots[index] = Slot(id: id, value: newValue)
    }
  }

  /// Takes the value of a registration away; `nil` if there is none.
  mutating func remove(_ id: RegistrationID) -> Value? {
    guard let value = self[id] else { return nil }
    slots[Int(id.descriptor)] = nil
    count -= 1
    return value
  }
}

extension RegistrationTable: Sequence {
  /// Goes through what is there now, by descriptor.
  func makeIterator() -> AnyIterator<(id: RegistrationID, value: Value)> {
    var (slots, index) = (slots, 0)
    return AnyIterator {
      while index < slots.count {
        defer { index += 1 }
        if let slot = slots[index] { return (slot.id, slot.value) }
      }
      slots = []
      return nil
    }
  }
}

/// Registrations to be looked at, each once, in the order in which they came.
struct RegistrationList {
  /// The registrations.
  private(set) var members: [RegistrationID] = []
  /// The generation by descriptor of each member; generations begin with 1.
  private var marks: [UInt32] = []

  /// Makes an empty list.
  init() {}

  /// Adds a registration at the end, unless it is there.
  mutating func insert(_ id: RegistrationID) {
    let index = Int(id.descriptor)
    if index >= marks.count {
      marks.append(contentsOf: repeatElement(0, count: index + 1 - marks.count))
    }
    guard marks[index] != id.generation else { return }
    marks[index] = id.generation
    members.append(id)
  }

  /// Takes all away and keeps the memory.
  mutating func removeAll() {
    for id in members { marks[Int(id.descriptor)] = 0 }
    members.removeAll(keepingCapacity: true)
  }
}
