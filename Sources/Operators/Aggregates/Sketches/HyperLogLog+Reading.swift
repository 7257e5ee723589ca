// SPDX-License-Identifier: Apache-2.0
public import Streams

extension HyperLogLog {
  /// How many different hashes there are: exactly, or about.
  ///
  /// O(registers).
  public var count: Int {
    if isExact { return tableCount }
    let zerosLimit = 64 - precision
    var histogram = [Int](repeating: 0, count: zerosLimit + 2)
    for register in registers { histogram[min(Int(register), zerosLimit + 1)] += 1 }
    let size = Double(registerCount)
    var sum = size * Self.tau(1 - Double(histogram[zerosLimit + 1]) / size)
    for zeros in (1...zerosLimit).reversed() { sum = 0.5 * (sum + Double(histogram[zeros])) }
    sum += size * Self.sigma(Double(histogram[0]) / size)
    // 1 / (2 ln 2)
    let estimate = (0.721_347_520_444_481_7 * size * size / sum).rounded()
    return estimate < 0x1p63 ? Int(estimate) : .max
  }

  /// What the registers that are still 0 add: `x + Σ x^(2^k) · 2^(k−1)`.
  private static func sigma(_ share: Double) -> Double {
    guard share < 1 else { return .infinity }
    var (power, weight, sum) = (share, 1.0, share)
    while true {
      power *= power
      let next = sum + power * weight
      if next == sum { return sum }
      sum = next
      weight += weight
    }
  }

  /// What the registers that are full take away.
  private static func tau(_ share: Double) -> Double {
    guard share > 0, share < 1 else { return 0 }
    var (root, weight, sum) = (share, 1.0, 1 - share)
    while true {
      root = root.squareRoot()
      weight *= 0.5
      let next = sum - (1 - root) * (1 - root) * weight
      if next == sum { return sum / 3 }
      sum = next
    }
  }

  /// Writes the hashes in ascending order, or the registers.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(count: precision)
    encoder.write(bytes: registers)
    guard isExact else { return }
    encoder.write(count: tableCount)
    for hash in table.filter({ $0 != 0 }).sorted() { encoder.writeFixed(hash) }
  }

  /// Reads what ``encode(into:)`` of a sketch of the same precision has written.
  ///
  /// - Throws: ``Streams/StateError`` if the bytes are not such a sketch.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(count: precision, "a precision of \(precision)")
    self = HyperLogLog(precision: precision)
    let start = decoder.index
    let bytes = try decoder.readBytes()
    if !bytes.isEmpty {
      guard bytes.count == registerCount, bytes.allSatisfy({ $0 <= 65 - precision }) else {
        throw .malformed(at: start, expected: "\(registerCount) registers")
      }
      registers = Array(bytes)
      return
    }
    let count = try decoder.readCount()
    guard count <= exactLimit else {
      throw .malformed(at: start, expected: "at most \(exactLimit) hashes")
    }
    for _ in 0..<count { add(hash: try decoder.readFixed()) }
  }
}
