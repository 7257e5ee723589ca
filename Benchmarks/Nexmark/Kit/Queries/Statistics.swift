// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams

// Statistics of bids for each day, as they are when the day or the stream ends.
extension NexmarkQuery {
  /// Bids, bidders and auctions of each day, all and by rank of the price.
  static let q15 = NexmarkQuery("q15") { events in
    events.compactMap { $0.bid }
      .window(.tumbling(.days(1)), at: \.dateTime)
      .aggregate {
        ByRank(Count())
        ByRank(Distinct(of: \.bidder))
        ByRank(Distinct(of: \.auction))
      }
      .map { Fields($0.start.date, $0.value.0, $0.value.1, $0.value.2) }
  }

  /// The same for each channel, with the minute of its last bid.
  static let q16 = NexmarkQuery("q16") { events in
    events.compactMap { $0.bid }
      .window(.tumbling(.days(1)), by: \.channel, at: \.dateTime)
      .aggregate {
        Leaders(by: \.dateTime)
        ByRank(Count())
        ByRank(Distinct(of: \.bidder))
        ByRank(Distinct(of: \.auction))
      }
      .map { day in
        let minute = day.value.0.first?.dateTime.minute ?? ""
        return Fields(day.key, day.start.date, minute, day.value.1, day.value.2, day.value.3)
      }
  }

  /// Bids of each auction and day by rank, and their prices: least, greatest, mean and sum.
  static let q17 = NexmarkQuery("q17") { events in
    events.compactMap { $0.bid }
      .window(.tumbling(.days(1)), by: \.auction, at: \.dateTime)
      .aggregate {
        ByRank(Count())
        PriceRange()
        Sum(of: \.price)
      }
      .map { day in
        let (ranks, prices, sum) = day.value
        return Fields(
          day.key,
          day.start.date,
          ranks,
          prices.least,
          prices.greatest,
          sum / Int64(ranks.all),
          sum
        )
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
