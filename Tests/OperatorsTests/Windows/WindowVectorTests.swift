// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@testable import Operators

/// Vectors of Flink's own tests.
///
/// Flink's watermark says "none at or before", ours "none before": it
/// is one greater for the same stream, and the firings are the same.
@Suite struct WindowVectorTests {
  private typealias Bench = WindowBench<AlignedWindowing<Reading, String, Tally>>

  private func aligned(_ windows: AlignedWindows, lateness: Duration = .zero) -> Bench {
    Bench(Topic<Reading>("t").flow().window(windows, by: \.key, at: \.time, lateness: lateness))
  }

  private func starts(
    holding time: Int64,
    offset: Duration = .zero
  ) -> [Int64] {
    var bench = aligned(.sliding(.seconds(5), every: .seconds(1), offset: offset))
    _ = bench.element(time)
    return bench.results(watermark: time + 1_000_000).map(\.start.milliseconds)
  }

  @Test func `W1: an element is in five windows of five seconds that start each second`() {
    #expect(starts(holding: 0) == [-4_000, -3_000, -2_000, -1_000, 0])
    #expect(starts(holding: 4_999) == [0, 1_000, 2_000, 3_000, 4_000])
    #expect(starts(holding: 5_000) == [1_000, 2_000, 3_000, 4_000, 5_000])
  }

  @Test func `W2: an offset moves the grid, forwards and backwards`() {
    let forwards = Duration.milliseconds(100)
    #expect(starts(holding: 100, offset: forwards) == [-3_900, -2_900, -1_900, -900, 100])
    #expect(starts(holding: 5_099, offset: forwards) == [100, 1_100, 2_100, 3_100, 4_100])
    let backwards = Duration.milliseconds(-100)
    #expect(starts(holding: 0, offset: backwards) == [-4_100, -3_100, -2_100, -1_100, -100])
    #expect(starts(holding: 4_899, offset: backwards) == [-100, 900, 1_900, 2_900, 3_900])
    #expect(starts(holding: 4_900, offset: backwards) == [900, 1_900, 2_900, 3_900, 4_900])
  }

  @Test func `W3: sizes, distances and offsets that make no sense are rejected`() async {
    await #expect(processExitsWith: .failure) { _ = AlignedWindows.tumbling(.seconds(-2)) }
    await #expect(processExitsWith: .failure) { _ = AlignedWindows.tumbling(.microseconds(999)) }
    await #expect(processExitsWith: .failure) {
      _ = AlignedWindows.sliding(.seconds(1), every: .seconds(-1))
    }
    await #expect(processExitsWith: .failure) {
      _ = AlignedWindows.sliding(.seconds(20), every: .seconds(10), offset: .seconds(11))
    }
    await #expect(processExitsWith: .failure) {
      _ = AlignedWindows.sliding(.seconds(20), every: .seconds(10), offset: .seconds(-11))
    }
    await #expect(processExitsWith: .failure) {
      _ = AlignedWindows.sliding(.seconds(1), every: .seconds(2))
    }
  }

  @Test func `W4: a tumbling window drops what comes after it has fired`() {
    var bench = aligned(.tumbling(.seconds(2)))
    #expect(bench.element(1_000) == [])
    #expect(bench.watermark(1_985) == [])
    #expect(bench.element(1_980) == [])
    #expect(bench.watermark(1_999) == ["k=2@1999"])
    #expect(bench.element(1_998) == [])
    #expect(bench.element(2_001) == [])
    #expect(bench.watermark(2_999) == [])
    #expect(bench.watermark(3_999) == ["k=1@3999"])
    #expect(bench.operation.stages[0]["late"] == 1)
  }

  @Test func `W5: a sliding window drops an element from some windows and keeps it in others`() {
    var bench = aligned(.sliding(.seconds(3), every: .seconds(1)))
    #expect(bench.element(1_000, of: "k2") == [])
    #expect(bench.watermark(1_999) == ["k2=1@1999"])
    #expect(bench.element(2_000, of: "k2") == [])
    #expect(bench.watermark(3_000) == ["k2=2@2999"])
    for (key, time) in [("k1", 3_001), ("k2", 2_400), ("k2", 2_400), ("k1", 3_001), ("k2", 3_900)] {
      #expect(bench.element(Int64(time), of: key) == [])
    }
    #expect(
      bench.watermark(6_000) == [
        "k2=5@3999", "k1=2@3999", "k2=4@4999", "k1=2@4999", "k2=1@5999", "k1=2@5999",
      ]
    )
    #expect(bench.element(3_001, of: "k1") == [])
    #expect(bench.operation.stages[0]["late"] == 1)
  }

  @Test func `W9: lateness near the end of time saturates and clears nothing too early`() {
    let last = Int64.max
    var bench = aligned(.tumbling(.seconds(1)), lateness: .seconds(2))
    #expect(bench.element(last - 1_750) == [])
    #expect(bench.watermark(last - 1_900) == [])
    let end = (last - 1_750) / 1_000 * 1_000 + 1_000
    #expect(bench.watermark(last - 1_500) == [])
    #expect(bench.operation.stages[0]["panes"] == 1)
    #expect(bench.watermark(end - 1) == ["k=1@\(end - 1)"])
    #expect(bench.element(last - 1_750) == ["k=2@\(end - 1)"], "it is not over yet")
    #expect(bench.operation.stages[0]["late"] == 0)
  }
}
