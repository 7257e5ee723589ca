// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Something that is for sale.
public final class Auction: Sendable {
  /// Its number, from 1,000 on.
  public let id: Int64
  /// What is for sale.
  public let itemName: String
  /// More about it.
  public let description: String
  /// Where the bids start.
  public let initialBid: Int64
  /// The least for which it is sold.
  public let reserve: Int64
  /// When the auction opened.
  public let dateTime: Timestamp
  /// When it ends.
  public let expires: Timestamp
  /// The person who sells.
  public let seller: Int64
  /// From 10 to 14.
  public let category: Int64
  /// What fills the event up to about 500 bytes.
  public let extra: String

  init(
    id: Int64,
    itemName: String,
    description: String,
    initialBid: Int64,
    reserve: Int64,
    dateTime: Timestamp,
    expires: Timestamp,
    seller: Int64,
    category: Int64,
    extra: String
  ) {
    self.id = id
    self.itemName = itemName
    self.description = description
    self.initialBid = initialBid
    self.reserve = reserve
    self.dateTime = dateTime
    self.expires = expires
    self.seller = seller
    self.category = category
    self.extra = extra
  }
}

extension NexmarkGenerator {
  func auction(_ number: Int) -> Auction {
    let draw = draw(number)
    let initialBid = draw.price(3)
    let name = draw.text(20, 5)
    let description = draw.text(100, 6)
    let horizon = settings.time(of: number + 1_666) - settings.time(of: number)
    let length = 1 + draw.below(max(1, Int(horizon) * 2), 4)
    return Auction(
      id: Self.firstID + lastAuction(number),
      itemName: name,
      description: description,
      initialBid: initialBid,
      reserve: initialBid + draw.price(7),
      dateTime: time(number),
      expires: Timestamp(milliseconds: settings.time(of: number) + Int64(length)),
      seller: seller(number, draw),
      category: Int64(10 + draw.below(5, 2)),
      extra: draw.filling(48 + name.utf8.count + description.utf8.count, to: 500, 8)
    )
  }

  /// Three of four are the first of the last hundred people; the others are any active one.
  private func seller(_ number: Int, _ draw: Draw) -> Int64 {
    let isHot = draw.isHot(4, 0)
    return Self.firstID + (isHot ? lastPerson(number) / 100 * 100 : anyPerson(number, draw, 1))
  }
}
