// SPDX-License-Identifier: Apache-2.0
import AsyncAlgorithms
import BenchmarkKit

/// filter → map → sum between two tasks, in swift-async-algorithms and in Weir.
enum PeersBenchmark {
  static let benchmark = Benchmark(
    "peers",
    "filter, map and sum over 24-byte elements between two tasks, processor time for each of them"
  ) { effort in
    let buffered = buffered(passes: max(1, 4 / effort.divisor))
    let live = WeirVariants.livePipeline(passes: 64 / effort.divisor)
    let filled = WeirVariants.filledPipeline(passes: 32 / effort.divisor)
    let rounds = try await Rounds(of: [buffered, live, filled], count: effort.rounds)
    let rows = RowMaker("peers", per: "element", rounds)
    return [
      rows.processorTime(buffered.name, against: live.name, goal: .atLeast(50)),
      rows.processorTime(buffered.name, against: filled.name, goal: .atLeast(50)),
    ]
  }

  /// A task of the library's own fills a buffer of 256; the caller's empties it.
  private static func buffered(passes: Int) -> Variant {
    Variant("swift-async-algorithms buffer(.bounded(256))", count: passes * Readings.count) {
      await Elapsed.by {
        for _ in 0..<passes {
          let readings = ReadingSequence().buffer(policy: .bounded(Readings.batch))
          var total: Int64 = 0
          for await score in readings.filter({ $0.isLoud }).map({ $0.score }) { total &+= score }
          precondition(total == Readings.total, "every variant has the loop's result")
        }
      }
    }
  }
}
