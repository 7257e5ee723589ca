// SPDX-License-Identifier: Apache-2.0
public import Streams

/// What somebody offers in an auction.
public final class Bid: Sendable {
  /// When it was made; first, since every query looks at it, so that it lies beside the object's count.
  public let dateTime: Timestamp
  /// The offer, from 100 to 100,000,000.
  public let price: Int64
  /// The auction; a few of them open only after the bid.
  public let auction: Int64
  /// The person who bids.
  public let bidder: Int64
  /// Through what it came: half of them through one of four, else one of ten thousand.
  public let channel: String
  /// The page it came from; a function of the channel.
  public let url: String
  /// What fills the event up to about 100 bytes.
  public let extra: String

  init(
    auction: Int64,
    bidder: Int64,
    price: Int64,
    dateTime: Timestamp,
    channel: String,
    url: String,
    extra: String
  ) {
    self.auction = auction
    self.bidder = bidder
    self.price = price
    self.dateTime = dateTime
    self.channel = channel
    self.url = url
    self.extra = extra
  }
}

extension NexmarkGenerator {
  func bid(_ number: Int) -> Bid {
    let draw = draw(number)
    let channel = channels[channelIndex(draw)]
    return Bid(
      auction: Self.firstID + auctionOfBid(number, draw),
      bidder: Self.firstID + bidder(number, draw),
      price: draw.price(4),
      dateTime: time(number),
      channel: channel.name,
      url: channel.url,
      extra: draw.filling(32, to: 100, 7)
    )
  }

  /// Half of them go to the first of the last hundred auctions.
  private func auctionOfBid(_ number: Int, _ draw: Draw) -> Int64 {
    if draw.isHot(2, 0) { return lastAuction(number) / 100 * 100 }
    let last = lastAuction(number)
    let first = max(last - 100, 0)
    return first + Int64(draw.below(Int(last - first) + 1 + 10, 1))
  }

  /// Three of four are the second of the last hundred people; the others are any active one.
  private func bidder(_ number: Int, _ draw: Draw) -> Int64 {
    draw.isHot(4, 2) ? lastPerson(number) / 100 * 100 + 1 : anyPerson(number, draw, 3)
  }

  private func channelIndex(_ draw: Draw) -> Int {
    draw.isHot(2, 5)
      ? Channel.ordinary + draw.below(Channel.hot.count, 6)
      : draw.below(Channel.ordinary, 6)
  }
}

/// Where bids come from.
struct Channel: Sendable {
  static let ordinary = 10_000
  static let hot = ["Google", "Facebook", "Baidu", "Apple"]

  let name: String
  let url: String

  /// All channels: the ordinary ones, then the hot ones.
  static func all(seed: UInt64) -> [Channel] {
    (0..<ordinary + hot.count).map { index in
      let draw = Draw(seed: seed, number: 1 << 57 + index)
      let words = (0..<3).map { draw.text(5, $0).replacingBlanks }.joined(separator: "/")
      let page = "https://www.nexmark.com/\(words)/item.htm?query=1"
      if index >= ordinary { return Channel(name: hot[index - ordinary], url: page) }
      let query = draw.isHot(10, 3) ? "&channel_id=\(reversedBits(of: index))" : ""
      return Channel(name: "channel-\(index)", url: page + query)
    }
  }

  /// The 32 bits of `index` from back to front, as a number without a sign.
  private static func reversedBits(of index: Int) -> Int64 {
    var reversed: UInt32 = 0
    for bit in 0..<32 where index >> bit & 1 == 1 { reversed |= 1 << (31 - UInt32(bit)) }
    return abs(Int64(Int32(bitPattern: reversed)))
  }
}

extension String {
  /// The same with `_` for each blank.
  fileprivate var replacingBlanks: String { String(map { $0 == " " ? "_" : $0 }) }
}
