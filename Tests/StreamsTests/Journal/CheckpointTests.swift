// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// Pipelines over journals in memory: what is committed outlives them, all else is lost.
@Suite struct CheckpointTests {
  private static let byValue = WatermarkStrategy<Int>.bounded(by: .milliseconds(3)) { value, _ in
    Timestamp(milliseconds: Int64(value))
  }

  private static func topic(
    _ name: String,
    _ journal: JournalProbe,
    _ clock: ManualClock
  )
    -> Topic<Int>
  {
    Topic(
      name,
      from: journal.origin,
      journal: journal,
      retention: Retention(maximumCount: 16),
      clock: clock
    )
  }

  /// Sums of windows by key, throttled by the log's time: state of several kinds.
  private static func pipeline(_ source: Topic<Int>, _ sink: Topic<Int>) -> any RunnablePipeline {
    source.flow(from: .earliest, watermarks: byValue)
      .window(
        .tumbling(.milliseconds(10)),
        by: { $0 % 3 },
        at: { Timestamp(milliseconds: Int64($0)) }
      )
      .aggregate { Sum(of: { $0 }) }
      .map { Int($0.start.milliseconds) * 1_000_000 + ($0.key + 1) * 100_000 + $0.value }
      .throttle(for: .milliseconds(2), keeping: .both)
      .pipeline("sums", into: sink)
  }

  /// What stands in a log, marks and all.
  private static func content(_ disk: JournalProbe.Disk) -> [String] {
    var words: [String] = []
    var marks = disk.marks[...]
    for (index, entry) in disk.elements.enumerated() {
      while let mark = marks.first, mark.after <= Offset(index) {
        words.append("\(mark.mark)")
        marks.removeFirst()
      }
      words.append("\(entry.element)")
    }
    return words + marks.map { "\($0.mark)" }
  }

  /// A source of so many values, out of order within the bound.
  private static func makeSource(_ count: Int, _ seed: UInt64) -> JournalProbe.Disk {
    var random = SeededGenerator(seed)
    var disk = JournalProbe.Disk()
    for number in 0..<count {
      let value = number * 2 + Int.random(in: 0...3, using: &random)
      disk.elements.append((value, Timestamp(milliseconds: Int64(number))))
    }
    return disk
  }

  /// Runs until the source is read and all is stored.
  private static func run(
    _ source: JournalProbe.Disk,
    _ sink: JournalProbe.Disk,
    commits: Int? = nil
  ) async throws -> JournalProbe.Disk {
    let life = PipelineLife(reading: [source], into: sink)
    let (input, output) = (life.topic("in", life.inputs[0]), life.topic("out", life.output))
    await life.run(Self.pipeline(input, output), commits: commits)
    return life.output.disk
  }

  @Test(arguments: 0..<8) func `whatever ends it, what it wrote is as without that`(
    seed: UInt64
  )
    async throws
  {
    let source = Self.makeSource(600, seed)
    let whole = try await Self.run(source, JournalProbe.Disk())
    #expect(whole.elements.count > 20)
    var random = SeededGenerator(seed &+ 99)
    var disk = JournalProbe.Disk()
    for _ in 0..<6 {
      disk = try await Self.run(source, disk, commits: Int.random(in: 0...4, using: &random))
    }
    disk = try await Self.run(source, disk)
    #expect(Self.content(disk) == Self.content(whole))
  }

  @Test func `what the disk has though it had an error is there once, and is seen`() async throws {
    let source = Self.makeSource(300, 5)
    let whole = try await Self.run(source, JournalProbe.Disk())
    let clock = ManualClock(1_000_000)
    let output = JournalProbe()
    let topic = Self.topic("in", JournalProbe(source, isAutomatic: true), clock)
    let sink = Self.topic("out", output, clock)
    let pipeline = Self.pipeline(topic, sink)
    let running = Task { try await pipeline.run() }
    var (stored, quiet) = (0, 0)
    while quiet < 5_000 {
      quiet = output.waitingCommits > 0 ? 0 : quiet + 1
      if output.waitingCommits > 0 {
        let error = JournalError(.unavailable, "no sync")
        switch stored % 3 {
        case 0: output.storeAndFail(error)
        case 1: output.store(failing: error)
        default: output.store()
        }
        if stored % 3 == 1 {
          await clock.sleepers(1)
          clock.advance(by: .seconds(1))
        }
        stored += 1
      }
      await Task.yield()
    }
    running.cancel()
    _ = try? await running.value
    #expect(stored >= 3)
    #expect(output.disk.elements.map(\.element) == whole.elements.map(\.element))
    #expect(sink.statistics.lastOffset == Offset(whole.elements.count))
  }

  @Test func `a pipeline that has changed is told so and starts anew`() async throws {
    let source = Self.makeSource(100, 1)
    var disk = try await Self.run(source, JournalProbe.Disk())
    disk.definitions["sums"] = "topic in | filter"
    let clock = ManualClock(1_000_000)
    let output = JournalProbe(disk, isAutomatic: true)
    let topic = Self.topic("in", JournalProbe(source, isAutomatic: true), clock)
    let pipeline = Self.pipeline(topic, Self.topic("out", output, clock))
    let diary = Diary<String>()
    let running = Task { try await pipeline.run(report: { diary.note($0) }) }
    await eventually { pipeline.statistics.source.received == 100 }
    running.cancel()
    _ = try? await running.value
    #expect(diary.entries.count == 1 && diary.entries[0].contains("starts anew"))
    #expect(pipeline.statistics.checkpoints == .active(start: .changed))
    #expect(output.disk.definitions["sums"] == "topic in | window | map | throttle")
  }
}
