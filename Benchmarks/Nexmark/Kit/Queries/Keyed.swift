// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams

// Queries that keep something for each key as long as the stream goes, and tell it at the end, or also
// before.
extension NexmarkQuery {
  /// The auctions of one category with those people of three states who opened them, as soon as both
  /// are known.
  static let q3 = NexmarkQuery(
    "q3",
    flow: { settings, stopwatch, publishing in
      Flow.auctions(settings, stopwatch, publishing)
        .filter { $0.category == 10 }
        .join(
          Flow.people(settings, stopwatch, publishing)
            .filter { ["OR", "ID", "CA"].contains($0.state) },
          on: { $0.seller },
          equals: { $0.id },
          limit: JoinLimit(keyLimit)
        )
        .map { Fields($0.right.name, $0.right.city, $0.right.state, $0.left.id) }
    }
  )

  /// The newest bid of each bidder in each auction.
  static let q18 = newest("q18")
  /// The same, told anew after each bid.
  static let q18Updates = newest("q18-updates", early: .count(1))

  private static func newest(_ name: String, early: EarlyFiring? = nil) -> NexmarkQuery {
    NexmarkQuery(name) { events in
      events.compactMap { $0.bid }
        .window(.global, by: { Pair($0.bidder, $0.auction) })
        .triggering(early: early)
        .limited(to: keyLimit)
        .aggregate { Latest(at: { $0.dateTime }) }
        .compactMap { $0.value }
    }
  }

  /// The ten highest bids of each auction.
  static let q19 = NexmarkQuery("q19") { events in
    events.compactMap { $0.bid }
      .window(.global, by: { $0.auction })
      .limited(to: keyLimit)
      .aggregate { Highest(10, by: { $0.price }) }
      .flatMap { $0.value }
  }
  /// The same, told anew after each ten bids in an auction, with the rank of each.
  static let q19Updates = NexmarkQuery("q19-updates") { events in
    events.compactMap { $0.bid }
      .window(.global, by: { $0.auction })
      .triggering(early: .count(10))
      .limited(to: keyLimit)
      .aggregate { Highest(10, by: { $0.price }) }
      .flatMap { auction in auction.value.enumerated().map { Placed(bid: $1, rank: $0 + 1) } }
  }

  /// The most keys of a query.
  static let keyLimit = 100_000_000
}

/// A bid and its rank.
struct Placed: NexmarkRow {
  let bid: Bid
  let rank: Int

  func write(to text: inout CSVText) {
    bid.write(to: &text)
    text.field(rank)
  }
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
