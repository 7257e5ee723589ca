// SPDX-License-Identifier: Apache-2.0
import Testing
import WeirTesting

@testable import Streams

@Suite struct DriverTests {
  private let clock = ManualClock(0)
  private let topic: Topic<String>

  init() {
    topic = Topic("t", clock: clock)
  }

  /// The element's own number is its event time.
  private let byNumber = WatermarkStrategy<String>.bounded(
    by: .zero,
    maximumAhead: .milliseconds(1_000)
  ) { element, _ in Timestamp(milliseconds: Int64(element) ?? 0) }

  private func publish(_ elements: [String], at instant: Timestamp) async throws {
    clock.advance(to: instant)
    try await topic.publish(elements)
  }

  /// What a chain tells when it reads the whole topic, in parts of `limit`.
  private func outputs(
    _ chain: some Operator<String, String>,
    _ strategy: WatermarkStrategy<String> = .fromSource,
    limit: Int = 256,
    room: Int = 256,
    ends: Bool = false
  ) -> [Told] {
    var transcript = Transcript(chain, strategy)
    for batch in topic.batches(limit: { limit }) { transcript.take(batch, room: room) }
    if ends { transcript.end(room: room) }
    return transcript.told
  }

  @Test(arguments: [1, 2, 256])
  func `a deadline fires before the next instant, behind the elements of its own`(
    limit: Int
  )
    async throws
  {
    try await publish(["a", "b"], at: 10)
    try await publish(["c"], at: 15)
    try await publish(["d"], at: 16)
    try await publish(["e"], at: 100)
    let told = outputs(Recorder(), limit: limit)
    #expect(
      told == ["a@10", "b@10", "c@15", "fire@15", "d@16", "fire@21", "e@100"].map { .output($0) }
    )
  }

  @Test func `a promise fires the deadlines that lie in it and no others`() async throws {
    try await publish(["a"], at: 10)
    var transcript = Transcript(Recorder(), .fromSource)
    for batch in topic.batches(limit: { 256 }) { transcript.take(batch) }
    transcript.take(Batch(silentThrough: 14))
    #expect(transcript.told.count == 1)
    transcript.take(Batch(silentThrough: 15))
    transcript.take(Batch(silentThrough: 99))
    #expect(transcript.told == [.output("a@10"), .output("fire@15")])
  }

  @Test func `a mark's instant fires deadlines before it`() async throws {
    try await publish(["a"], at: 10)
    clock.advance(to: 50)
    topic.mark(.watermark(20))
    #expect(
      outputs(Recorder()) == [
        .output("a@10"), .output("fire@15"), .output("W20@50"), .watermark(20),
      ]
    )
  }

  @Test(arguments: [1, 2, 256])
  func `the watermark moves in mid-batch, and is told where it is asked for`(
    limit: Int
  )
    async throws
  {
    try await publish(["3", "9", "10", "4", "19", "35", "12"], at: 7)
    #expect(
      outputs(Recorder(), byNumber, limit: limit) == [
        .output("3@7"), .output("W3@7"), .watermark(3), .output("9@7"), .output("10@7"),
        .output("W10@7"), .watermark(10), .output("4@7"), .output("19@7"), .output("35@7"),
        .output("W35@7"), .watermark(35), .output("12@7"),
      ]
    )
  }

  @Test func `elements behind, elements ahead and gaps are counted`() async throws {
    let topic = Topic<String>("t", retention: Retention(maximumCount: 4), clock: clock)
    let start = topic.earliest
    for element in ["1", "2", "3", "100", "99", "1001", "5"] { try await topic.publish([element]) }
    var position = start
    var transcript = Transcript(Identity<String>(), byNumber)
    transcript.take(topic.read(from: &position, limit: 256))
    #expect(transcript.counters.received == 4)
    #expect((transcript.counters.gaps, transcript.counters.missed) == (1, 3))
    #expect(transcript.counters.behind == 2)
    #expect(transcript.counters.ahead == 1)
    #expect(transcript.told.contains(.watermark(100)))
  }

  @Test func `an element as far ahead as allowed moves the watermark, one further is dropped`()
    async throws
  {
    try await publish(["1000"], at: 0)
    try await publish(["1002"], at: 1)
    #expect(outputs(Identity(), byNumber) == [.output("1000"), .watermark(1_000)])
  }

  @Test func `an end of input moves the watermark to the latest end and no further`() async throws {
    try await publish(["3"], at: 7)
    topic.mark(.endOfInput)
    try await publish(["120"], at: 8)
    #expect(
      outputs(Recorder(hearingEach: 50), byNumber) == [
        .output("3@7"), .output("W3@7"), .watermark(3), .output("W107@7"), .watermark(107),
        .endOfInput, .output("120@8"),
      ]
    )
  }

  @Test(arguments: [1, 256])
  func `the end tells the last watermark, then finish, then the mark`(room: Int) async throws {
    try await publish(["3"], at: 7)
    #expect(
      outputs(Recorder(), byNumber, room: room, ends: true) == [
        .output("3@7"), .output("W3@7"), .watermark(3), .output("Wend@7"), .output("finish@7"),
        .watermark(.never),
      ]
    )
  }

  @Test func `an empty source ends too`() {
    #expect(
      outputs(Recorder(), ends: true).suffix(2) == [
        .output("finish@\(Int64.min)"), .watermark(.never),
      ]
    )
  }

  @Test func `a source's watermark keeps its place where no operator wants it`() async throws {
    try await publish(["a"], at: 1)
    topic.mark(.watermark(5))
    try await publish(["b", "c"], at: 2)
    topic.mark(.watermark(6))
    for limit in 1...3 {
      #expect(
        outputs(Identity(), limit: limit) == [
          .output("a"), .watermark(5), .output("b"), .output("c"), .watermark(6),
        ]
      )
    }
  }
}
