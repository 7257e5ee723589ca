// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@testable import Host

/// What hostile input must not do.
@Suite struct HostileInputTests {
  private func access(_ bytes: String, path: String = "/", time: Timestamp? = nil) -> Event {
    let data = #"{"client":"a","path":"\#(path)","status":200,"bytes":\#(bytes)}"#
    return Event(data: Array(data.utf8), time: time)
  }

  @Test func `numbers and names out of bounds are no requests`() {
    #expect(AccessRequest(access("1"), appended: 5)?.time == 5)
    #expect(AccessRequest(access("9223372036854775807"), appended: 5) == nil)
    #expect(AccessRequest(access("-1"), appended: 5) == nil)
    let long = String(repeating: "x", count: AccessRequest.maximumPathBytes)
    #expect(AccessRequest(access("1", path: long), appended: 5) != nil)
    #expect(AccessRequest(access("1", path: long + "x"), appended: 5) == nil)
  }

  @Test func `one wrong clock does not make everybody else late`() async throws {
    let clock = ManualClock(1_000_000)
    let topics = TopicDirectory(clock: clock)
    let standard = StandardPipelines(topics: topics, settings: PipelineSettings())
    let rate = try #require(try standard.make().first)
    let access = try topics.topic("access")
    try await access.publish([self.access("1", time: 900_000_000_000)])
    access.mark(.endOfInput)
    try await access.publish([self.access("1", time: 999_000), self.access("1", time: 999_500)])
    access.mark(.endOfInput)
    access.close()
    try await rate.run()
    #expect(rate.statistics.source.ahead == 1)
    #expect(rate.statistics.total("late") == 0)
    #expect(topics.existing("requests.rate")?.statistics.count == 1)
  }

  @Test func `a topic that a pipeline writes is not swept away under it`() throws {
    let clock = ManualClock(0)
    let topics = TopicDirectory(clock: clock)
    let pipeline = try topics.topic("in").flow(from: .earliest)
      .pipeline("copy", into: try topics.topic("out"))
    _ = try topics.topic("unused")
    topics.sweep(unusedFor: .seconds(1))
    clock.advance(to: 2_000)
    topics.sweep(unusedFor: .seconds(1))
    #expect(topics.all.map(\.name) == ["in", "out"])
    withExtendedLifetime(pipeline) {}
  }

  @Test func `a result too large for its topic is left out and counted`() async throws {
    let topics = TopicDirectory(
      rules: TopicDirectory.Rules { name in
        Retention(maximumBytes: name == "small" ? 2_000 : 1 << 20)
      },
      clock: ManualClock(0)
    )
    let (large, small) = (try topics.topic("large"), try topics.topic("small"))
    let copy = large.flow(from: .earliest).pipeline("copy", into: small)
    let data = [10, 5_000, 20].map { Array("\"\(String(repeating: "x", count: $0))\"".utf8) }
    try await large.publish(data.map { Event(data: $0) })
    large.close()
    try await copy.run()
    #expect(small.statistics.published == 2)
    #expect(small.statistics.oversized == 1)
    #expect(copy.statistics.state == .finished)
  }

  @Test func `a value that JSON has no number for does not end the program`() throws {
    let event = Event(["mean": Double.nan])
    #expect(String(decoding: event.data, as: UTF8.self) == #"{"mean":"NaN"}"#)
    #expect(event.decode([String: String].self) == ["mean": "NaN"])
  }
}
