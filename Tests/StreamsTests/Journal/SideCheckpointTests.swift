// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// What leaves a pipeline beside its output for a durable topic, which may be small or full.
@Suite struct SideCheckpointTests {
  private static let byValue = WatermarkStrategy<Int>.bounded(by: .milliseconds(3)) { value, _ in
    Timestamp(milliseconds: Int64(value))
  }

  private let clock = ManualClock(1_000_000)
  private let output = JournalProbe()

  private func topic(_ name: String, _ journal: JournalProbe) -> Topic<Int> {
    let retention = Retention(maximumCount: 64)
    return Topic(
      name,
      from: journal.origin,
      journal: journal,
      retention: retention,
      clock: clock
    )
  }

  /// An element that moves the watermark, then so many that are late.
  private func source(late count: Int) -> JournalProbe {
    var disk = JournalProbe.Disk()
    disk.elements = [(1_000, 0)]
    for number in 0..<count { disk.elements.append((number % 10, 1)) }
    return JournalProbe(disk, isAutomatic: true)
  }

  private func pipeline(
    _ source: JournalProbe,
    late: Topic<Int>
  ) -> any RunnablePipeline {
    topic("in", source).flow(from: .earliest, watermarks: Self.byValue)
      .window(.tumbling(.milliseconds(4)), at: { Timestamp(milliseconds: Int64($0)) })
      .late(into: late)
      .aggregate { Count() }
      .map { $0.value }
      .pipeline("p", into: topic("out", output))
  }

  @Test
  func `what a stage makes of an element is at most that much more than a commit should bring`()
    async throws
  {
    var disk = JournalProbe.Disk()
    disk.elements = (0..<600).map { ($0, 1) }
    let source = JournalProbe(disk, isAutomatic: true)
    let pipeline = topic("in", source).flow(from: .earliest)
      .flatMap { [Int](repeating: $0, count: 300) }
      .pipeline("p", into: topic("out", output))
    let running = Task { try await pipeline.run() }
    var (stored, commits, quiet) = (0, 0, 0)
    while stored < 600 * 300, quiet < 200_000 {
      quiet += 1
      if let commit = output.oldestCommit {
        let count = commit.appends.reduce(0) { $0 + $1.payloads.count }
        #expect(count <= CheckpointLimits.waiting + FlowLimits.batch + 300)
        (stored, commits, quiet) = (stored + count, commits + 1, 0)
        output.store()
      }
      await Task.yield()
    }
    #expect(stored == 600 * 300 && commits >= 2, "\(stored) \(commits)")
    running.cancel()
    _ = try? await running.value
  }

  /// Stores what waits until nothing has come for long; answers the late elements of each commit.
  private func storeAll() async -> [[SideAppend]] {
    var (sides, quiet): ([[SideAppend]], Int) = ([], 0)
    while quiet < 5_000 {
      quiet += 1
      if let commit = output.oldestCommit {
        if !commit.sides.isEmpty { sides.append(commit.sides) }
        output.store()
        quiet = 0
      }
      await Task.yield()
    }
    return sides
  }

  @Test func `a commit brings a part of what a side topic keeps, in appends that fit`() async throws
  {
    let late = JournalProbe(maximumBytes: 1_600)
    let pipeline = pipeline(source(late: 3_000), late: topic("late", late))
    let running = Task { try await pipeline.run() }
    let commits = await storeAll()
    // An eighth, which is 25 numbers, and at most what one batch of the input adds to it.
    for sides in commits {
      #expect(sides.reduce(0) { $0 + $1.append.payloads.count } <= 25 + FlowLimits.batch)
      // A payload is 8 bytes, its entry 64 more.
      #expect(sides.allSatisfy { $0.append.payloads.count <= 22 })
    }
    #expect(commits.count > 5)
    #expect(late.disk.elements.count == 3_000)
    running.cancel()
    _ = try? await running.value
  }

  @Test func `a late element that its topic can never keep is left out and counted`() async throws {
    let late = JournalProbe(maximumBytes: 70)
    let sink = topic("late", late)
    let pipeline = pipeline(source(late: 30), late: sink)
    let running = Task { try await pipeline.run() }
    #expect(await storeAll().isEmpty)
    #expect(sink.statistics.oversized == 30)
    #expect(pipeline.statistics.state == .running)
    running.cancel()
    _ = try? await running.value
  }

  @Test func `a side topic that is full and refuses is waited for, and that is shown`() async throws
  {
    let late = JournalProbe()
    let pipeline = pipeline(source(late: 30), late: topic("late", late))
    let diary = Diary<String>()
    let running = Task { try await pipeline.run { diary.note($0) } }
    for _ in 0..<3 {
      while output.waitingCommits == 0 { await Task.yield() }
      output.store(failing: JournalError(.full, "the topic 'late' is full"))
      await clock.sleepers(1)
      #expect(pipeline.statistics.waitsFor?.contains("'late' is full") == true)
      #expect(pipeline.statistics.isHeldBack)
      clock.advance(by: .seconds(1))
    }
    #expect(await storeAll().count == 1)
    #expect(pipeline.statistics.waitsFor == nil)
    #expect(late.disk.elements.count == 30)
    #expect(diary.entries.count == 2, "\(diary.entries)")
    #expect(diary.entries.first?.contains("'late' is full") == true)
    #expect(diary.entries.last?.contains("goes on") == true)
    running.cancel()
    _ = try? await running.value
  }
}
