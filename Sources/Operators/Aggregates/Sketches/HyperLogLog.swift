// SPDX-License-Identifier: Apache-2.0

/// How many different 64-bit hashes there are, in a fixed amount of memory (HyperLogLog).
///
/// Up to a sixteenth of the number of registers the hashes themselves are kept, and the count is exact;
/// then `2^precision` registers of one byte. They are read by Ertl's improved estimator ("New
/// cardinality estimation algorithms for HyperLogLog sketches", 2017), which has no bias anywhere from
/// 0 to 2⁶⁴ and needs no tables. Parts can be merged in any order without loss.
public struct HyperLogLog: Sendable {
  /// The binary logarithm of the number of registers, 6 to 18.
  public let precision: Int
  /// An open hash table of the hashes seen, until it becomes ``registers``; 0 marks a free place.
  @usableFromInline var table: [UInt64] = []
  @usableFromInline var tableCount = 0
  /// For each register, one more than the most leading zeros seen; empty until there are many.
  @usableFromInline var registers: [UInt8] = []

  /// Makes the sketch of nothing.
  ///
  /// - Parameter precision: The binary logarithm of the number of registers, 6 to 18.
  public init(precision: Int) {
    precondition(6...18 ~= precision, "a precision is from 6 to 18")
    self.precision = precision
  }

  /// The standard error of the count once it is not exact: 1.04 / √registers.
  public var standardError: Double { 1.04 / Double(registerCount).squareRoot() }

  /// Whether the count is that of all hashes, exactly.
  public var isExact: Bool { registers.isEmpty }

  @inlinable var registerCount: Int { 1 &<< precision }
  /// The most hashes that are kept themselves; their table is then as large as the registers.
  @inlinable var exactLimit: Int { registerCount &>> 4 }

  /// Takes in a hash, whose bits must all be as good as random.
  @inlinable
  public mutating func add(hash: UInt64) {
    // 0 marks a free place; it and 1 are one hash.
    let hash = hash == 0 ? 1 : hash
    if registers.isEmpty {
      addExact(hash)
    } else {
      addDense(hash)
    }
  }

  @inlinable
  mutating func addDense(_ hash: UInt64) {
    let shift = UInt64(truncatingIfNeeded: 64 &- precision)
    let place = Int(truncatingIfNeeded: hash &>> shift)
    // The bit below the last keeps the zeros within the bits that are left.
    let rest = hash &<< UInt64(truncatingIfNeeded: precision) | (1 &<< UInt64(precision &- 1))
    let zeros = UInt8(truncatingIfNeeded: rest.leadingZeroBitCount &+ 1)
    if registers[place] < zeros { registers[place] = zeros }
  }

  @usableFromInline
  mutating func addExact(_ hash: UInt64) {
    if table.isEmpty { growTable() }
    guard let place = freePlace(for: hash) else { return }
    guard tableCount < exactLimit else {
      becomeDense()
      addDense(hash)
      return
    }
    table[place] = hash
    tableCount += 1
    if tableCount * 2 > table.count { growTable() }
  }

  /// Where the hash is to be put; nil if it is there.
  private func freePlace(for hash: UInt64) -> Int? {
    let mask = table.count - 1
    var place = Int(truncatingIfNeeded: hash) & mask
    while table[place] != 0 {
      if table[place] == hash { return nil }
      place = (place + 1) & mask
    }
    return place
  }

  private mutating func growTable() {
    let old = table
    table = Array(repeating: 0, count: max(8, old.count * 2))
    for hash in old where hash != 0 {
      if let place = freePlace(for: hash) { table[place] = hash }
    }
  }

  private mutating func becomeDense() {
    registers = Array(repeating: 0, count: registerCount)
    for hash in table where hash != 0 { addDense(hash) }
    table = []
    tableCount = 0
  }

  /// Takes in all that `other`, of the same precision, has taken in.
  public mutating func merge(_ other: Self) {
    precondition(precision == other.precision, "sketches that are merged are made alike")
    if other.isExact {
      for hash in other.table where hash != 0 { add(hash: hash) }
      return
    }
    if isExact { becomeDense() }
    for place in registers.indices {
      registers[place] = max(registers[place], other.registers[place])
    }
  }
}
