// SPDX-License-Identifier: Apache-2.0
import Streams

/// A sum of floating point numbers that keeps what rounding takes away (Knuth's TwoSum).
///
/// Its error is that of one rounding, not of one for each addition, unless great numbers cancel out.
@usableFromInline
struct CompensatedSum: Sendable {
  @usableFromInline var sum = 0.0
  @usableFromInline var rest = 0.0

  @usableFromInline init() {}

  @inlinable
  mutating func add(_ number: Double) {
    let next = sum + number
    let added = next - sum
    rest += (sum - (next - added)) + (number - added)
    sum = next
  }

  @inlinable
  mutating func merge(_ other: Self) {
    add(other.sum)
    rest += other.rest
  }

  /// The sum; what rounding took away is no number once the sum is infinite.
  @inlinable var value: Double { sum.isFinite ? sum + rest : sum }

  func encode(into encoder: inout StateEncoder) {
    encoder.writeFixed(sum.bitPattern)
    encoder.writeFixed(rest.bitPattern)
  }

  init(from decoder: inout StateDecoder) throws(StateError) {
    sum = Double(bitPattern: try decoder.readFixed())
    rest = Double(bitPattern: try decoder.readFixed())
  }
}
