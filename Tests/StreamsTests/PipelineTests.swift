// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct PipelineTests {
  private let clock = ManualClock(0)
  private let source: Topic<Int>

  init() {
    source = Topic("source", retention: Retention(maximumCount: 8), clock: clock)
  }

  /// The element is its own event time.
  private static let byValue = WatermarkStrategy<Int>.bounded(by: .zero) { value, _ in
    Timestamp(milliseconds: Int64(value))
  }

  private func counts(
    into sink: ProbeSink<String>
  ) -> any RunnablePipeline {
    source.flow(from: .earliest, watermarks: Self.byValue)
      .window(.tumbling(.milliseconds(10)), at: { Timestamp(milliseconds: Int64($0)) })
      .aggregate { Count() }
      .map { "\($0.start.milliseconds): \($0.value)" }
      .pipeline("counts", into: sink)
  }

  @Test func `results stand before the watermark that fired them`() async throws {
    let sink = ProbeSink<String>()
    let pipeline = counts(into: sink)
    try await source.publish([1, 2, 15])
    try await source.publish([3, 40])
    source.close()
    try await pipeline.run()
    #expect(
      sink.items == [
        .mark(.watermark(1)), .element("0: 2"), .mark(.watermark(15)), .element("10: 1"),
        .mark(.watermark(40)), .element("40: 1"), .mark(.watermark(.never)),
      ]
    )
    let statistics = pipeline.statistics
    #expect(statistics.state == .finished)
    #expect((statistics.source.received, statistics.source.behind) == (5, 1))
    #expect((statistics.written, statistics.watermark) == (3, .never))
    #expect((statistics.total("late"), statistics.total("fired")) == (1, 3))
    #expect(statistics.stages.map(\.name) == ["window", "map"])
  }

  @Test func `an end of input fires what is open and is passed on`() async throws {
    let sink = ProbeSink<String>()
    let pipeline = counts(into: sink)
    try await source.publish([1, 2])
    source.mark(.endOfInput)
    try await source.publish([3, 25])
    source.close()
    try await pipeline.run()
    #expect(
      sink.items == [
        .mark(.watermark(1)), .element("0: 2"), .mark(.watermark(10)), .mark(.endOfInput),
        .mark(.watermark(25)), .element("20: 1"), .mark(.watermark(.never)),
      ]
    )
  }

  @Test func `a pipeline has its place when it is made`() async throws {
    let sink = ProbeSink<Int>()
    try await source.publish([1])
    let pipeline = source.flow().pipeline("p", into: sink)
    try await source.publish([2])
    source.close()
    try await pipeline.run()
    #expect(sink.elements == [2])
    #expect((pipeline.name, pipeline.inputName, pipeline.outputName) == ("p", "source", "probe"))
  }

  @Test func `a waiting pipeline is ended by cancelling, and lets its source go`() async throws {
    let pipeline = source.flow().pipeline("p", into: ProbeSink<Int>())
    #expect(pipeline.statistics.state == .ready)
    let task = Task { try await pipeline.run() }
    await eventually { pipeline.statistics.state == .running }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(pipeline.statistics.state == .stopped)
    #expect(!source.isInUse)
  }

  @Test func `a pipeline with more to read is ended by cancelling too`() async throws {
    let source = Topic<Int>("source")
    try await source.publish(Array(0..<5_000))
    let sink = CancellingSink()
    let pipeline = source.flow(from: .earliest).pipeline("p", into: sink)
    let task = Task { try await pipeline.run() }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(sink.taken.entries.count == FlowLimits.batch)
    #expect(pipeline.statistics.state == .stopped)
  }

  @Test func `a failing sink ends the pipeline, which then holds nothing back`() async throws {
    let pipeline = source.flow(from: .earliest).pipeline("p", into: ProbeSink(failingAfter: 2))
    try await source.publish([1, 2])
    try await source.publish([3])
    await #expect(throws: ProbeSink<Int>.Failure()) { try await pipeline.run() }
    #expect(pipeline.statistics.state.name == "failed")
    for value in 0..<20 { try await source.publish([value]) }
  }

  @Test func `a slow sink holds back its source, and nothing is lost`() async throws {
    let source = source
    let output = Topic<Int>("output", retention: Retention(maximumCount: 4), clock: clock)
    let reader = Cursor(output)
    let pipeline = source.flow(from: .earliest).map { $0 * 10 }.pipeline("p", into: output)
    let running = Task { try await pipeline.run() }
    let publishing = Task {
      for value in 1...100 { try await source.publish([value]) }
      source.close()
    }
    await eventually { output.statistics.waitingPublishes == 1 }
    await eventually { source.statistics.waitingPublishes == 1 }
    #expect(pipeline.statistics.isHeldBack)
    #expect(pipeline.statistics.written < 100)
    var seen: [Int] = []
    while seen.count < 100, let batch = try await reader.next(limit: 3) { seen += batch.elements }
    #expect(seen == (1...100).map { $0 * 10 })
    try await publishing.value
    try await running.value
    #expect(!pipeline.statistics.isHeldBack)
    #expect(pipeline.statistics.written == 100)
  }

  @Test func `more results than one publish may hold are written in parts`() async throws {
    let output = Topic<String>("output", retention: Retention(maximumCount: 40), clock: clock)
    let source = Topic<Int>("source", clock: clock)
    let pipeline = source.flow(from: .earliest, watermarks: Self.byValue)
      .window(.tumbling(.seconds(1)), by: { $0 }, at: { Timestamp(milliseconds: Int64($0)) })
      .aggregate { Count() }
      .map { "\($0.key)" }
      .pipeline("p", into: output)
    try await source.publish(Array(0..<1_000))
    source.close()
    let reader = Task { [lent = Lent(Cursor(output))] in
      var seen: [String] = []
      while seen.count < 1_000, let batch = try await lent.value.next() { seen += batch.elements }
      return seen
    }
    try await pipeline.run()
    #expect(try await reader.value == (0..<1_000).map(String.init))
  }

  @Test func `a result that is too large for any publish is left out and counted`() async throws {
    let output = Topic<Int>(
      "output",
      retention: Retention(maximumCount: 10, maximumBytes: 10),
      weigher: .each { $0 }
    )
    let pipeline = source.flow(from: .earliest).pipeline("p", into: output)
    try await source.publish([5, 6, 4])
    source.close()
    try await pipeline.run()
    let kept = [output.statistics.lastOffset, output.statistics.oversized]
    #expect(kept == [2, 1])
  }
}

/// A sink whose first write cancels the task that writes.
private struct CancellingSink: FlowSink {
  let name = "cancelling"
  let taken = Diary<Int>()

  nonisolated(nonsending) func write(_ elements: [Int]) async throws {
    for element in elements { taken.note(element) }
    withUnsafeCurrentTask { $0?.cancel() }
  }

  nonisolated(nonsending) func write(_ mark: Mark) async throws {}
}
