// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams

// Queries over windows of event time.
extension NexmarkQuery {
  /// The auctions with the most bids of the last ten seconds, every two.
  static let q5 = NexmarkQuery("q5") { events in
    events.compactMap { $0.bid }
      .window(.sliding(.seconds(10), every: .seconds(2)), by: \.auction, at: \.dateTime)
      .aggregate { Count() }
      .window(.tumbling(.seconds(2)), at: \.time)
      .aggregate { Leaders(by: \.value) }
      .flatMap { window in
        window.value.map { Fields($0.key, $0.value, $0.start, $0.end) }
      }
  }

  /// The highest bids of each ten seconds.
  static let q7 = NexmarkQuery("q7") { events in
    events.compactMap { $0.bid }
      .window(.tumbling(.seconds(10)), at: \.dateTime)
      .aggregate { Leaders(by: \.price) }
      .flatMap { window in
        window.value.map { Fields($0.auction, $0.price, $0.bidder, $0.dateTime, $0.extra) }
      }
  }

  /// The bids of each bidder without ten seconds between two of them.
  static let q11 = NexmarkQuery("q11") { events in
    events.compactMap { $0.bid }
      .window(.session(gap: .seconds(10)), by: \.bidder, at: \.dateTime)
      .aggregate { Count() }
      .map { Fields($0.key, $0.value, $0.start, $0.end) }
  }

  /// The people who opened an auction in the ten seconds in which they registered.
  static let q8 = NexmarkQuery("q8") { events in
    events.filter { $0.bid == nil }
      .window(.tumbling(.seconds(10)), by: \.sellerOrPerson, at: \.dateTime)
      .aggregate {
        Known { $0.person?.name }
        Known { $0.auction?.seller }
      }
      .filter { $0.value.1 != nil }
      .compactMap { window in
        window.value.0.map { Fields(window.key, $0, window.start) }
      }
  }
}

extension NexmarkEvent {
  /// The person who registers, or who opens the auction.
  var sellerOrPerson: Int64 {
    switch self {
    case .bid(let bid): bid.bidder
    case .auction(let auction): auction.seller
    case .person(let person): person.id
    }
  }
}

/// The first value there is.
struct Known<Input: Sendable, Value: Sendable>: Aggregate {
  let value: @Sendable (Input) -> Value?
  private(set) var result: Value?

  init(_ value: @escaping @Sendable (Input) -> Value?) {
    self.value = value
  }

  mutating func add(_ element: Input) {
    if result == nil { result = value(element) }
  }

  mutating func merge(_ other: Self) {
    if result == nil { result = other.result }
  }
}
