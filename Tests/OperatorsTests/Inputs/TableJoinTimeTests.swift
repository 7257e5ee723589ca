// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct TableJoinTimeTests {
  private struct Visit: Sendable {
    let user: String
    let time: Timestamp
  }

  @Test func `event time goes on behind a join, whatever the table says or does not`() async throws
  {
    let clock = ManualClock(0)
    let visits = Topic<Visit>("visits", clock: clock)
    let names = Table(Topic<TableChange<String, Int>>("names", clock: clock))
    let sink = ProbeSink<Int>()
    let byTime = WatermarkStrategy<Visit>.bounded(by: .zero, at: \.time)
    let pipeline = visits.flow(from: .earliest, watermarks: byTime)
      .leftJoin(names, on: \.user)
      .window(.tumbling(.milliseconds(10)), at: \.left.time)
      .aggregate { Count() }
      .map { $0.value }
      .pipeline("p", into: sink)
    try await names.set(1, for: "ann")
    for instant in 0..<40 {
      clock.advance(to: Timestamp(milliseconds: Int64(instant)))
      if instant == 15 { try await names.set(2, for: "ben") }
      try await visits.publish([Visit(user: "ann", time: clock.now)])
    }
    let running = Task { try await pipeline.run() }
    clock.advance(to: 41)
    while sink.elements.count < 3 { await Task.yield() }
    #expect(sink.elements == [10, 10, 10])
    running.cancel()
    _ = await running.result
  }
}
