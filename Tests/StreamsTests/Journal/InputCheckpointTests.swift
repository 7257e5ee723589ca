// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// Pipelines of several inputs over journals in memory: what is committed outlives them.
@Suite struct InputCheckpointTests {
  fileprivate static let byValue = WatermarkStrategy<Int>.bounded(by: .milliseconds(3)) {
    value,
    _ in
    Timestamp(milliseconds: Int64(value))
  }

  /// The ways in which flows are read as one.
  enum Kind: CaseIterable, Sendable {
    case merge, mergeOfFlows, zip, zipOfThree, concat, idle

    func build(_ left: Topic<Int>, _ right: Topic<Int>, _ out: Topic<Int>) -> any RunnablePipeline {
      let marks =
        self == .idle
        ? InputCheckpointTests.byValue.onSilence(.idleAfter(.milliseconds(5))) : .fromSource
      let left = left.flow(from: .earliest, watermarks: marks)
      let right = right.flow(from: .earliest, watermarks: marks)
      return switch self {
      case .merge: left.merge(right).pipeline("p", into: out)
      case .mergeOfFlows:
        left.scan(0) { $0 += $1 }.merge(right.filter { $0 % 3 > 0 }.map { -$0 })
          .keyed(by: { $0 % 7 }, initial: { 0 }) { count, value in
            count += 1
            return value * 1_000 + count
          }
          .pipeline("p", into: out)
      case .zip: left.zip(right).map { $0.0 * 10_000 + $0.1 }.pipeline("p", into: out)
      case .zipOfThree:
        left.zip(right, right.map { -$0 }).map { $0.0 + 3 * $0.1 + 5 * $0.2 }
          .pipeline("p", into: out)
      case .concat: left.concat(right).scan(0) { $0 += $1 }.pipeline("p", into: out)
      case .idle:
        left.merge(right)
          .window(
            .tumbling(.milliseconds(10)),
            by: { $0 % 3 },
            at: { Timestamp(milliseconds: Int64($0)) }
          )
          .aggregate { Sum(of: { $0 }) }
          .map { Int($0.start.milliseconds) * 1_000_000 + ($0.key + 1) * 100_000 + $0.value }
          .pipeline("p", into: out)
      }
    }
  }

  /// Values with pauses, at instants of their own.
  private static func makeSource(_ count: Int, _ seed: UInt64) -> JournalProbe.Disk {
    var random = SeededGenerator(seed)
    var disk = JournalProbe.Disk()
    var instant: Int64 = 0
    for number in 0..<count {
      instant += Int64([0, 0, 1, 1, 2, 40].randomElement(using: &random) ?? 0)
      let value = number * 2 + Int.random(in: 0...3, using: &random)
      disk.elements.append((value, Timestamp(milliseconds: instant)))
    }
    return disk
  }

  private static func run(
    _ kind: Kind,
    _ sources: [JournalProbe.Disk],
    _ sink: JournalProbe.Disk,
    commits: Int? = nil
  ) async throws -> JournalProbe.Disk {
    let life = PipelineLife(reading: sources, into: sink)
    let pipeline = kind.build(
      life.topic("left", life.inputs[0]),
      life.topic("right", life.inputs[1]),
      life.topic("out", life.output)
    )
    await life.run(pipeline, commits: commits)
    return life.output.disk
  }

  @Test(arguments: Kind.allCases, 0..<4)
  func `whatever ends it, what it wrote is as without that`(kind: Kind, seed: UInt64) async throws {
    let sources = [Self.makeSource(300, seed), Self.makeSource(200, seed &+ 50)]
    let whole = try await Self.run(kind, sources, JournalProbe.Disk())
    #expect(whole.elements.count > 10)
    #expect(whole.states["p"]?.isEmpty == false)
    var random = SeededGenerator(seed &+ 99)
    var disk = JournalProbe.Disk()
    for _ in 0..<6 {
      disk = try await Self.run(kind, sources, disk, commits: Int.random(in: 0...3, using: &random))
    }
    disk = try await Self.run(kind, sources, disk)
    #expect(disk.elements.map(\.element) == whole.elements.map(\.element))
    #expect(disk.marks.map(\.mark) == whole.marks.map(\.mark))
  }

  // MARK: What leaves beside the output

  /// A pipeline whose late elements and failures go into topics of their own.
  private static func runWithSides(
    _ source: JournalProbe.Disk,
    _ disks: [JournalProbe.Disk],
    commits: Int? = nil
  ) async throws -> [JournalProbe.Disk] {
    let life = PipelineLife(reading: [source], into: disks[0], sides: [disks[1]])
    let late = life.sides[0]
    let pipeline = life.topic("in", life.inputs[0]).flow(from: .earliest, watermarks: byValue)
      .window(.tumbling(.milliseconds(4)), at: { Timestamp(milliseconds: Int64($0)) })
      .late(into: life.topic("late", late))
      .aggregate { Count() }
      .map { Int($0.start.milliseconds) * 100 + $0.value }
      .pipeline("p", into: life.topic("out", life.output))
    await life.run(pipeline, commits: commits)
    #expect(late.waitingCommits == 0)
    return [life.output.disk, late.disk]
  }

  @Test(arguments: 0..<6)
  func `what leaves beside the output is stored with it`(seed: UInt64) async throws {
    var random = SeededGenerator(seed &+ 7)
    var source = JournalProbe.Disk()
    for number in 0..<400 {
      let value = max(0, number - Int.random(in: 0...12, using: &random))
      source.elements.append((value, Timestamp(milliseconds: Int64(number))))
    }
    let empty = [JournalProbe.Disk(), JournalProbe.Disk()]
    let whole = try await Self.runWithSides(source, empty)
    #expect(whole.allSatisfy { $0.elements.count > 20 })
    var disks = empty
    for _ in 0..<6 {
      let commits = Int.random(in: 0...3, using: &random)
      disks = try await Self.runWithSides(source, disks, commits: commits)
    }
    disks = try await Self.runWithSides(source, disks)
    for (disk, whole) in zip(disks, whole) {
      #expect(disk.elements.map(\.element) == whole.elements.map(\.element))
    }
  }
}
