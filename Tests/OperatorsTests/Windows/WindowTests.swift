// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct WindowTests {
  private let clock = ManualClock(0)
  private let topic: Topic<Reading>

  init() {
    topic = Topic("t", clock: clock)
  }

  private func reading(_ key: String, _ time: Int64, _ value: Int = 1) -> LogStep {
    .readings([Reading(key: key, time: Timestamp(milliseconds: time), value: value)])
  }

  /// What windows over the readings say, as one line per firing.
  private func lines(
    _ windows: AlignedWindows,
    lateness: Duration = .zero,
    bound: Duration = .zero,
    _ steps: [LogStep]
  ) async throws -> [String] {
    try await topic.append(steps, on: clock)
    topic.close()
    var lines: [String] = []
    let flow = topic.flow(from: .earliest, watermarks: .bounded(by: bound) { r, _ in r.time })
      .window(windows, by: \.key, at: \.time, lateness: lateness)
      .withTotal()
      .aggregate { Sum(of: \.value) }
    for try await result in flow {
      let mark = result.isFinal ? "." : "…"
      let window = "\(result.start.milliseconds)-\(result.end.milliseconds)"
      lines.append(
        "\(window) \(result.key)=\(result.value) of \(result.total ?? 0) #\(result.revision)\(mark)"
      )
    }
    return lines
  }

  @Test func `windows fire by their ends, keys in the order in which they came`() async throws {
    let found = try await lines(
      .tumbling(.milliseconds(10)),
      bound: .milliseconds(30),
      [
        reading("z", 25), reading("c", 14), reading("a", 3), reading("b", 14), reading("a", 14),
        reading("y", 1), reading("c", 11),
      ]
    )
    #expect(
      found == [
        "0-10 a=1 of 1 #0.", "0-10 y=1 of 1 #0.", "10-20 c=2 of 2 #0.", "10-20 b=1 of 1 #0.",
        "10-20 a=1 of 2 #0.", "20-30 z=1 of 1 #0.",
      ]
    )
  }

  @Test func `the keys of a sliding window come in the order in which they became known`()
    async throws
  {
    let found = try await lines(
      .sliding(.milliseconds(20), every: .milliseconds(10)),
      bound: .milliseconds(30),
      [reading("late pane", 12), reading("early pane", 2), reading("late pane", 3)]
    )
    #expect(
      found == [
        "-10-10 late pane=1 of 1 #0.", "-10-10 early pane=1 of 1 #0.",
        "0-20 late pane=2 of 2 #0.", "0-20 early pane=1 of 1 #0.",
        "10-30 late pane=1 of 2 #0.",
      ]
    )
  }

  @Test func `an element on a border begins the next window`() async throws {
    let found = try await lines(
      .tumbling(.milliseconds(10)),
      [reading("a", -10), reading("a", -1), reading("a", 0), reading("a", 9), reading("a", 10)]
    )
    #expect(
      found == ["-10-0 a=2 of 2 #0.", "0-10 a=2 of 4 #0.", "10-20 a=1 of 5 #0."]
    )
  }

  @Test func `a window fires again for each late element until lateness is over`() async throws {
    let found = try await lines(
      .tumbling(.milliseconds(10)),
      lateness: .milliseconds(5),
      [
        reading("a", 1), reading("a", 10), reading("a", 2, 10), reading("b", 3, 5),
        reading("a", 14), reading("a", 4, 100), reading("x", 15), reading("a", 5, 1_000),
      ]
    )
    #expect(
      found == [
        "0-10 a=1 of 1 #0…", "0-10 a=11 of 11 #1…", "0-10 b=5 of 5 #0…", "0-10 a=111 of 111 #2…",
        "10-20 a=2 of 113 #0.", "10-20 x=1 of 1 #0.",
      ]
    )
  }

  @Test func `a window that the watermark jumps over fires once and finally`() async throws {
    let found = try await lines(
      .tumbling(.milliseconds(10)),
      lateness: .milliseconds(5),
      [reading("a", 1), reading("b", 900)]
    )
    #expect(found == ["0-10 a=1 of 1 #0.", "900-910 b=1 of 1 #0."])
  }

  @Test func `a late element may open a window that was empty when it was passed`() async throws {
    let found = try await lines(
      .tumbling(.milliseconds(10)),
      lateness: .milliseconds(100),
      [reading("a", 55), reading("a", 1), reading("a", 12)]
    )
    #expect(
      found == ["0-10 a=1 of 1 #0…", "10-20 a=1 of 2 #0…", "50-60 a=1 of 3 #0."]
    )
  }

  @Test func `what comes after an end of input is late for all that was open`() async throws {
    let found = try await lines(
      .sliding(.milliseconds(20), every: .milliseconds(10)),
      bound: .milliseconds(100),
      [reading("a", 5), reading("a", 15), .mark(.endOfInput), reading("a", 16), reading("a", 31)]
    )
    #expect(
      found == [
        "-10-10 a=1 of 1 #0.", "0-20 a=2 of 2 #0.", "10-30 a=1 of 2 #0.",
        "20-40 a=1 of 3 #0.", "30-50 a=1 of 3 #0.",
      ]
    )
  }

  @Test func `windows of windows fall into place`() async throws {
    let sink = ProbeSink<String>()
    let pipeline = topic.flow(from: .earliest, watermarks: .bounded(by: .zero) { r, _ in r.time })
      .window(.tumbling(.milliseconds(10)), by: \.key, at: \.time)
      .aggregate { Sum(of: \.value) }
      .window(.tumbling(.milliseconds(10)), at: \.time)
      .aggregate {
        Count()
        Sum(of: \.value)
      }
      .map { "\($0.start.milliseconds): \($0.value.0) keys, \($0.value.1)" }
      .pipeline("p", into: sink)
    for (key, time) in [("a", 1), ("b", 2), ("a", 3), ("a", 14), ("c", 15), ("b", 500)] {
      try await topic.append([reading(key, Int64(time), time)], on: clock)
    }
    topic.close()
    try await pipeline.run()
    #expect(sink.elements == ["0: 2 keys, 6", "10: 2 keys, 29", "500: 1 keys, 500"])
    #expect(pipeline.statistics.total("late") == 0)
  }

  @Test func `an instant that no window can tell is late, whatever the grid`() async throws {
    let flow = topic.flow(from: .earliest)
      .window(
        .sliding(.milliseconds(7), every: .milliseconds(3), offset: .milliseconds(-2)),
        at: \.time
      )
      .aggregate { Count() }
    let sink = ProbeSink<Int>()
    let pipeline = flow.map(\.value).pipeline("p", into: sink)
    for time in [.min, .min + 1, .min + 20, -1, .max - 20, .max - 1, .max] as [Int64] {
      try await topic.append([reading("a", time)], on: clock)
    }
    topic.close()
    try await pipeline.run()
    #expect(pipeline.statistics.total("late") == 4)
    #expect(sink.elements.allSatisfy { $0 == 1 })
    #expect(
      (6...9).contains(sink.elements.count),
      "three elements are in two or three windows each"
    )
  }

  @Test func `panes are forgotten with their last window`() async throws {
    let pipeline = topic.flow(
      from: .earliest,
      watermarks: .bounded(by: .zero) { reading, _ in reading.time }
    )
    .window(.sliding(.milliseconds(20), every: .milliseconds(10)), at: \.time)
    .aggregate { Count() }
    .pipeline("p", into: ProbeSink())
    let running = Task { try await pipeline.run() }
    for time in 0..<500 { try await topic.append([reading("a", Int64(time))], on: clock) }
    while pipeline.statistics.source.received < 500 { await Task.yield() }
    #expect(pipeline.statistics.total("panes") <= 3)
    topic.close()
    try await running.value
    #expect(pipeline.statistics.total("panes") == 0)
  }

  @Test func `a firing's event time is its last instant`() {
    let result = WindowResult(start: 0, end: 10, key: NoKey(), value: 1)
    #expect(result.time == 9)
    #expect((result.revision, result.isFinal) == (0, true))
  }

  @Test func `negative lateness is a mistake of the caller`() async {
    await #expect(processExitsWith: .failure) {
      _ = Topic<Int>("t").flow()
        .window(.tumbling(.seconds(1)), at: { _ in 0 }, lateness: .milliseconds(-1))
        .aggregate { Count() }
    }
  }
}
