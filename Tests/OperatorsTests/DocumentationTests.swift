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

  private struct Order: Sendable {
    let id: Int
    let customer: String
    let time: Timestamp
  }

  private struct Payment: Sendable {
    let order: Int
    let time: Timestamp
  }

  @Test func `orders meet payments and names, branch out, and are numbered`() async throws {
    let clock = ManualClock(10)
    let orders = Topic<Order>("orders", clock: clock)
    let payments = Topic<Payment>("payments", clock: clock)
    let names = Table(Topic<TableChange<String, String>>("names", clock: clock))
    try await names.set("Ann", for: "a")
    clock.advance(to: 20)
    try await orders.publish([
      Order(id: 1, customer: "a", time: 15), Order(id: 2, customer: "b", time: 16),
      Order(id: 3, customer: "a", time: 17),
    ])
    try await payments.publish([Payment(order: 2, time: 19)])
    orders.close()
    payments.close()
    names.topic.close()
    let (everything, newest) = (ProbeSink<Order>(), ProbeSink<Order>())
    let paid = orders.flow(from: .earliest, watermarks: .bounded(by: .seconds(5), at: \.time))
      .join(
        payments.flow(from: .earliest, watermarks: .bounded(by: .seconds(5), at: \.time)),
        on: \.id,
        equals: \.order,
        within: .zero ... .seconds(60),
        at: \.time,
        \.time
      )
    let named = orders.flow(from: .earliest).join(names, on: \.customer)
    #expect(try await all(paid).map(\.left.id) == [2])
    #expect(try await all(named).map { "\($0.left.id) \($0.right)" } == ["1 Ann", "3 Ann"])

    let hub = orders.flow(from: .earliest).broadcast("orders")
    let audit = hub.branch(.holdBack).pipeline("audit", into: everything)
    let screen = hub.branch(.latest(by: \.customer)).pipeline("screen", into: newest)
    try await hub.run()
    try await audit.run()
    try await screen.run()
    #expect(everything.elements.map(\.id) == [1, 2, 3])
    #expect(newest.elements.map(\.id) == [2, 3])

    let numbered = orders.flow(from: .earliest)
      .keyed(by: \.customer, ttl: .seconds(3_600), initial: { 0 }) { count, order in
        count += 1
        return "\(order.customer) #\(count)"
      }
    #expect(try await all(numbered) == ["a #1", "b #1", "a #2"])
  }

  private func all<Chain: Operator>(_ flow: Flow<Chain>) async throws -> [Chain.Output] {
    var elements: [Chain.Output] = []
    for try await element in flow { elements.append(element) }
    return elements
  }
}
