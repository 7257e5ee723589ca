// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct SideOutputTests {
  private let clock = ManualClock(0)

  @Test func `what leaves beside the output arrives whole and in order`() async throws {
    let topic = Topic<Int>("t", clock: clock)
    try await topic.publish(Array(0..<1_000))
    topic.close()
    let odd = ProbeSink<Int>("odd")
    let even = ProbeSink<Int>("even")
    try await topic.flow(from: .earliest).apply(Aside(into: odd)).pipeline("p", into: even).run()
    #expect(odd.elements == (0..<500).map { 2 * $0 + 1 })
    #expect(even.elements == (0..<500).map { 2 * $0 })
  }

  @Test func `a side output that is full holds the flow back`() async throws {
    let topic = Topic<Int>("t", retention: Retention(maximumCount: 8), clock: clock)
    let odd = Topic<Int>("odd", retention: Retention(maximumCount: 4), clock: clock)
    let reader = Cursor(odd)
    let flow = topic.flow(from: .earliest).apply(Aside(into: odd))
    let running = Task { for try await _ in flow {} }
    let publishing = Task {
      for value in 0..<100 { try await topic.publish([2 * value + 1]) }
      topic.close()
    }
    await eventually { odd.statistics.waitingPublishes == 1 }
    await eventually { topic.statistics.waitingPublishes == 1 }
    var seen: [Int] = []
    while seen.count < 100, let batch = try await reader.next() { seen += batch.elements }
    try await running.value
    try await publishing.value
    #expect(seen == (0..<100).map { 2 * $0 + 1 })
  }

  @Test func `a side output that fails ends the flow`() async throws {
    let topic = Topic<Int>("t", clock: clock)
    try await topic.publish([1, 2, 3])
    let flow = topic.flow(from: .earliest).apply(Aside(into: ProbeSink(failingAfter: 0)))
    await #expect(throws: ProbeSink<Int>.Failure.self) { for try await _ in flow {} }
    #expect(topic.statistics.heldLag == 0)
  }
}
