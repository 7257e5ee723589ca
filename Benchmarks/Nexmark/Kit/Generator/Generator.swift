// SPDX-License-Identifier: Apache-2.0
public import Streams

/// One event of the auction site.
///
/// Events with several texts are objects: a copy then costs one count, not one for each text.
public enum NexmarkEvent: Sendable {
  /// Somebody offers something: 46 of 50.
  case bid(Bid)
  /// An auction opens: 3 of 50.
  case auction(Auction)
  /// Somebody registers: 1 of 50.
  case person(Person)

  /// The bid, if it is one.
  @inlinable public var bid: Bid? {
    if case .bid(let bid) = self { bid } else { nil }
  }
  /// The auction, if it is one.
  @inlinable public var auction: Auction? {
    if case .auction(let auction) = self { auction } else { nil }
  }
  /// The person, if it is one.
  @inlinable public var person: Person? {
    if case .person(let person) = self { person } else { nil }
  }
  /// Whether it is a bid.
  @inlinable public var isBid: Bool {
    if case .bid = self { true } else { false }
  }
  /// The offer; 0 if it is not a bid.
  @inlinable public var price: Int64 {
    if case .bid(let bid) = self { bid.price } else { 0 }
  }
  /// When it happened.
  @inlinable public var dateTime: Timestamp {
    switch self {
    case .bid(let bid): bid.dateTime
    case .auction(let auction): auction.dateTime
    case .person(let person): person.dateTime
    }
  }
}

/// Makes the events of an auction site, each a pure function of the settings and its place.
public struct NexmarkGenerator: Sendable {
  /// What the events are a function of.
  public let settings: NexmarkSettings
  let channels: [Channel]

  static let firstID: Int64 = 1_000

  /// Makes the generator.
  public init(_ settings: NexmarkSettings) {
    self.settings = settings
    channels = Channel.all(seed: settings.seed)
  }

  /// The people among the events at some places, in order.
  func people(_ places: Range<Int>) -> [Person] {
    places.map(settings.number(at:)).filter { $0 % 50 == 0 }.map(person)
  }

  /// The auctions among the events at some places, in order.
  func auctions(_ places: Range<Int>) -> [Auction] {
    places.map(settings.number(at:)).filter { (1...3).contains($0 % 50) }.map(auction)
  }

  /// The event at a place of the stream, from 0 to ``NexmarkSettings/count`` − 1.
  public func event(at place: Int) -> NexmarkEvent {
    let number = settings.number(at: place)
    switch number % 50 {
    case 0: return .person(person(number))
    case 1, 2, 3: return .auction(auction(number))
    default: return .bid(bid(number))
    }
  }

  /// The events at `places`, in order.
  public func events(_ places: Range<Int>) -> [NexmarkEvent] {
    places.map { event(at: $0) }
  }

  func draw(_ number: Int) -> Draw { Draw(seed: settings.seed, number: number) }

  func time(_ number: Int) -> Timestamp { Timestamp(milliseconds: settings.time(of: number)) }

  /// The newest person at an event, counted from 0.
  func lastPerson(_ number: Int) -> Int64 { Int64(number / 50) }

  /// The newest auction at an event, counted from 0; −1 before the first.
  func lastAuction(_ number: Int) -> Int64 {
    let (round, place) = (number / 50, number % 50)
    return Int64(place < 1 ? round * 3 - 1 : round * 3 + min(place, 3) - 1)
  }

  /// One of the newest thousand people, or of ten who are yet to come.
  func anyPerson(_ number: Int, _ draw: Draw, _ field: UInt64) -> Int64 {
    let people = lastPerson(number) + 1
    let active = min(people, 1_000)
    return people - active + Int64(draw.below(Int(active) + 10, field))
  }
}
