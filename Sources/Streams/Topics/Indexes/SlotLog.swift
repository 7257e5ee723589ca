// SPDX-License-Identifier: Apache-2.0

/// The entries of an index in the order of their offsets: a value that is cheap to copy.
///
/// It is kept in blocks, so that a copy, which a snapshot holds, costs later changes only the blocks
/// that they touch. An entry that is let go leaves an empty slot; when most are empty, the rest moves
/// together.
@usableFromInline
struct SlotLog<Element: Sendable>: Sendable {
  @usableFromInline typealias Slot = KeyedSlot<Element>

  /// Where a slot is.
  @usableFromInline
  struct Place: Sendable {
    @usableFromInline var block: Int
    @usableFromInline var index: Int

    @inlinable
    init(block: Int, index: Int) {
      self.block = block
      self.index = index
    }
  }

  /// Slots of a block: what a change copies at most while a snapshot is held.
  @inlinable static var blockSize: Int { 256 }

  @usableFromInline var blocks: [[Slot]] = []
  /// Slots, empty ones too.
  @usableFromInline var slotCount = 0
  /// Entries that are some key's newest.
  @usableFromInline var newestCount = 0
  /// Entries that stay though there is a newer one of their key.
  @usableFromInline var terminalCount = 0
  /// What the entries weigh.
  @usableFromInline var bytes = 0
  /// No newest entry has a smaller offset.
  @usableFromInline var newestFrom: Offset = 0
  /// No older terminal entry has a smaller offset.
  @usableFromInline var terminalFrom: Offset = 0

  @inlinable
  init() {}

  /// Entries that are kept.
  @inlinable var count: Int { newestCount + terminalCount }

  /// Adds the newest entry of a key.
  @inlinable
  mutating func append(_ slot: Slot) {
    if blocks.isEmpty || blocks[blocks.count - 1].count == Self.blockSize { blocks.append([]) }
    blocks[blocks.count - 1].append(slot)
    slotCount += 1
    newestCount += 1
    bytes += slot.weight
  }

  /// Where the first slot at or behind `offset` is.
  @inlinable
  func place(from offset: Offset) -> Place {
    let block = blocks.partitioningIndex { $0[$0.count - 1].offset >= offset }
    guard block < blocks.count else { return Place(block: block, index: 0) }
    return Place(block: block, index: blocks[block].partitioningIndex { $0.offset >= offset })
  }

  /// The entry at or behind `place`, which moves to the slot behind it.
  @inlinable
  func next(_ place: inout Place) -> Slot? {
    while place.block < blocks.count {
      while place.index < blocks[place.block].count {
        defer { place.index += 1 }
        if blocks[place.block][place.index].role != .gone {
          return blocks[place.block][place.index]
        }
      }
      place = Place(block: place.block + 1, index: 0)
    }
    return nil
  }

  /// Takes note that the entry at `offset` is its key's newest no more: it goes unless it is
  /// terminal.
  @inlinable
  mutating func supersede(_ offset: Offset) {
    let place = place(from: offset)
    newestCount -= 1
    if blocks[place.block][place.index].role == .newestTerminal {
      blocks[place.block][place.index].role = .terminal
      terminalCount += 1
      terminalFrom = min(terminalFrom, offset)
    } else {
      clear(place)
    }
  }

  /// Empties a slot.
  @inlinable
  mutating func clear(_ place: Place) {
    bytes -= blocks[place.block][place.index].weight
    blocks[place.block][place.index].role = .gone
    blocks[place.block][place.index].element = nil
  }
}
