// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams

// Queries that keep something for each key as long as the stream goes, and tell it at the end.
extension NexmarkQuery {
  /// The newest bid of each bidder in each auction.
  static let q18 = NexmarkQuery("q18") { events in
    events.compactMap { $0.bid }
      .window(.global, by: { Pair($0.bidder, $0.auction) })
      .limited(to: keyLimit)
      .aggregate { Latest(at: \.dateTime) }
      .compactMap { $0.value }
  }

  /// The ten highest bids of each auction.
  static let q19 = NexmarkQuery("q19") { events in
    events.compactMap { $0.bid }
      .window(.global, by: \.auction)
      .limited(to: keyLimit)
      .aggregate { Highest(10, by: \.price) }
      .flatMap { $0.value }
  }

  /// The most keys of a query: those of a hundred million events.
  static let keyLimit = 100_000_000
}

/// Two numbers as one key.
struct Pair: Hashable, Sendable {
  let first: Int64
  let second: Int64

  init(_ first: Int64, _ second: Int64) {
    self.first = first
    self.second = second
  }
}

/// The elements with the greatest numbers, greatest first, equal ones in the order of their coming.
struct Highest<Input: Sendable, Value: Comparable & Sendable>: Aggregate {
  let number: Int
  let value: @Sendable (Input) -> Value
  private(set) var result: [Input] = []

  init(_ number: Int, by value: @escaping @Sendable (Input) -> Value) {
    self.number = number
    self.value = value
  }

  mutating func add(_ element: Input) {
    let new = value(element)
    if result.count == number, let last = result.last, value(last) >= new { return }
    var place = result.count
    while place > 0, value(result[place - 1]) < new { place -= 1 }
    if result.count == number { result.removeLast() }
    result.insert(element, at: place)
  }

  mutating func merge(_ other: Self) {
    for element in other.result { add(element) }
  }
}
