// SPDX-License-Identifier: Apache-2.0
import Nexmark
import Streams
import Testing

/// What the queries give, beside loops written down here; DuckDB checks them over more events.
@Suite struct QueryTests {
  private let settings = NexmarkSettings(count: 20_000, seed: 7, spacing: 2_000, shuffle: 500)

  private var bids: [Bid] {
    NexmarkGenerator(settings).events(0..<settings.count).compactMap(\.bid)
  }

  private func rows(_ name: String) async throws -> [String] {
    let query = try #require(NexmarkQuery.named(name))
    let text = String(decoding: try await query.rows(over: settings), as: UTF8.self)
    return text.split(separator: "\n").map(String.init)
  }

  @Test func `q2 keeps the bids in every 123rd auction`() async throws {
    let wanted = bids.filter { $0.auction % 123 == 0 }.map { "\($0.auction),\($0.price)" }
    #expect(try await rows("q2") == wanted)
    #expect(!wanted.isEmpty)
  }

  @Test func `q7 gives each ten seconds' highest bids in order`() async throws {
    let windows = Dictionary(grouping: bids) { $0.dateTime.milliseconds / 10_000 }
    let wanted = windows.keys.sorted().flatMap { key -> [Int64] in
      let prices = windows[key, default: []].map(\.price)
      let highest = prices.max()
      return prices.filter { $0 == highest }
    }
    let given = try await rows("q7").map { $0.split(separator: ",")[1] }
    #expect(given == wanted.map { "\($0)" })
  }

  @Test func `q11 counts every bid once, in sessions of a bidder that lie apart`() async throws {
    let sessions = try await rows("q11").map { $0.split(separator: ",").compactMap { Int64($0) } }
    #expect(sessions.map { $0[1] }.reduce(0, +) == Int64(bids.count))
    for (_, ofBidder) in Dictionary(grouping: sessions, by: { $0[0] }) {
      let spans = ofBidder.map { ($0[2], $0[3]) }.sorted { $0 < $1 }
      #expect(zip(spans, spans.dropFirst()).allSatisfy { $0.1 < $1.0 })
    }
  }

  @Test func `q3 gives each auction with the person who opened it, once`() async throws {
    let events = NexmarkGenerator(settings).events(0..<settings.count)
    let people = events.compactMap(\.person).filter { ["OR", "ID", "CA"].contains($0.state) }
    let byID = Dictionary(uniqueKeysWithValues: people.map { ($0.id, $0) })
    let wanted = events.compactMap(\.auction).filter { $0.category == 10 }.compactMap { auction in
      byID[auction.seller].map { "\($0.name),\($0.city),\($0.state),\(auction.id)" }
    }
    #expect(try await rows("q3").sorted() == wanted.sorted())
    #expect(!wanted.isEmpty)
  }

  @Test func `what is told as it changes ends with what is told at the end, and counts only rise`()
    async throws
  {
    let updates = try await rows("q17-updates")
    var counts: [Substring: Int] = [:]
    var last: [Substring: String] = [:]
    for row in updates {
      let fields = row.split(separator: ",")
      let count = try #require(Int(fields[2]))
      #expect(count >= counts[fields[0], default: 0])
      counts[fields[0]] = count
      last[fields[0]] = row
    }
    #expect(try await rows("q17").sorted() == last.values.sorted())
    #expect(updates.count > last.count)
  }

  @Test func `q17 counts every bid once`() async throws {
    let counts = try await rows("q17").compactMap { Int($0.split(separator: ",")[2]) }
    #expect(counts.reduce(0, +) == bids.count)
  }

  @Test func `the tumbling count counts every tick once, though they come out of order`()
    async throws
  {
    let counts = try await rows("count").compactMap { Int($0.split(separator: ",")[2]) }
    let query = try #require(NexmarkQuery.named("count"))
    let outcome = try await query.measured(over: settings)
    #expect(counts.reduce(0, +) + Int(outcome.statistics.total("late")) == settings.count)
    #expect(outcome.rows == counts.count)
  }

  @Test func `no query has late events in the benchmark's order`() async throws {
    for query in NexmarkQuery.all {
      let outcome = try await query.measured(over: NexmarkSettings(count: 5_000))
      #expect(outcome.statistics.total("late") == 0, "\(query.name)")
      // Joins read the events twice, and of each input only what it keeps.
      if query.name != "q3", query.name != "q8" {
        #expect(outcome.statistics.source.received == 5_000, "\(query.name)")
      }
    }
  }
}
