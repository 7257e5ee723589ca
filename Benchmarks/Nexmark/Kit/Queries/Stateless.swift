// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams

// Queries without state: a bid goes in, a row comes out or none.
extension NexmarkQuery {
  /// Every bid, as it is: what reading and writing cost.
  static let q0 = NexmarkQuery("q0") { events in
    events.compactMap { $0.bid }
  }

  /// Every bid with its price in another currency, to a thousandth.
  static let q1 = NexmarkQuery("q1") { events in
    events.compactMap { $0.bid }
      .map { Fields($0.auction, $0.bidder, $0.price * 908, $0.dateTime, $0.extra) }
  }

  /// The bids in every 123rd auction.
  static let q2 = NexmarkQuery("q2") { events in
    events.compactMap { $0.bid }
      .filter { $0.auction % 123 == 0 }
      .map { Fields($0.auction, $0.price) }
  }

  /// Every bid with what is known about the auction's number in a table aside.
  static let q13 = NexmarkQuery("q13") { events in
    let side = Dictionary(uniqueKeysWithValues: (Int64(0)..<10_000).map { ($0, "side-\($0)") })
    return events.compactMap { $0.bid }
      .compactMap { bid in
        side[bid.auction % 10_000].map {
          Fields(bid.auction, bid.bidder, bid.price, bid.dateTime, $0)
        }
      }
  }

  /// Bids of a range of prices, with the part of the day and the number of c's in what fills them.
  static let q14 = NexmarkQuery("q14") { events in
    events.compactMap { $0.bid }
      .filter { $0.price * 908 > 1_000_000_000 && $0.price * 908 < 50_000_000_000 }
      .map { bid in
        let partOfDay: String =
          switch bid.dateTime.hour {
          case 8...18: "dayTime"
          case ...6, 20...: "nightTime"
          default: "otherTime"
          }
        let letters = bid.extra.utf8.reduce(0) { $1 == UInt8(ascii: "c") ? $0 + 1 : $0 }
        return Fields(bid.auction, bid.bidder, bid.price * 908, partOfDay, bid.dateTime, letters)
      }
  }

  /// Bids with the number of their channel.
  static let q21 = NexmarkQuery("q21") { events in
    events.compactMap { $0.bid }
      .compactMap { bid in
        bid.channelID.map { Fields(bid.auction, bid.bidder, bid.price, bid.channel, $0) }
      }
  }

  /// Bids with the three directories of their page.
  static let q22 = NexmarkQuery("q22") { events in
    events.compactMap { $0.bid }
      .map { bid in
        let directories = bid.url.parts(from: 3, between: UInt8(ascii: "/"))
        return Fields(
          bid.auction,
          bid.bidder,
          bid.price,
          bid.channel,
          directories.0,
          directories.1,
          directories.2
        )
      }
  }
}

extension Timestamp {
  /// The hour of the day, UTC; the benchmark's times lie after the epoch.
  var hour: Int64 { milliseconds / 3_600_000 % 24 }
}

extension Bid {
  /// The number of the channel: known for the hot ones, in the page's address for most others.
  var channelID: String? {
    switch channel.lowercased() {
    case "apple": "0"
    case "google": "1"
    case "facebook": "2"
    case "baidu": "3"
    default: url.parameter("&channel_id=")
    }
  }
}

extension String {
  /// What stands behind `name` up to the next `&`.
  func parameter(_ name: String) -> String? {
    withUTF8View { text in
      let name = Array(name.utf8)
      guard text.count >= name.count else { return nil }
      for start in 0...(text.count - name.count) where text[start...].starts(with: name) {
        let value = text[(start + name.count)...].prefix { $0 != UInt8(ascii: "&") }
        return String(decoding: value, as: UTF8.self)
      }
      return nil
    }
  }

  /// Three parts from the one with number `first` on, empty where there are fewer.
  func parts(from first: Int, between separator: UInt8) -> (String, String, String) {
    withUTF8View { text in
      var start = 0
      for _ in 0..<first { start = Self.end(of: start, in: text, separator) + 1 }
      let one = Self.part(&start, of: text, separator)
      let two = Self.part(&start, of: text, separator)
      return (one, two, Self.part(&start, of: text, separator))
    }
  }

  private static func part(
    _ start: inout Int,
    of text: UnsafeBufferPointer<UInt8>,
    _ separator: UInt8
  ) -> String {
    guard start < text.count else { return "" }
    let end = end(of: start, in: text, separator)
    defer { start = end + 1 }
    return String(decoding: UnsafeBufferPointer(rebasing: text[start..<end]), as: UTF8.self)
  }

  private static func end(
    of start: Int,
    in text: UnsafeBufferPointer<UInt8>,
    _ separator: UInt8
  ) -> Int {
    var end = start
    while end < text.count, text[end] != separator { end += 1 }
    return end
  }

  private func withUTF8View<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    var copy = self
    return copy.withUTF8(body)
  }
}
