// SPDX-License-Identifier: Apache-2.0
import Nexmark
import Streams
import Testing

@Suite struct GeneratorTests {
  private func generator(
    _ count: Int,
    seed: UInt64 = 1,
    shuffle: Int = 1
  ) -> NexmarkGenerator {
    NexmarkGenerator(NexmarkSettings(count: count, seed: seed, shuffle: shuffle))
  }

  @Test func `an event is a function of its place alone`() {
    let all = generator(2_000).events(0..<2_000).map(line)
    let other = generator(2_000)
    let backwards = (0..<2_000).reversed().map { line(other.event(at: $0)) }
    #expect(all == backwards.reversed())
  }

  @Test func `another seed gives other events`() {
    let place = 4
    #expect(line(generator(10).event(at: place)) != line(generator(10, seed: 2).event(at: place)))
  }

  @Test func `of fifty events one is a person, three are auctions and the rest bids`() {
    let events = generator(5_000).events(0..<5_000)
    #expect(events.count { $0.person != nil } == 100)
    #expect(events.count { $0.auction != nil } == 300)
    #expect(events.count { $0.bid != nil } == 4_600)
  }

  @Test func `people and auctions are numbered in the order of their events`() {
    let events = generator(5_000).events(0..<5_000)
    #expect(events.compactMap(\.person?.id) == (1_000..<1_100).map(Int64.init))
    #expect(events.compactMap(\.auction?.id) == (1_000..<1_300).map(Int64.init))
  }

  @Test func `event time goes on by a tenth of a millisecond`() {
    let times = generator(101).events(0..<101).map(\.dateTime.milliseconds)
    #expect(times.first == 1_436_918_400_000)
    #expect(times.last == 1_436_918_400_010)
    #expect(times == times.sorted())
  }

  @Test func `a shuffle puts events out of order within their group and loses none`() {
    let ordered = generator(1_000).events(0..<1_000).map(line)
    let shuffled = generator(1_000, shuffle: 500).events(0..<1_000).map(line)
    #expect(shuffled != ordered)
    #expect(shuffled[..<500].sorted() == ordered[..<500].sorted())
    #expect(shuffled[500...].sorted() == ordered[500...].sorted())
  }

  @Test func `half of the bids go to a hot auction and three of four come from a hot bidder`() {
    let bids = generator(50_000).events(0..<50_000).compactMap(\.bid)
    let hotAuctions = bids.count { $0.auction % 100 == 0 }
    let hotBidders = bids.count { $0.bidder % 100 == 1 }
    #expect(abs(Double(hotAuctions) / Double(bids.count) - 0.5) < 0.02)
    #expect(abs(Double(hotBidders) / Double(bids.count) - 0.75) < 0.02)
  }

  @Test func `bids come near the newest auctions and from active people`() {
    let generator = generator(10_500)
    for place in 10_000..<10_500 {
      guard let bid = generator.event(at: place).bid else { continue }
      let newestAuction = 1_000 + Int64(place / 50 * 3 + 2)
      let newestPerson = 1_000 + Int64(place / 50)
      #expect((newestAuction - 200...newestAuction + 10).contains(bid.auction))
      #expect((newestPerson - 1_000...newestPerson + 10).contains(bid.bidder))
      #expect((100...100_000_000).contains(bid.price))
    }
  }

  @Test func `a channel always has the same page, and most pages name it`() throws {
    let bids = generator(100_000).events(0..<100_000).compactMap(\.bid)
    let pages = Dictionary(grouping: bids, by: \.channel).mapValues { Set($0.map(\.url)) }
    #expect(pages.values.allSatisfy { $0.count == 1 })
    let named = pages.values.count { $0.first?.contains("&channel_id=") ?? false }
    #expect(abs(Double(named) / Double(pages.count) - 0.9) < 0.02)
    let hot = try #require(pages["Google"]?.first)
    #expect(!hot.contains("channel_id"))
  }

  @Test func `no field needs quotes`() {
    for event in generator(5_000).events(0..<5_000) {
      let fields = line(event).split(separator: ",", omittingEmptySubsequences: false).count
      #expect(fields == (event.bid != nil ? 7 : event.auction != nil ? 10 : 8))
    }
  }

  private func line(_ event: NexmarkEvent) -> String {
    var text = CSVText()
    event.write(to: &text)
    return String(decoding: text.bytes, as: UTF8.self)
  }
}
