// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// What docs/compose.md shows.
@Suite struct DocumentationTests {
  @Test func `a throttle keeps the first and the last`() async throws {
    let clock = ManualClock(0)
    let topic = Topic<Int>("n", clock: clock)
    var iterator = topic.flow(from: .earliest).throttle(for: .milliseconds(10), keeping: .both)
      .makeAsyncIterator()
    try await topic.publish([1, 2, 3])
    #expect(try await iterator.next() == 1)
    clock.advance(to: 10)
    #expect(try await iterator.next() == 3)
    topic.close()
    #expect(try await iterator.next() == nil)
  }

  @Test func `a topic of one's own type has event time`() async throws {
    struct Order: Sendable {
      let at: Timestamp
      let cents: Int
    }
    let topic = Topic<Order>("orders", clock: ManualClock(50))
    var iterator = topic.flow(from: .earliest, watermarks: .bounded(by: .zero, at: \.at))
      .window(.tumbling(.milliseconds(10)), at: \.at)
      .aggregate { Sum(of: \.cents) }
      .makeAsyncIterator()
    try await topic.publish([Order(at: 1, cents: .max), Order(at: 2, cents: .max)])
    try await topic.publish([Order(at: 11, cents: 5)])
    let first = try #require(try await iterator.next())
    #expect(first.value == .max && first.end == 10)
    topic.close()
    #expect(try await iterator.next()?.value == 5)
  }
}
