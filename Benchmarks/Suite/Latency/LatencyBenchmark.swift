// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit

/// How soon a window's result is in a subscriber's hand at half of what the pipeline can take.
///
/// Stretches of it take turns with a loop that spins over the clock: what the machine does to the
/// one, it does to the other.
enum LatencyBenchmark {
  /// Between two windows.
  private static let interval: Int64 = 500_000
  /// Windows of one stretch: a second.
  private static let stretch = 2_000
  /// As much as a topic takes in one publish at most: half of what it keeps.
  private static let mostPerTick = 8_192

  static let benchmark = Benchmark(
    "latency",
    "from the publish that lets a window fire to its result in a subscriber's hand"
  ) { effort in
    let probes = [0, 1, 2].map { _ in WindowLatency.saturation }
    var saturations: [Double] = []
    for probe in probes { saturations.append(try await probe(4_000, 1_024)) }
    let saturation = saturations.sorted()[1]
    let perTick = max(1, min(mostPerTick, Int(saturation / 2 * Double(interval) / 1e9)))
    let spinning = SpinningLoop()
    var (windows, loop): ([Int64], [Int64]) = ([], [])
    for _ in 0..<max(2, 24 / effort.divisor) {
      if let spinning { loop += spinning.lateness(step: interval, count: stretch) }
      windows += try await WindowLatency.samples(ticks: stretch, perTick: perTick, every: interval)
    }
    return [
      row("saturation", "elements/s", saturation),
      row("rate during the measurement", "elements/s", Double(perTick) * 1e9 / Double(interval)),
    ] + rows("window to subscriber", Percentiles(windows), bound: 10_000)
      + (spinning == nil ? [] : rows("spinning C loop, lateness", Percentiles(loop), bound: nil))
  }

  private static func rows(_ name: String, _ samples: Percentiles, bound: Double?) -> [Row] {
    [
      row("\(name), p50", "µs", samples.microseconds(0.5)),
      row("\(name), p99", "µs", samples.microseconds(0.99)),
      row("\(name), p99.99", "µs", samples.microseconds(0.9999), bound.map { .atMost($0) }),
    ]
  }

  private static func row(
    _ measure: String,
    _ unit: String,
    _ value: Double,
    _ goal: Row.Goal? = nil
  ) -> Row {
    Row(benchmark: "latency", measure: measure, unit: unit, value: value, goal: goal)
  }
}
