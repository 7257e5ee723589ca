// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct FlowTests {
  private let clock = ManualClock(0)
  private let topic: Topic<Int>

  init() {
    topic = Topic("t", clock: clock)
  }

  @Test func `a flow is a sequence of what its operators emit`() async throws {
    try await topic.publish([1, 2, 3, 4])
    topic.close()
    var seen: [Int] = []
    for try await value in topic.flow(from: .earliest).filter({ $0 % 2 == 0 }).map({ $0 * 10 }) {
      seen.append(value)
    }
    #expect(seen == [20, 40])
  }

  @Test func `every iteration reads anew, with operators as they were made`() async throws {
    try await topic.publish([1, 2, 3])
    topic.close()
    let sums = topic.flow(from: .earliest).scan(0) { $0 += $1 }
    for _ in 0..<2 {
      var seen: [Int] = []
      for try await sum in sums { seen.append(sum) }
      #expect(seen == [1, 3, 6])
    }
  }

  @Test func `a flow starts with what comes from then on`() async throws {
    try await topic.publish([1])
    var iterator = topic.flow().makeAsyncIterator()
    try await topic.publish([2])
    topic.close()
    #expect(try await iterator.next() == 2)
    #expect(try await iterator.next() == nil)
    #expect(try await iterator.next() == nil)
  }

  @Test func `a live throttle gives out at its deadline`() async throws {
    let clock = clock
    var iterator = topic.flow().throttle(for: .milliseconds(10), keeping: .both)
      .makeAsyncIterator()
    try await topic.publish([1, 2, 3])
    #expect(try await iterator.next() == 1)
    let mover = Task {
      await clock.sleepers(1)
      clock.advance(to: 10)
    }
    #expect(try await iterator.next() == 3)
    await mover.value
  }

  @Test func `cancelling ends a flow for good, though there is more`() async throws {
    try await topic.publish(Array(0..<1_000))
    let topic = topic
    let task = Task {
      var iterator = topic.flow(from: .earliest).makeAsyncIterator()
      _ = try await iterator.next()
      withUnsafeCurrentTask { $0?.cancel() }
      var count = 1
      do {
        while try await iterator.next() != nil { count += 1 }
        Issue.record("the flow ends with an error")
      } catch is CancellationError {}
      #expect(try await iterator.next() == nil)
      return count
    }
    #expect(try await task.value == FlowLimits.batch)
  }

  @Test func `a flow that is dropped holds nothing back`() async throws {
    let topic = Topic<Int>("t", retention: Retention(maximumCount: 4), clock: clock)
    do {
      var iterator = topic.flow().makeAsyncIterator()
      try await topic.publish([1])
      #expect(try await iterator.next() == 1)
    }
    for value in 0..<20 { try await topic.publish([value]) }
  }

  @Test func `a lossy flow goes on behind a gap`() async throws {
    let topic = Topic<Int>("t", retention: Retention(maximumCount: 4), clock: clock)
    var iterator = topic.flow(from: .earliest, overrun: .skip).makeAsyncIterator()
    for value in 1...9 { try await topic.publish([value]) }
    #expect(try await iterator.next() == 6)
  }

  @Test func `events without a time have that of their entry`() async throws {
    let topic = Topic<Event>("t", clock: clock)
    let sink = ProbeSink<Event>()
    let pipeline = topic.flow(from: .earliest, watermarks: .bounded(by: .milliseconds(2)))
      .pipeline("p", into: sink)
    clock.advance(to: 50)
    try await topic.publish([Event(data: [], time: 20), Event(data: [])])
    topic.mark(.endOfInput)
    topic.close()
    try await pipeline.run()
    #expect(sink.marks.prefix(2) == [.watermark(18), .watermark(48)])
  }
}
