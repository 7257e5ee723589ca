// SPDX-License-Identifier: Apache-2.0
import Operators
import Testing
import WeirTesting

@testable import Streams

@Suite struct SilenceTests {
  private let clock = ManualClock(0)
  private let topic: Topic<Int>

  init() {
    topic = Topic("t", clock: clock)
  }

  /// Counts per ten milliseconds; the element is its own event time, one may be 5 ms behind.
  private func counts(_ policy: SilencePolicy) -> Flow<some Operator<Int, String>> {
    let strategy = WatermarkStrategy<Int>.bounded(by: .milliseconds(5)) {
      Timestamp(milliseconds: Int64($0))
    }
    return topic.flow(from: .earliest, watermarks: strategy.onSilence(policy))
      .window(.tumbling(.milliseconds(10)), at: { Timestamp(milliseconds: Int64($0)) })
      .aggregate { Count() }
      .map { "\($0.start.milliseconds): \($0.value)" }
  }

  @Test func `windows wait for a silent source unless told otherwise`() async throws {
    var transcript = Transcript(counts(.hold).chain, counts(.hold).watermarks)
    clock.advance(to: 3)
    try await topic.publish([1, 2])
    for batch in topic.batches(limit: { 10 }) { transcript.take(batch) }
    transcript.take(Batch(silentThrough: 10_000))
    #expect(transcript.told == [.watermark(-4)])
  }

  @Test func `the clock moves the watermark when nothing came for so long`() async throws {
    let flow = counts(.advanceWithClock(after: .milliseconds(20)))
    let sink = ProbeSink<String>()
    let running = Task { try await flow.pipeline("p", into: sink).run() }
    clock.advance(to: 3)
    try await topic.publish([1, 2])
    // The window ends at 10; the watermark is 25 ms behind the clock.
    await clock.sleepers(1)
    clock.advance(to: 34)
    await clock.sleepers(1)
    #expect(sink.elements == [])
    clock.advance(to: 35)
    await eventually { sink.elements == ["0: 2"] }
    running.cancel()
    _ = await running.result
  }

  @Test(arguments: 0..<40)
  func `live and replayed silence come to the same`(seed: Int) async throws {
    var random = SeededGenerator(seed)
    let flow = counts(.advanceWithClock(after: .milliseconds(7)))
    for _ in 0..<30 {
      let pause = Int.random(in: 0...3, using: &random) == 0 ? 30 : 2
      clock.advance(to: clock.now + .milliseconds(Int.random(in: 0...pause, using: &random)))
      let now = Int(clock.now.milliseconds)
      try await topic.publish([now - Int.random(in: 0...12, using: &random)])
    }
    func told(promises: Bool, limit: Int, room: Int) -> [Told] {
      var transcript = Transcript(flow.chain, flow.watermarks)
      for batch in topic.batches(promises: promises, limit: { limit }) {
        transcript.take(batch, room: room)
      }
      transcript.end()
      return transcript.told
    }
    let whole = told(promises: false, limit: 100, room: 100)
    #expect(told(promises: true, limit: 1, room: 1) == whole)
    #expect(told(promises: true, limit: 3, room: 2) == whole)
  }
}
