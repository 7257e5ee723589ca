// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct ConcatTests {
  private let clock = ManualClock(0)
  private let first: Topic<Int>
  private let second: Topic<Int>

  init() {
    first = Topic("first", clock: clock)
    second = Topic("second", clock: clock)
  }

  @Test func `the second comes behind the end of the first, and time never goes back`()
    async throws
  {
    try await second.publish([21])
    second.mark(.watermark(3))
    clock.advance(to: 4)
    try await first.publish([11])
    clock.advance(to: 6)
    first.close()
    clock.advance(to: 9)
    try await second.publish([22])
    second.close()
    let flow = first.flow(from: .earliest).concat(second.flow(from: .earliest))
    let seen = try await flow.makeReader().everything { 256 }.flatMap(\.seen)
    #expect(
      seen == [
        .entry(11, offset: 1, appended: 4), .entry(21, offset: 1, appended: 7),
        .mark(.watermark(3), appended: 7), .entry(22, offset: 2, appended: 9),
      ]
    )
  }

  @Test func `the next is opened when the one before has ended, and holds back nobody until then`()
    async throws
  {
    let small = Topic<Int>("small", retention: Retention(maximumCount: 2), clock: clock)
    let flow = first.flow(from: .earliest).concat(small.flow(from: .earliest))
    var iterator = flow.makeAsyncIterator()
    try await first.publish([1])
    #expect(try await iterator.next() == 1)
    for value in 2..<6 { try await small.publish([value]) }
    first.close()
    small.close()
    #expect(try await iterator.next() == 4)
    #expect(try await iterator.next() == 5)
    #expect(try await iterator.next() == nil)
  }

  @Test func `the end of the first does not make the elements of the second late`() async throws {
    try await first.publish([1, 12])
    try await second.publish([13, 21])
    first.close()
    second.close()
    let byValue = WatermarkStrategy<Int>.bounded(by: .zero) {
      Timestamp(milliseconds: Int64($0))
    }
    var counts: [Int] = []
    for try await window in first.flow(from: .earliest, watermarks: byValue)
      .concat(second.flow(from: .earliest, watermarks: byValue))
      .window(.tumbling(.milliseconds(10)), at: { Timestamp(milliseconds: Int64($0)) })
      .aggregate({ Count() })
    {
      counts.append(Int(window.value))
    }
    #expect(counts == [1, 2, 1])
  }

  @Test func `an error of the first is the end`() async throws {
    try await first.publish([1, 2])
    try await second.publish([3])
    first.close()
    second.close()
    var seen: [Int] = []
    await #expect(throws: ElementFailure.self) {
      for try await value in first.flow(from: .earliest).apply(FailAt(2))
        .concat(second.flow(from: .earliest))
      {
        seen.append(value)
      }
    }
    #expect(seen == [1])
  }

  @Test func `it is drawn with what each input let through`() async throws {
    try await first.publish([1, 2])
    try await second.publish([3])
    first.close()
    second.close()
    let flow = first.flow(from: .earliest).concat(second.flow(from: .earliest))
    let pipeline = flow.pipeline("all", into: ProbeSink<Int>())
    try await pipeline.run()
    #expect(pipeline.statistics.plan.inputs.map(\.received) == [2, 1])
  }

  @Test func `a deadline before the end of the first fires before the second`() async throws {
    try await first.publish([1, 2])
    clock.advance(to: 10)
    first.close()
    try await second.publish([3])
    second.close()
    let probe = ProbeSink<String>()
    try await first.flow(from: .earliest).concat(second.flow(from: .earliest))
      .throttle(for: .milliseconds(10), keeping: .latest)
      .apply(Stamp())
      .pipeline("p", into: probe).run()
    #expect(probe.elements == ["2@10", "3@11"])
  }
}
