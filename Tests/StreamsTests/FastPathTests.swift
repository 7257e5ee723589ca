// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct FastPathTests {
  /// Keeps all that a pipeline writes, in order.
  final class Collector: FlowSink {
    enum Written: Equatable { case element(Int), mark(Mark) }
    let name = "collector"
    let written = Guarded<[Written]>([])

    nonisolated(nonsending) func write(_ elements: [Int]) async {
      written.withLock { $0 += elements.map(Written.element) }
    }

    nonisolated(nonsending) func write(_ mark: Mark) async {
      written.withLock { $0.append(.mark(mark)) }
    }
  }

  private func makeTopic(holding batches: [[Int]]) async throws -> Topic<Int> {
    let topic = Topic<Int>("numbers", clock: ManualClock(5))
    for batch in batches { try await topic.publish(batch) }
    topic.close()
    return topic
  }

  @Test func `operators run over an array as a flow does over a topic`() async throws {
    let numbers = Array(1...1_000)
    let topic = Topic<Int>(
      "numbers",
      retention: Retention(maximumCount: 4_096),
      clock: ManualClock(5)
    )
    try await topic.publish(numbers)
    topic.close()
    let flow = topic.flow(from: .earliest)
      .filter { $0 % 3 == 0 }
      .window(
        .tumbling(.milliseconds(100)),
        by: { $0 % 2 },
        at: { Timestamp(milliseconds: Int64($0)) }
      )
      .aggregate {
        Count(); Sum(of: { $0 })
      }
    var expected: [String] = []
    for try await window in flow { expected.append("\(window.start) \(window.value)") }
    var seen: [String] = []
    flow.chain.run(over: numbers, at: 5) { seen.append("\($0.start) \($0.value)") }
    #expect(seen.count == 20)
    #expect(seen == expected)
  }

  @Test(arguments: [1, 2, 255, 256, 257, 4_000])
  func `a pipeline's result does not depend on the size of batches`(size: Int) async throws {
    let numbers = Array(1...4_000)
    let batches = stride(from: 0, to: 4_000, by: size).map {
      Array(numbers[$0..<min($0 + size, 4_000)])
    }
    let topic = try await makeTopic(holding: batches)
    let sink = Collector()
    let pipeline = topic.flow(from: .earliest).filter { $0 % 2 == 0 }.map { $0 * 10 }
      .pipeline("tens", into: sink)
    try await pipeline.run()
    let elements = sink.written.withLock { $0 }.filter { $0 != .mark(.watermark(.never)) }
    #expect(elements == stride(from: 2, through: 4_000, by: 2).map { .element($0 * 10) })
    #expect(pipeline.statistics.source.received == 4_000)
    #expect(pipeline.statistics.total("dropped") == 2_000)
    #expect(pipeline.statistics.written == 2_000)
  }

  @Test func `marks are written behind what comes before them`() async throws {
    let topic = Topic<Int>("numbers", clock: ManualClock(5))
    try await topic.publish([1, 2])
    topic.mark(.watermark(10))
    try await topic.publish([3])
    topic.mark(.watermark(20))
    topic.mark(.endOfInput)
    try await topic.publish([-4])
    topic.close()
    let sink = Collector()
    try await topic.flow(from: .earliest).filter { $0 > 0 }.pipeline("positive", into: sink).run()
    #expect(
      sink.written.withLock { $0 } == [
        .element(1), .element(2), .mark(.watermark(10)), .element(3), .mark(.watermark(20)),
        .mark(.endOfInput),
        .mark(.watermark(.never)),
      ]
    )
  }

  @Test func `a pipeline tells each watermark though nothing comes out`() async throws {
    let topic = Topic<Int>("numbers", clock: ManualClock(5))
    for instant in [10, 20] as [Timestamp] {
      try await topic.publish(Array(repeating: 0, count: 256))
      topic.mark(.watermark(instant))
    }
    topic.close()
    let sink = Collector()
    try await topic.flow(from: .earliest).filter { $0 > 0 }.pipeline("positive", into: sink).run()
    let marks = [10, 20, .never] as [Timestamp]
    #expect(sink.written.withLock { $0 } == marks.map { .mark(.watermark($0)) })
  }

  @Test func `a cursor takes what is there and nothing else`() async throws {
    let topic = Topic<Int>("numbers", clock: ManualClock(5))
    let cursor = Cursor(topic)
    #expect(cursor.take(limit: 256) == nil)
    try await topic.publish([1, 2, 3])
    #expect(cursor.take(limit: 2)?.elements == [1, 2])
    #expect(cursor.take(limit: 2)?.elements == [3])
    #expect(cursor.take(limit: 2) == nil)
  }

  @Test func `taking lets in a publish that was held back`() async throws {
    let topic = Topic<Int>("numbers", retention: Retention(maximumCount: 4), clock: ManualClock(5))
    let cursor = Cursor(topic)
    for number in 1...2 { try await topic.publish([number, number]) }
    let stored = Guarded(false)
    let offer = topic.offer([3, 3]) { outcome in
      stored.withLock { $0 = (try? outcome.get()) != nil }
    }
    guard case .held = offer else { return #expect(Bool(false), "there is no room yet") }
    #expect(cursor.take(limit: 2)?.elements == [1, 1])
    #expect(!stored.withLock { $0 }, "the batch in hand is not consumed yet")
    #expect(cursor.take(limit: 2)?.elements == [2, 2])
    #expect(stored.withLock { $0 }, "the first batch is consumed and gone")
    #expect(cursor.take(limit: 2)?.elements == [3, 3])
  }
}
