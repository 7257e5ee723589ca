// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams

// Statistics of bids for each day, as they are when the day or the stream ends, or also before.
extension NexmarkQuery {
  /// Bids, bidders and auctions of each day, all and by rank of the price.
  static let q15 = statistics("q15")
  /// The same, told anew after each ten bids.
  static let q15Updates = statistics("q15-updates", early: .count(10))

  private static func statistics(_ name: String, early: EarlyFiring? = nil) -> NexmarkQuery {
    NexmarkQuery(name) { events in
      events.compactMap { $0.bid }
        .window(.tumbling(.days(1)), at: { $0.dateTime })
        .triggering(early: early)
        .aggregate {
          ByRank(Count())
          ByRank(Distinct(of: { $0.bidder }))
          ByRank(Distinct(of: { $0.auction }))
        }
        .map { Fields($0.start.date, $0.value.0, $0.value.1, $0.value.2) }
    }
  }

  /// The same with the numbers of bidders and auctions estimated, in a fixed amount of memory.
  static let q15Approximate = NexmarkQuery("q15-approximate") { events in
    events.compactMap { $0.bid }
      .window(.tumbling(.days(1)), at: { $0.dateTime })
      .aggregate {
        ByRank(Count())
        ByRank(ApproximateDistinct(of: { $0.bidder }))
        ByRank(ApproximateDistinct(of: { $0.auction }))
      }
      .map { Fields($0.start.date, $0.value.0, $0.value.1, $0.value.2) }
  }

  /// The same for each channel, with the minute of its last bid.
  static let q16 = channels("q16")
  /// The same, told anew after each ten bids in a channel.
  static let q16Updates = channels("q16-updates", early: .count(10))

  private static func channels(_ name: String, early: EarlyFiring? = nil) -> NexmarkQuery {
    NexmarkQuery(name) { events in
      events.compactMap { $0.bid }
        .window(.tumbling(.days(1)), by: { $0.channel }, at: { $0.dateTime })
        .triggering(early: early)
        .aggregate {
          Max(of: { $0.dateTime })
          ByRank(Count())
          ByRank(Distinct(of: { $0.bidder }))
          ByRank(Distinct(of: { $0.auction }))
        }
        .map { day in
          let minute = day.value.0?.minute ?? ""
          return Fields(day.key, day.start.date, minute, day.value.1, day.value.2, day.value.3)
        }
    }
  }

  /// The same with the numbers of bidders and auctions estimated.
  static let q16Approximate = NexmarkQuery("q16-approximate") { events in
    events.compactMap { $0.bid }
      .window(.tumbling(.days(1)), by: { $0.channel }, at: { $0.dateTime })
      .aggregate {
        Max(of: { $0.dateTime })
        ByRank(Count())
        ByRank(ApproximateDistinct(of: { $0.bidder }))
        ByRank(ApproximateDistinct(of: { $0.auction }))
      }
      .map { day in
        let minute = day.value.0?.minute ?? ""
        return Fields(day.key, day.start.date, minute, day.value.1, day.value.2, day.value.3)
      }
  }

  /// Bids of each auction and day by rank, and their prices: least, greatest, mean and sum.
  static let q17 = prices("q17")
  /// The same, told anew after each ten bids in an auction.
  static let q17Updates = prices("q17-updates", early: .count(10))

  private static func prices(_ name: String, early: EarlyFiring? = nil) -> NexmarkQuery {
    NexmarkQuery(name) { events in
      events.compactMap { $0.bid }
        .window(.tumbling(.days(1)), by: { $0.auction }, at: { $0.dateTime })
        .triggering(early: early)
        .aggregate {
          ByRank(Count())
          Min(of: { $0.price })
          Max(of: { $0.price })
          Sum(of: { $0.price })
        }
        .map { day in
          let (ranks, least, greatest, sum) = day.value
          return Fields(
            day.key,
            day.start.date,
            ranks,
            least ?? 0,
            greatest ?? 0,
            sum / Int64(ranks.all),
            sum
          )
        }
    }
  }
}

extension Duration {
  static func days(_ number: Int64) -> Duration { .seconds(number * 86_400) }
}

extension Timestamp {
  /// The day in UTC, such as `2015-07-15`.
  var date: String {
    // Civil from days, by Howard Hinnant: years begin in March, so that leap days come last.
    let days = milliseconds / 86_400_000 + 719_468
    let era = days / 146_097
    let day = days % 146_097
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365
    let dayOfYear = day - (365 * year + year / 4 - year / 100)
    let month = (5 * dayOfYear + 2) / 153
    let date = dayOfYear - (153 * month + 2) / 5 + 1
    let civilMonth = month < 10 ? month + 3 : month - 9
    return
      "\(era * 400 + year + (civilMonth <= 2 ? 1 : 0))-\(twoDigits(civilMonth))-\(twoDigits(date))"
  }

  /// The hour and minute in UTC, such as `23:58`.
  var minute: String { "\(twoDigits(hour)):\(twoDigits(milliseconds / 60_000 % 60))" }
}

private func twoDigits(_ number: Int64) -> String {
  number < 10 ? "0\(number)" : "\(number)"
}
