// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Streams

/// What each operator costs, in a pipeline that reads batches which are there already.
enum OperatorsBenchmark {
  /// Sensors among the readings.
  static let keys = 1_000
  private static let count = 65_536

  static let benchmark = Benchmark(
    "operators",
    "each operator in a pipeline over batches that were made before, processor time per element"
  ) { effort in
    let readings = (0..<count).map { Reading(number: $0, keys: keys) }
    let source = try PreparedSource(readings, perMillisecond: Reading.perMillisecond)
    let cases = OperatorCase.all
    let passes = max(1, 8 / effort.divisor)
    let variants = cases.map { variant($0, Feed(source: source), passes) }
    let rounds = try await Rounds(of: variants, count: effort.rounds)
    let rows = RowMaker("operators", per: "element", rounds)
    return cases.map {
      rows.processorTime($0.name, against: "map", goal: .explained(10), why: $0.why)
    }
  }

  private static func variant(_ operator: OperatorCase, _ feed: Feed, _ passes: Int) -> Variant {
    Variant(`operator`.name, count: passes * count * `operator`.inputs) {
      var sum = Elapsed()
      for _ in 0..<passes {
        let pipeline = `operator`.make(feed)
        sum += try await Elapsed.by { try await pipeline.run() }
      }
      return sum
    }
  }
}
