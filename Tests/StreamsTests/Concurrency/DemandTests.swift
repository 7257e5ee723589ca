// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct DemandTests {
  private let clock = ManualClock(0)
  private let topic: Topic<Int>

  init() {
    topic = Topic("t", retention: Retention(maximumCount: 8), clock: clock)
  }

  @Test func `what comes while the consumer is busy is conflated and holds nothing back`()
    async throws
  {
    let flow = topic.flow(from: .earliest).conflate(into: { [$0] }) { $0.append($1) }
    let reader = flow.source.makeReader()
    _ = try reader.poll(limit: 9, until: .never)
    for start in 0..<25 { try await topic.publish(Array(start * 4..<start * 4 + 4)) }
    topic.mark(.watermark(7))
    topic.mark(.watermark(9))
    topic.close()
    await eventually { reader.plan?.stages.last?["in"] == 100 }
    clock.advance(to: 3)
    var summaries: [[Int]] = []
    var marks: [Mark] = []
    while let batch = try await reader.next() {
      summaries += batch.elements
      for case .mark(let mark, _) in batch.items { marks.append(mark) }
    }
    #expect(summaries.flatMap(\.self) == Array(0..<100))
    #expect(marks.last == .watermark(9))
    let stage = try #require(reader.plan?.stages.last)
    #expect(stage["in"] == stage["out"] + stage["conflated"] + stage["buffered"])
  }

  @Test func `a consumer that keeps up gets every element alone`() async throws {
    var iterator = topic.flow(from: .earliest)
      .conflate(into: { [$0] }) { $0.append($1) }
      .makeAsyncIterator()
    for number in 0..<20 {
      try await topic.publish([number])
      #expect(try await iterator.next() == [number])
    }
  }

  @Test func `conflation throws what the source throws, and frees it when it is left`()
    async throws
  {
    weak var witness: Witness?
    let reading = {
      let made = Witness()
      witness = made
      let flow = topic.flow(from: .earliest).conflate(into: { ($0, made) }) { $0.0 += $1 }
      return Task { for try await _ in flow {} }
    }()
    try await topic.publish([1])
    reading.cancel()
    await #expect(throws: CancellationError.self) { try await reading.value }
    await eventually { witness == nil && topic.statistics.heldLag == 0 }
    let failing = Flow.sequence {
      AsyncThrowingStream<Int, any Error> { $0.finish(throwing: Mishap()) }
    }
    await #expect(throws: Mishap.self) {
      _ = try await all(failing.conflate(into: { $0 }) { $0 += $1 })
    }
  }

  @Test func `an element expands as long as it is asked and nothing new is there`() async throws {
    var iterator = topic.flow(from: .earliest)
      .expand { number in (0...).lazy.map { number * 10 + $0 } }
      .makeAsyncIterator()
    try await topic.publish([1])
    for expected in 10...14 { #expect(try await iterator.next() == expected) }
    try await topic.publish([2, 3])
    for expected in [20, 30, 31, 32] { #expect(try await iterator.next() == expected) }
    topic.close()
    #expect(try await iterator.next() == nil)
  }

  @Test func `extrapolation leaves out no element`() async throws {
    var iterator = topic.flow(from: .earliest)
      .extrapolate { CollectionOfOne(-$0) }
      .makeAsyncIterator()
    try await topic.publish([1, 2])
    for expected in [1, 2, -2] { #expect(try await iterator.next() == expected) }
    try await topic.publish([3])
    topic.close()
    #expect(try await iterator.next() == 3)
    #expect(try await iterator.next() == nil)
  }
}
