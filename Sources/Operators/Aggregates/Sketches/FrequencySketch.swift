// SPDX-License-Identifier: Apache-2.0
public import Streams

/// About how often each of any number of values occurs, in a fixed amount of memory (count-min).
///
/// Of all `n` elements, an estimate is never too low, and too high by more than `error · n` with a
/// probability of at most `1 − confidence` (Cormode and Muthukrishnan, 2005). Takes
/// `e / error · ln(1 / (1 − confidence))` counters of 8 bytes, the width rounded up to a power of two.
/// Parts can be merged in any order without loss.
public struct FrequencySketch<Value: StableHashable>: Sendable {
  /// All elements.
  public var count: Int { total }
  @usableFromInline var total = 0
  /// The binary logarithm of the number of counters of a row.
  @usableFromInline let widthBits: Int
  @usableFromInline let depth: Int
  /// Row after row; empty until there is an element.
  @usableFromInline var counters: [Int] = []

  /// Makes the sketch of nothing.
  ///
  /// - Parameters:
  ///   - error: By which part of all elements an estimate may be too high, 0.000001 to 0.5.
  ///   - confidence: How probable it is that an estimate is not higher than that, 0.5 to 0.999999.
  public init(error: Double, confidence: Double) {
    precondition(0.000_001...0.5 ~= error, "an error is from 0.000001 to 0.5")
    precondition(0.5...0.999_999 ~= confidence, "a confidence is from 0.5 to 0.999999")
    let e = 2.718_281_828_459_045
    var (bits, rows, doubt) = (2, 1, 1 / e)
    while Double(1 << bits) < e / error { bits += 1 }
    while doubt > 1 - confidence { (rows, doubt) = (rows + 1, doubt / e) }
    (widthBits, depth) = (bits, rows)
  }

  /// The place of the counter in each row, from a hash of its own: SplitMix64 seeded by the value's.
  @inlinable
  func place(_ row: Int, _ hash: UInt64) -> Int {
    let seed = hash &+ UInt64(truncatingIfNeeded: row) &* 0x9E37_79B9_7F4A_7C15
    let column = StableHasher.mix(seed) &>> UInt64(truncatingIfNeeded: 64 &- widthBits)
    return row &<< widthBits | Int(truncatingIfNeeded: column)
  }

  /// Counts a value.
  @inlinable
  public mutating func add(_ value: Value) {
    if counters.isEmpty { makeCounters() }
    total.accumulate(1)
    let hash = value.stableHash
    for row in 0..<depth { counters[place(row, hash)].accumulate(1) }
  }

  @usableFromInline
  mutating func makeCounters() {
    counters = Array(repeating: 0, count: depth << widthBits)
  }

  /// At most how often a value occurs.
  @inlinable
  public func estimate(of value: Value) -> Int {
    guard !counters.isEmpty else { return 0 }
    let hash = value.stableHash
    return (0..<depth).reduce(Int.max) { min($0, counters[place($1, hash)]) }
  }

  /// Adds all that `other`, made alike, has counted.
  public mutating func merge(_ other: Self) {
    precondition(
      widthBits == other.widthBits && depth == other.depth,
      "sketches that are merged are made alike"
    )
    total.accumulate(other.total)
    guard !counters.isEmpty, !other.counters.isEmpty else {
      if counters.isEmpty { counters = other.counters }
      return
    }
    for place in counters.indices { counters[place].accumulate(other.counters[place]) }
  }

  /// Writes the counters that are not 0.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(count: widthBits)
    encoder.write(count: depth)
    encoder.write(count: count)
    if count > 0 { encoder.write(counts: counters) }
  }

  /// Reads what ``encode(into:)`` of a sketch that was made alike has written.
  ///
  /// - Throws: ``Streams/StateError`` if the bytes are not such a sketch.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(count: widthBits, "rows of 2^\(widthBits) counters")
    try decoder.expect(count: depth, "\(depth) rows")
    total = try decoder.readTotal()
    counters = count > 0 ? try decoder.readCounts(size: depth << widthBits) : []
  }
}

extension FrequencySketch: Equatable {
  /// Tells whether both have counted the same.
  public static func == (left: Self, right: Self) -> Bool {
    left.widthBits == right.widthBits && left.depth == right.depth && left.count == right.count
      && left.counters == right.counters
  }
}
