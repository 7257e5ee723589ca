// SPDX-License-Identifier: Apache-2.0

extension SlotLog {
  /// Lets the oldest newest entry go, and answers it.
  @inlinable
  mutating func removeOldestNewest() -> Slot? {
    var place = place(from: newestFrom)
    while let slot = next(&place) {
      newestFrom = slot.offset + 1
      guard slot.isNewest else { continue }
      newestCount -= 1
      clear(Place(block: place.block, index: place.index - 1))
      return slot
    }
    return nil
  }

  /// Lets the oldest entry go that stays though there is a newer one, if its offset is smaller than
  /// `end`, and answers it.
  @inlinable
  mutating func removeOldestTerminal(before end: Offset = .max) -> Slot? {
    guard terminalCount > 0 else { return nil }
    var place = place(from: terminalFrom)
    while let slot = next(&place), slot.offset < end {
      terminalFrom = slot.offset + 1
      guard slot.role == .terminal else { continue }
      terminalCount -= 1
      clear(Place(block: place.block, index: place.index - 1))
      return slot
    }
    return nil
  }

  /// Moves the entries together when most slots are empty.
  @inlinable
  mutating func compact() {
    guard slotCount > 2 * count + Self.blockSize else { return }
    let old = blocks
    (blocks, slotCount) = ([], 0)
    for block in old {
      for slot in block where slot.role != .gone {
        if slotCount % Self.blockSize == 0 { blocks.append([]) }
        blocks[blocks.count - 1].append(slot)
        slotCount += 1
      }
    }
  }
}
