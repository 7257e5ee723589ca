// SPDX-License-Identifier: Apache-2.0
public import Streams

extension QuantileSketch {
  /// What stands at a quantile; nil if there are no numbers.
  ///
  /// The quantiles 0 and 1 are the least and the greatest number, exactly.
  ///
  /// - Parameter fraction: Which quantile, 0 to 1; 0.5 is the median.
  /// - Returns: A number within the relative error of the one at that place.
  public func quantile(_ fraction: Double) -> Double? {
    quantiles([fraction]).first
  }

  /// What stands at several quantiles, in their order; empty if there are no numbers.
  ///
  /// - Parameter fractions: Which quantiles, each 0 to 1.
  /// - Returns: For each a number within the relative error of the one at that place.
  public func quantiles(_ fractions: [Double]) -> [Double] {
    let count = count
    guard count > 0 else { return [] }
    return fractions.map { fraction in
      precondition(0...1 ~= fraction, "a quantile is from 0 to 1")
      switch fraction {
      case 0: return least
      case 1: return greatest
      default: return min(max(number(at: Self.place(fraction, of: count)), least), greatest)
      }
    }
  }

  private static func place(_ fraction: Double, of count: Int) -> Int {
    let place = fraction * Double(count - 1)
    return place < 0x1p63 ? Int(place) : .max
  }

  /// About the number at a place in the order of all.
  private func number(at place: Int) -> Double {
    var left = place
    func passes(_ count: Int) -> Bool {
      if left < count { return true }
      left -= count
      return false
    }
    if passes(infinite.below) { return -.infinity }
    for (index, count) in negative.counts.enumerated().reversed() where passes(count) {
      return -buckets.middle(of: negative.first + index)
    }
    if passes(zeros) { return 0 }
    for (index, count) in positive.counts.enumerated() where passes(count) {
      return buckets.middle(of: positive.first + index)
    }
    return greatest
  }
}

extension QuantileSketch {
  /// Writes how the sketch was made and what it has counted.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.writeFixed(relativeError.bitPattern)
    encoder.write(count: bucketLimit)
    positive.encode(into: &encoder)
    negative.encode(into: &encoder)
    for count in [zeros, infinite.below, infinite.above, undefined] { encoder.write(count: count) }
    encoder.writeFixed(least.bitPattern)
    encoder.writeFixed(greatest.bitPattern)
  }

  /// Reads what ``encode(into:)`` of a sketch that was made alike has written.
  ///
  /// - Throws: ``Streams/StateError`` if the bytes are not such a sketch.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(fixed: relativeError.bitPattern, "a relative error of \(relativeError)")
    try decoder.expect(count: bucketLimit, "a limit of \(bucketLimit) buckets")
    let highest = buckets.greatestIndex
    try positive.restore(from: &decoder, upTo: highest)
    try negative.restore(from: &decoder, upTo: highest)
    zeros = try decoder.readTotal()
    infinite = (below: try decoder.readTotal(), above: try decoder.readTotal())
    undefined = try decoder.readTotal()
    let start = decoder.index
    least = try decoder.readNumber()
    greatest = try decoder.readNumber()
    guard count == 0 || least <= greatest else {
      throw .malformed(at: start, expected: "the least number and the greatest")
    }
  }
}
