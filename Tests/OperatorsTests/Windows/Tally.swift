// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams

/// The number of readings and the sum of their values.
struct Tally: Aggregate {
  private(set) var result = Result(sum: 0, count: 0)

  struct Result: Equatable, Sendable {
    var sum: Int
    var count: Int
  }

  mutating func add(_ element: Reading) {
    result.sum += element.value
    result.count += 1
  }

  mutating func merge(_ other: Tally) {
    result.sum += other.result.sum
    result.count += other.result.count
  }

  func encode(into encoder: inout StateEncoder) throws(StateError) {
    try result.sum.encode(into: &encoder)
    try result.count.encode(into: &encoder)
  }

  mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    result.sum = try Int(from: &decoder)
    result.count = try Int(from: &decoder)
  }
}
