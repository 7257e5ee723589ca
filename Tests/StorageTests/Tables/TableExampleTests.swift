// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

/// The example of the documentation.
@Suite struct TableExampleTests {
  @Test func `tables are opened, and read as in memory`() async throws {
    let place = try TemporaryDirectory()
    let store = try DurableStore("\(place.path)/data")
    defer { store.log.close() }
    let (stored, drafts) = (store.stored, try store.topics.topic("drafts"))
    try await drafts.openTable(
      named: "subject",
      by: { $0.subject ?? "" },
      deleting: { $0.data.isEmpty }
    )
    let cursor = Cursor(drafts, from: .snapshot)  // a topic of events
    let prices = try await stored.openTable("prices", of: String.self, Int.self)  // a `Table`
    #expect(cursor.opening.snapshot != nil)
    try await prices.set(7, for: "apple")
    #expect(prices["apple"] == 7)
  }
}
