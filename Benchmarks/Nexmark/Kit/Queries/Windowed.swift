// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams

// Queries over windows of time: that of the events, but for q12, which goes by the clock.
extension NexmarkQuery {
  /// The auctions with the most bids of the last ten seconds, every two.
  static let q5 = NexmarkQuery("q5") { events in
    events.compactMap { $0.bid }
      .window(.sliding(.seconds(10), every: .seconds(2)), by: { $0.auction }, at: { $0.dateTime })
      .aggregate { Count() }
      .window(.tumbling(.seconds(2)), at: \.time)
      .aggregate { Leaders(by: \.value) }
      .flatMap { window in
        window.value.map { Fields($0.key, $0.value, $0.start, $0.end) }
      }
  }

  /// The highest bids of each ten seconds.
  static let q7 = NexmarkQuery("q7") { events in
    events.filter { $0.isBid }
      .window(.tumbling(.seconds(10)), at: { $0.dateTime })
      .aggregate { Leaders(by: { $0.price }) }
      .flatMap { window in window.value.compactMap { $0.bid } }
      .map { Fields($0.auction, $0.price, $0.bidder, $0.dateTime, $0.extra) }
  }

  /// The bids of each bidder without ten seconds between two of them.
  static let q11 = NexmarkQuery("q11") { events in
    events.compactMap { $0.bid }
      .window(.session(gap: .seconds(10)), by: { $0.bidder }, at: { $0.dateTime })
      .aggregate { Count() }
      .map { Fields($0.key, $0.value, $0.start, $0.end) }
  }

  /// The bids of each bidder in each ten seconds of the clock.
  ///
  /// Each publish comes in when its first event would be made by a site that runs live, whatever the
  /// events' own times: so the rows are a function of the settings.
  static let q12 = NexmarkQuery(
    "q12",
    flow: { settings, stopwatch, publishing in
      Flow.events(settings, stopwatch, publishing) {
        Timestamp(milliseconds: settings.time(of: $0))
      }
      .compactMap { $0.bid }
      .window(.tumbling(.seconds(10)), by: { $0.bidder })
      .aggregate { Count() }
      .map { Fields($0.key, $0.value, $0.start, $0.end) }
    }
  )

  /// The people who opened an auction in the ten seconds in which they registered.
  static let q8 = NexmarkQuery(
    "q8",
    flow: { settings, stopwatch, publishing in
      Flow.people(settings, stopwatch, publishing)
        .group(
          with: Flow.auctions(settings, stopwatch, publishing),
          on: { $0.id },
          equals: { $0.seller },
          in: .tumbling(.seconds(10)),
          at: { $0.dateTime },
          { $0.dateTime }
        )
        .filter { !$0.right.isEmpty }
        .compactMap { group in
          group.left.first.map { Fields($0.id, $0.name, group.start) }
        }
    }
  )
}
