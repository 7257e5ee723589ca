// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@Suite struct MarkTests {
  private let clock = ManualClock(10)
  private let topic: Topic<Int>

  init() {
    topic = Topic("t", clock: clock)
  }

  @Test func `marks keep their places between entries`() async throws {
    topic.mark(.watermark(1))
    try await topic.publish([1])
    topic.mark(.watermark(2))
    topic.mark(.endOfInput)
    try await topic.publish([2])
    topic.mark(.endOfInput)
    let all: [Seen<Int>] = [
      .mark(.watermark(1), appended: 10), .entry(1, offset: 1, appended: 10),
      .mark(.watermark(2), appended: 10), .mark(.endOfInput, appended: 10),
      .entry(2, offset: 2, appended: 10), .mark(.endOfInput, appended: 10),
    ]
    for limit in 1...3 { #expect(topic.everything(from: topic.earliest, limit: limit) == all) }
    #expect(topic.everything(from: topic.position(after: 1)) == Array(all[2...]))
    #expect(topic.everything(from: topic.position(after: 2)) == Array(all[5...]))
  }

  @Test func `a watermark that does not rise is no mark`() {
    for instant: Timestamp in [5, 5, 4, 6] { topic.mark(.watermark(instant)) }
    clock.advance(to: 11)
    topic.mark(.watermark(6))
    #expect(topic.everything(from: topic.earliest) == [.mark(.watermark(6), appended: 10)])
    #expect(topic.statistics.watermark == 6)
  }

  @Test func `only watermarks of one place and instant become one`() async throws {
    topic.mark(.watermark(1))
    topic.mark(.watermark(2))
    clock.advance(to: 11)
    topic.mark(.watermark(3))
    topic.mark(.endOfInput)
    topic.mark(.watermark(4))
    try await topic.publish([7])
    topic.mark(.watermark(5))
    #expect(
      topic.everything(from: topic.earliest) == [
        .mark(.watermark(2), appended: 10), .mark(.watermark(3), appended: 11),
        .mark(.endOfInput, appended: 11), .mark(.watermark(4), appended: 11),
        .entry(7, offset: 1, appended: 11), .mark(.watermark(5), appended: 11),
      ]
    )
  }

  @Test func `a watermark that was read stays for all later readers`() {
    var live = topic.earliest
    topic.mark(.watermark(1))
    var seen = topic.read(from: &live, limit: 9).seen
    topic.mark(.watermark(2))
    topic.mark(.watermark(3))
    seen += topic.read(from: &live, limit: 9).seen
    #expect(seen == [.mark(.watermark(1), appended: 10), .mark(.watermark(3), appended: 10)])
    #expect(topic.everything(from: topic.earliest) == seen)
  }

  @Test func `a reader behind a conflated watermark reads the one that took its place`() {
    topic.mark(.watermark(1))
    let behind = topic.end
    topic.mark(.watermark(2))
    #expect(topic.everything(from: behind) == [.mark(.watermark(2), appended: 10)])
  }

  @Test func `a mark directly before the oldest kept entry stays, older ones go`() async throws {
    let topic = Topic<Int>("t", retention: Retention(maximumCount: 2), clock: clock)
    for value in 1...4 {
      try await topic.publish([value])
      topic.mark(.watermark(Timestamp(milliseconds: Int64(value))))
    }
    #expect(
      topic.everything(from: topic.earliest) == [
        .mark(.watermark(2), appended: 10), .entry(3, offset: 3, appended: 10),
        .mark(.watermark(3), appended: 10), .entry(4, offset: 4, appended: 10),
        .mark(.watermark(4), appended: 10),
      ]
    )
  }

  @Test func `one mark more is kept than entries may be`() {
    let topic = Topic<Int>("t", retention: Retention(maximumCount: 5), clock: clock)
    for _ in 0..<37 { topic.mark(.endOfInput) }
    #expect(topic.everything(from: topic.earliest).count == 6)
    #expect(topic.end.nextMark == 38)
  }
}
