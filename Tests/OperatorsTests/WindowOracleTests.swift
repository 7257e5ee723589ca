// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// Windows against the oracle, 10,000 random logs.
@Suite struct WindowOracleTests {
  /// What the engine makes of a log.
  private static func firings(
    of steps: [LogStep],
    in windows: AlignedWindows,
    like oracle: WindowOracle
  ) async throws -> (firings: [Firing], late: UInt64) {
    let clock = ManualClock(0)
    let topic = Topic<Reading>("t", clock: clock)
    let sink = ProbeSink<Firing>()
    let pipeline = topic.flow(
      from: .earliest,
      watermarks: .bounded(by: .milliseconds(oracle.bound)) { reading, _ in reading.time }
    )
    .window(windows, by: \.key, at: \.time, lateness: .milliseconds(oracle.lateness))
    .withTotal()
    .aggregate {
      Sum(of: \.value)
      Count()
    }
    .map { result in
      Firing(
        start: result.start.milliseconds,
        end: result.end.milliseconds,
        key: result.key,
        sum: result.value.0,
        count: result.value.1,
        total: result.total?.0,
        revision: result.revision,
        isFinal: result.isFinal
      )
    }
    .pipeline("p", into: sink)
    try await topic.append(steps, on: clock)
    topic.close()
    try await pipeline.run()
    return (sink.elements, pipeline.statistics.total("late"))
  }

  private static func compare(seed: Int) async throws {
    var random = SeededGenerator(seed)
    let every = Int64.random(in: 1...8, using: &random)
    let isTumbling = Bool.random(using: &random)
    let size = isTumbling ? every : every + Int64.random(in: 0...12, using: &random)
    let offset = Int64.random(in: 1 - every...every - 1, using: &random)
    var oracle = WindowOracle(
      size: size,
      every: every,
      offset: offset,
      lateness: [0, 0, 3, 10, 40].randomElement(using: &random) ?? 0,
      bound: [0, 0, 5, 12].randomElement(using: &random) ?? 0
    )
    let windows: AlignedWindows =
      isTumbling
      ? .tumbling(.milliseconds(size), offset: .milliseconds(offset))
      : .sliding(.milliseconds(size), every: .milliseconds(every), offset: .milliseconds(offset))
    let present = [0, 1_000, -1_000].randomElement(using: &random) ?? 0
    var maker = LogMaker(random: random, present: Int64(present))
    let steps = maker.log(stepCount: 12)
    for step in steps { oracle.take(step) }
    oracle.move(to: .max / 2)
    let found = try await firings(of: steps, in: windows, like: oracle)
    #expect(found.firings == oracle.firings, "seed \(seed)")
    #expect(found.late == UInt64(oracle.late), "seed \(seed)")
  }

  @Test(arguments: 0..<20)
  func `windows fire as the definitions say`(block: Int) async throws {
    for seed in block * 500..<(block + 1) * 500 { try await Self.compare(seed: seed) }
  }
}
