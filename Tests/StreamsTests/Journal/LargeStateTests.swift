// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// A state that is too large for one commit is stored in several, of which the last makes it count.
@Suite struct LargeStateTests {
  /// Every number makes 3,000 keys come at once, so that the first checkpoint finds that many.
  private static func pipeline(_ source: Topic<Int>, _ sink: Topic<Int>) -> any RunnablePipeline {
    source.flow(from: .earliest)
      .flatMap { number in (0..<3_000).map { $0 * 10 + number } }
      .keyed(by: { $0 / 10 }, initial: { 0 }) { (sum: inout Int, value: Int) in
        sum += value % 10
        return value / 10 * 100 + sum
      }
      .filter { $0 % 300 < 100 }
      .pipeline("sums", into: sink)
  }

  private static func run(
    _ disk: JournalProbe.Disk,
    reading count: Int = 3,
    commits: Int? = nil
  ) async -> JournalProbe.Disk {
    var source = JournalProbe.Disk()
    source.elements = (1...count).map { ($0, Timestamp(milliseconds: Int64($0))) }
    let life = PipelineLife(reading: [source], into: disk)
    let (input, output) = (life.topic("in", life.inputs[0]), life.topic("out", life.output))
    await life.run(Self.pipeline(input, output), commits: commits, patience: 200_000)
    return life.output.disk
  }

  @Test func `whatever ends it between two of its commits, output and state are one`() async {
    let whole = await Self.run(JournalProbe.Disk())
    #expect(whole.elements.count == 3_000)
    // The first commit brings entries alone; nothing counts before the one that names them.
    let first = await Self.run(JournalProbe.Disk(), commits: 1)
    #expect(first.elements.isEmpty && first.states["sums"]?.isEmpty == false)
    // What was written ahead and never named is not taken for what comes later.
    var grown = await Self.run(JournalProbe.Disk(), reading: 1, commits: 1)
    grown = await Self.run(grown, reading: 1)
    grown = await Self.run(grown)
    #expect(grown.elements.map(\.element) == whole.elements.map(\.element))
    for commits in 1...3 {
      var disk = await Self.run(JournalProbe.Disk(), commits: commits)
      // Those that never counted are told to be gone, and more than once that changes nothing.
      disk = await Self.run(disk, commits: 1)
      disk = await Self.run(disk)
      #expect(disk.elements.map(\.element) == whole.elements.map(\.element), "\(commits)")
    }
  }

  @Test func `a state in one piece that is too large names its stage, the limit and the remedy`() {
    var encoder = StateEncoder(limit: 100)
    let error = #expect(throws: StateError.self) {
      try encoder.section("flow") { encoder throws(StateError) in
        try encoder.section("scan") { encoder throws(StateError) in
          try encoder.encode(String(repeating: "x", count: 200))
        }
      }
    }
    #expect(error?.description.contains("'scan' has more than") == true)
    #expect(error?.description.contains("bound what it keeps") == true)
  }
}
