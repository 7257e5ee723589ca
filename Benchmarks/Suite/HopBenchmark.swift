// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Streams
import Transport

/// What it costs to get from one actor to another, for one element and for a batch of them.
enum HopBenchmark {
  static let benchmark = Benchmark(
    "hop",
    "from one actor to another, processor time of all threads for each hop"
  ) { effort in
    let (near, far) = try (LoopThread("near"), LoopThread("far"))
    defer {
      near.end()
      far.end()
    }
    let hopper = Hopper(near.loop)
    let variants =
      [
        hops("assumeIsolated, same loop", 65_536 / effort.divisor) {
          [neighbour = Counter(near.loop)] in
          await hopper.assume(neighbour, times: $0)
        },
        hops("await, same loop", 65_536 / effort.divisor) { [neighbour = Counter(near.loop)] in
          await hopper.hop(to: neighbour, times: $0)
        },
        hops("await, other loop", 2_048 / effort.divisor) { [remote = Counter(far.loop)] in
          await hopper.hop(to: remote, times: $0)
        },
        hops("await, default pool", 2_048 / effort.divisor) { [pooled = PoolCounter()] in
          await hopper.hop(to: pooled, times: $0)
        },
        hops("Task for each event, other loop", 2_048 / effort.divisor) {
          [remote = Counter(far.loop)] in
          await hopper.spawn(to: remote, times: $0)
        },
        hops("await with a batch of 256, other loop", 2_048 / effort.divisor) {
          [remote = Counter(far.loop)] in
          await hopper.hop(with: Readings.batches[0], to: remote, times: $0)
        },
      ]
    let measured = try await Rounds(of: variants, count: effort.rounds)
    return rows(RowMaker("hop", per: "hop", measured), variants.map(\.name))
  }

  private static func hops(
    _ name: String,
    _ count: Int,
    _ work: @escaping @Sendable (Int) async -> Void
  ) -> Variant {
    Variant(name, count: count) {
      await Elapsed.by { await work(count) }
    }
  }

  private static func rows(_ rows: RowMaker, _ names: [String]) -> [Row] {
    let (assumed, near, far, batch) = (names[0], names[1], names[2], names[5])
    return [
      rows.processorTime(assumed),
      rows.processorTime(near, against: assumed),
      rows.processorTime(far, against: near),
      rows.wallTime(far),
      rows.processorTime(names[3], against: near),
      rows.wallTime(names[3]),
      rows.processorTime(names[4], against: far),
      rows.processorTime(batch, against: far),
      perElement(rows.processorTime(batch, against: far)),
    ]
  }

  /// A batch's hop shared by its elements.
  private static func perElement(_ row: Row) -> Row {
    var row = row
    row.measure = "the same for each of the 256"
    row.unit = "ns CPU/element"
    row.value /= Double(Readings.batch)
    row.ratio = row.ratio.map { $0 / Double(Readings.batch) }
    return row
  }
}
