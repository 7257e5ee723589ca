// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

/// What docs/topics.md shows.
@Suite struct TopicsPageTests {
  @Test func `a publish with a key is stored once`() async throws {
    let topic = Topic<String>("orders")
    let order = "two apples"
    let receipt = try await topic.publish([order], key: "order-17")
    let again = try await topic.publish([order], key: "order-17")  // stored once
    #expect(receipt == again)
    #expect(topic.statistics.published == 1)
  }

  @Test func `a cursor that conflates gets the newest of each key`() async throws {
    struct Progress: Sendable {
      let id: Int
      let isDone: Bool
    }
    let topic = Topic<Progress>("progress")
    let byTask = Conflation<Progress>(by: \.id, terminal: { $0.isDone })
    let cursor = Cursor(topic, from: .latest, overrun: .latest(byTask))
    try await topic.publish([false, true, false].map { Progress(id: 1, isDone: $0) })
    let batch = try #require(try await cursor.next())
    #expect(batch.elements.map(\.isDone) == [true, false])
  }

  @Test func `a table is the newest value per key`() async throws {
    let prices = Table(Topic<TableChange<String, Int>>("prices"))
    try await prices.set(7, for: "apple")
    try await prices.topic.publish([.set("pear", 3), .delete("apple")])  // both or none
    #expect(prices["pear"] == 3)
    prices.topic.close()
    for row in prices.snapshot() { print(row.offset, row.key, row.value) }
    for try await change in prices.flow() { print(change) }  // the snapshot, then every change
    #expect(prices.snapshot().map(\.key) == ["pear"])
  }
}
