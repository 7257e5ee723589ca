// SPDX-License-Identifier: Apache-2.0
import Streams
import WeirTesting

/// An element of the tests of aggregates: one of each kind of value.
struct Sample: Codable, Equatable, Sendable {
  var milliseconds: Int64
  var number: Double
  var whole: Int
  var key: String

  var time: Timestamp { Timestamp(milliseconds: milliseconds) }
}

extension Sample {
  /// Elements with few keys, whose times are not in order.
  static func random(_ count: Int, using random: inout SeededGenerator) -> [Sample] {
    (0..<count).map { index in
      Sample(
        milliseconds: Int64(index) * 10 + Int64.random(in: -200...200, using: &random),
        number: Double(Int.random(in: -500...2_000, using: &random)) / 8,
        whole: Int.random(in: -20...60, using: &random),
        key: "k\(Int.random(in: 0..<30, using: &random))"
      )
    }
  }
}

/// Ranks from 1 to `count`, of which each `r` comes with a probability in proportion to `r^(−exponent)`.
struct Zipf {
  private let sums: [Double]

  /// Makes the distribution for a whole or half exponent.
  init(_ count: Int, halves exponent: Int) {
    var sum = 0.0
    sums = (1...count).map { rank in
      let root = Double(rank).squareRoot()
      sum += 1 / (0..<exponent).reduce(1) { power, _ in power * root }
      return sum
    }
  }

  func next(using random: inout SeededGenerator) -> Int {
    let level = Double.random(in: 0..<(sums.last ?? 1), using: &random)
    var (low, high) = (0, sums.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if sums[middle] <= level { low = middle + 1 } else { high = middle }
    }
    return low + 1
  }

  func take(_ count: Int, using random: inout SeededGenerator) -> [Int] {
    (0..<count).map { _ in next(using: &random) }
  }
}
