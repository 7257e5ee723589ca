// SPDX-License-Identifier: Apache-2.0

/// Where things stand in an array, by the hashes of their keys: open addressing, linear probing.
///
/// It knows no keys: who asks says whether what stands at a place is meant.
@usableFromInline
struct HashIndex: Sendable {
  @usableFromInline
  struct Cell: Sendable {
    @usableFromInline var hash: UInt32
    /// Where the thing stands; negative in a free cell.
    @usableFromInline var place: Int32

    @inlinable
    init(hash: UInt32, place: Int32) {
      (self.hash, self.place) = (hash, place)
    }
  }

  @usableFromInline var cells: [Cell] = []
  @usableFromInline var mask = 0
  @usableFromInline var count = 0

  @usableFromInline init() {}

  /// The place of the thing with that hash for which `matches` holds.
  @inlinable
  func find(_ hash: UInt32, where matches: (Int) -> Bool) -> Int? {
    guard !cells.isEmpty else { return nil }
    var at = Int(truncatingIfNeeded: hash) & mask
    while true {
      let cell = cells[at]
      if cell.place < 0 { return nil }
      if cell.hash == hash, matches(Int(cell.place)) { return Int(cell.place) }
      at = (at &+ 1) & mask
    }
  }

  /// Notes where a thing stands that is not in the index yet.
  @inlinable
  mutating func insert(_ hash: UInt32, at place: Int) {
    // At most three eighths full: then most searches end at the first cell.
    if (count + 1) * 8 > cells.count * 3 { grow() }
    count += 1
    put(Cell(hash: hash, place: Int32(truncatingIfNeeded: place)))
  }

  @inlinable
  mutating func put(_ cell: Cell) {
    var at = Int(truncatingIfNeeded: cell.hash) & mask
    while cells[at].place >= 0 { at = (at &+ 1) & mask }
    cells[at] = cell
  }

  @usableFromInline
  mutating func grow() {
    let old = cells
    clear(max(16, old.count * 2))
    for cell in old where cell.place >= 0 { put(cell) }
  }

  /// Makes room for that many things; there are none yet.
  @usableFromInline
  mutating func reserve(_ number: Int) {
    var size = 16
    while size * 3 < number * 8 { size *= 2 }
    clear(size)
  }

  private mutating func clear(_ size: Int) {
    cells = Array(repeating: Cell(hash: 0, place: -1), count: size)
    mask = size - 1
  }

  /// Forgets the thing that stands at `place`.
  @usableFromInline
  mutating func remove(_ hash: UInt32, at place: Int) {
    guard !cells.isEmpty else { return }
    var hole = Int(truncatingIfNeeded: hash) & mask
    while cells[hole].place != Int32(truncatingIfNeeded: place) {
      if cells[hole].place < 0 { return }
      hole = (hole &+ 1) & mask
    }
    count -= 1
    closeUp(hole)
  }

  /// Forgets everything.
  @usableFromInline
  mutating func removeAll(keepingCapacity keeps: Bool) {
    guard keeps else {
      self = HashIndex()
      return
    }
    if count == 0 { return }
    for at in cells.indices { cells[at].place = -1 }
    count = 0
  }

  /// Moves those that follow into the hole as far as they can still be found there.
  private mutating func closeUp(_ start: Int) {
    var hole = start
    var at = (hole &+ 1) & mask
    while cells[at].place >= 0 {
      let home = Int(truncatingIfNeeded: cells[at].hash) & mask
      if (at &- home) & mask >= (at &- hole) & mask {
        cells[hole] = cells[at]
        hole = at
      }
      at = (at &+ 1) & mask
    }
    cells[hole].place = -1
  }

  /// Says that the thing at `place` now stands at `other`.
  @usableFromInline
  mutating func move(_ hash: UInt32, from place: Int, to other: Int) {
    guard !cells.isEmpty else { return }
    var at = Int(truncatingIfNeeded: hash) & mask
    while cells[at].place >= 0 {
      if cells[at].place == Int32(truncatingIfNeeded: place) {
        cells[at].place = Int32(truncatingIfNeeded: other)
        return
      }
      at = (at &+ 1) & mask
    }
  }
}

/// What differs from process to process, so that nobody can choose keys that all collide.
@usableFromInline let hashSeed = UInt64(bitPattern: Int64(Hasher().finalize()))

/// The hash of a key: one multiplication for whole numbers, SipHash for everything else.
@inlinable
func windowHash<Key: Hashable>(_ key: Key, seed: UInt64) -> UInt32 {
  if Key.self == Int.self, let number = key as? Int {
    return mixed(UInt64(truncatingIfNeeded: number), seed)
  }
  if Key.self == Int64.self, let number = key as? Int64 {
    return mixed(UInt64(truncatingIfNeeded: number), seed)
  }
  if Key.self == UInt64.self, let number = key as? UInt64 { return mixed(number, seed) }
  if Key.self == Int32.self, let number = key as? Int32 {
    return mixed(UInt64(truncatingIfNeeded: number), seed)
  }
  if Key.self == UInt32.self, let number = key as? UInt32 {
    return mixed(UInt64(number), seed)
  }
  let hash = UInt64(bitPattern: Int64(key.hashValue))
  return UInt32(truncatingIfNeeded: hash ^ (hash >> 32))
}

/// Spreads a number over 32 bits: the halves of a product with an odd constant.
@inlinable
func mixed(_ number: UInt64, _ seed: UInt64) -> UInt32 {
  let product = (number ^ seed).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
  let folded = product.high ^ product.low
  return UInt32(truncatingIfNeeded: folded ^ (folded >> 32))
}
