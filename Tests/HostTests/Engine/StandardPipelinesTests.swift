// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@testable import Host

@Suite struct StandardPipelinesTests {
  private static let start: Int64 = 1_769_860_800_000

  /// A request at so many milliseconds after the start.
  private func request(_ at: Int64, _ client: String, _ path: String, _ status: Int) -> Event {
    Event(
      data: Array(
        #"{"client":"\#(client)","path":"\#(path)","status":\#(status),"bytes":10}"#.utf8
      ),
      type: "request",
      time: Timestamp(milliseconds: Self.start + at)
    )
  }

  /// What the pipelines make of `events`, read once the end has passed through.
  private func results(
    of events: [Event],
    into topic: String,
    settings: PipelineSettings = PipelineSettings(),
    from input: String = "access",
    advance: [Int64] = []
  ) async throws -> [String] {
    let clock = ManualClock(Timestamp(milliseconds: Self.start))
    let topics = TopicDirectory(clock: clock)
    let engine = try Engine(
      topics: topics,
      pipelines: StandardPipelines(topics: topics, settings: settings).make()
    )
    let source = try topics.topic(input)
    for (index, event) in events.enumerated() {
      if index < advance.count {
        clock.advance(to: Timestamp(milliseconds: Self.start + advance[index]))
      }
      _ = try await source.publish([event])
    }
    // Closed, so that the pipelines end by themselves.
    topics.all.filter { ["access", "system"].contains($0.name) }.forEach { $0.close() }
    for pipeline in engine.pipelines { try await pipeline.run() }
    var position = Position(next: 1, nextMark: 0)
    let output = try topics.topic(topic).read(from: &position, limit: 1_000)
    return output.elements.map { String(decoding: $0.data, as: UTF8.self) }
  }

  private var stream: [Event] {
    [
      request(0, "a", "/", 200), request(9_999, "b", "/x", 404), request(10_000, "a", "/", 200),
      Event(data: Array("1".utf8)), request(4_000, "c", "/", 200), request(35_000, "b", "/y", 500),
    ]
  }

  @Test func `requests and bytes are counted in windows of ten seconds`() async throws {
    func window(_ start: Int64, _ count: Int, _ byStatus: String) -> String {
      #"{"byStatus":{\#(byStatus)},"bytes":\#(count * 10),"count":\#(count),"#
        + #""end":\#(Self.start + start + 10_000),"isFinal":true,"revision":0,"#
        + #""start":\#(Self.start + start)}"#
    }
    #expect(
      try await results(of: stream, into: "requests.rate") == [
        window(0, 3, #""200":2,"404":1"#), window(10_000, 1, #""200":1"#),
        window(30_000, 1, #""500":1"#),
      ]
    )
  }

  @Test func `what is later than the bound is left out, and with lateness fires again`()
    async throws
  {
    var settings = PipelineSettings()
    settings.watermarkBound = .zero
    let events = [
      request(0, "a", "/", 200), request(12_000, "a", "/", 200), request(1, "b", "/", 200),
    ]
    let strict = try await results(of: events, into: "requests.rate", settings: settings)
    #expect(strict.count == 2)
    #expect(strict[0].contains(#""count":1,"#))
    settings.lateness = .seconds(60)
    let lenient = try await results(of: events, into: "requests.rate", settings: settings)
    #expect(lenient.count == 3)
    #expect(lenient[1].contains(#""count":2,"#) && lenient[1].contains(#""revision":1,"#))
  }

  @Test func `different clients are counted per window and in all`() async throws {
    func window(_ start: Int64, _ distinct: Int, _ total: Int) -> String {
      #"{"distinct":\#(distinct),"end":\#(Self.start + start + 10_000),"isExact":true,"#
        + #""isFinal":true,"revision":0,"start":\#(Self.start + start),"total":\#(total)}"#
    }
    let windows = try await results(of: stream, into: "requests.visitors")
    #expect(windows == [window(0, 3, 3), window(10_000, 1, 3), window(30_000, 1, 3)])
  }

  @Test func `the most requested paths are those of a sliding minute and of all time`() async throws
  {
    let windows = try await results(of: stream, into: "requests.top")
    #expect(windows.count == 9)
    #expect(
      windows[0] == #"{"end":\#(Self.start + 10_000),"isFinal":true,"revision":0,"#
        + #""start":\#(Self.start - 50_000),"top":[{"count":2,"path":"/"},{"count":1,"path":"/x"}],"#
        + #""total":{"count":3,"isExact":true,"top":[{"count":2,"path":"/"},"#
        + #"{"count":1,"path":"/x"}]}}"#
    )
    #expect(windows[8].contains(#""top":[{"count":1,"path":"/y"}],"total":{"count":5,"#))
  }

  @Test func `the machine's load is shown at most twice a second`() async throws {
    let times: [Int64] = [0, 100, 200, 700, 800]
    let samples = times.indices.map { index in
      Event(
        data: Array(
          #"{"cpu":0.\#(index),"memory":0.5,"memoryUsed":1,"memoryTotal":2}"#.utf8
        ),
        type: index == 4 ? "other" : "system.sample",
        time: Timestamp(milliseconds: Self.start + times[index])
      )
    }
    let load = try await results(
      of: samples,
      into: "system.load",
      from: "system",
      advance: times
    )
    #expect(
      load
        == [0, 2, 3].map { index in
          #"{"cpu":0\#(index == 0 ? "" : ".\(index)"),"memory":0.5,"memoryTotal":2,"memoryUsed":1,"#
            + #""time":\#(Self.start + [0, 0, 200, 700][index])}"#
        }
    )
  }
}
