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
      #expect(outcome.statistics.source.received == 5_000, "\(query.name)")
    }
  }
}
