// SPDX-License-Identifier: Apache-2.0
import Operators
import Testing
import WeirTesting

@testable import Streams

@Suite struct FusedTests {
  private let clock = ManualClock(0)
  private let topic: Topic<String>

  init() {
    topic = Topic("t", clock: clock)
  }

  /// What a chain gives out for everything in the topic and its end, for any room.
  private func outputs(_ chain: some Operator<String, String>) -> [[String]] {
    [1, 2, 3, 256].map { room in
      var transcript = Transcript(chain, .fromSource)
      for batch in topic.batches(limit: { 256 }) { transcript.take(batch, room: room) }
      transcript.end(room: room)
      return transcript.told.compactMap { if case .output(let text) = $0 { text } else { nil } }
    }
  }

  private func expect(_ expected: [String], from chain: some Operator<String, String>) {
    for found in outputs(chain) { #expect(found == expected) }
  }

  @Test func `outputs of the first come before what the second is told`() async throws {
    try await topic.publish(["x"])
    clock.advance(to: 20)
    try await topic.publish(["y"])
    expect(
      [
        "x@0@0", "fire@5@5", "fire@5", "y@20@20",
        "Wend@20@20", "Wend@20", "finish@20@20", "finish@20",
      ],
      from: Fused(Recorder(), Recorder())
    )
  }

  @Test func `a watermark is told to both behind the elements before it`() async throws {
    try await topic.publish(["x"])
    topic.mark(.watermark(3))
    expect(
      ["x@0@0", "W3@0@0", "W3@0", "Wend@0@0", "Wend@0", "finish@0@0", "finish@0"],
      from: Fused(Recorder(), Recorder())
    )
  }

  @Test func `several outputs of an expanding operator pass through one by one`() async throws {
    // The letters' codes modulo 4: c gives 3 copies, d none.
    try await topic.publish(["c", "d", "a"])
    expect(["ca", "cb", "cc", "aa"], from: Expand())
    expect(
      ["ca@0", "cb@0", "cc@0", "aa@0", "Wend@0", "finish@0"],
      from: Fused(Expand(), Recorder())
    )
  }

  @Test func `an expanding operator behind an expanding operator is offered one at a time`()
    async throws
  {
    try await topic.publish(["c"])
    let once = ["ca", "cb", "cc"]
    let twice = once.flatMap { element in
      ["a", "b", "c"].prefix(element.utf8.reduce(0) { $0 + Int($1) } % 4).map { element + $0 }
    }
    #expect(twice.count > 1)
    expect(twice, from: Fused(Expand(), Expand()))
    expect(twice, from: Fused(Fused(Identity(), Expand()), Fused(Expand(), Identity())))
  }

  @Test func `what two operators say at the end waits for an expanding one behind them`()
    async throws
  {
    // Both recorders speak in one call, and the last operator still holds the first one's words.
    try await topic.publish(["x"])
    let words = [
      "x@0@0", "Wend@0@0", "Wend@0", "finish@0@0", "finish@0",
    ]
    let expected = words.flatMap { word in
      ["a", "b", "c"].prefix(word.utf8.reduce(0) { $0 + Int($1) } % 4).map { word + $0 }
    }
    expect(expected, from: Fused(Fused(Recorder(), Recorder()), Expand()))
    expect(expected, from: Fused(Recorder(), Fused(Recorder(), Expand())))
  }

  @Test func `what the first holds at a deadline or the end comes before the second's own`()
    async throws
  {
    for (instant, element) in [(0, "x"), (7, "y"), (20, "z")] as [(Timestamp, String)] {
      clock.advance(to: instant)
      try await topic.publish([element])
    }
    let throttle = Throttle<String, NoKey>(
      for: .milliseconds(5),
      by: { _ in NoKey() },
      keeping: .latest
    )
    expect(
      ["x@5", "y@10", "fire@10", "Wend@20", "z@20", "finish@20"],
      from: Fused(throttle, Recorder())
    )
  }

  @Test func `a fused pair wants what either wants`() {
    var pair = Fused(Recorder(hearingEach: 10), Recorder(hearingEach: 4))
    #expect(pair.nextWatermark == .distantPast)
    #expect(pair.deadline == .never)
    #expect(pair.latestEnd == .distantPast)
    pair.receive("x", at: 1) { _ in }
    #expect(pair.deadline == 6)
    #expect(pair.latestEnd == 101)
    pair.advance(to: 1, at: 1) { _ in }
    #expect(pair.nextWatermark == 4)
    #expect(!Fused<Recorder, Recorder>.expands)
    #expect(Fused<Recorder, Expand>.expands)
    #expect(pair.stages.map(\.name) == ["recorder", "recorder"])
  }
}
