// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Operators
import Streams
import Synchronization

/// A window of a million keys fires to a sink that takes 256 results at a time: how many results
/// there are at once, and what another pipeline suffers meanwhile.
enum FiringBenchmark {
  private static let keys = 1_000_000

  static let benchmark = Benchmark(
    "firing",
    "a window of a million keys fires at a demand of 256, beside another pipeline"
  ) { effort in
    let neighbour = Neighbour()
    async let living: Void = neighbour.run()
    let keys = keys / effort.divisor
    var (quiet, busy, firing, times): ([Int64], [Int64], [Int64], [Int64]) = ([], [], [], [])
    var most = 0
    for _ in 0..<effort.rounds {
      let round = try await FiringRound(keys: keys).run()
      quiet += neighbour.latencies(from: round.filled, to: round.busy)
      busy += neighbour.latencies(from: round.busy, to: round.released)
      firing += neighbour.latencies(from: round.released, to: round.fired)
      times.append(round.fired - round.released)
      most = max(most, round.most)
    }
    neighbour.stop()
    try await living
    let measured = rows(keys, most, Percentiles(times), Percentiles(quiet), Percentiles(firing))
    let other = "another pipeline's latency beside a task that computes"
    return measured + [
      compared("\(other), p50", Percentiles(busy), Percentiles(quiet), 0.5, nil),
      compared("\(other), p99", Percentiles(busy), Percentiles(quiet), 0.99, nil),
    ]
  }

  private static func rows(
    _ keys: Int,
    _ most: Int,
    _ times: Percentiles,
    _ quiet: Percentiles,
    _ firing: Percentiles
  ) -> [Row] {
    let perKey = times.microseconds(0.5) * 1_000 / Double(keys)
    return [
      row("results held at once, of \(keys) keys", "results", Double(most), .atMost(512)),
      row("a firing, time passed", "ns/key", perKey),
      row("samples of the other pipeline while it fires", "samples", Double(firing.count)),
      compared("another pipeline's latency, p50", firing, quiet, 0.5, nil),
      compared("another pipeline's latency, p99", firing, quiet, 0.99, .atMost(2)),
    ]
  }

  private static func row(
    _ measure: String,
    _ unit: String,
    _ value: Double,
    _ goal: Row.Goal? = nil
  ) -> Row {
    Row(benchmark: "firing", measure: measure, unit: unit, value: value, goal: goal)
  }

  private static func compared(
    _ measure: String,
    _ firing: Percentiles,
    _ quiet: Percentiles,
    _ fraction: Double,
    _ goal: Row.Goal?
  ) -> Row {
    let (value, reference) = (firing.microseconds(fraction), quiet.microseconds(fraction))
    return Row(
      benchmark: "firing",
      measure: measure,
      unit: "µs",
      value: value,
      reference: "while nothing fires",
      referenceValue: reference,
      ratio: value / reference,
      goal: goal
    )
  }
}

/// One window that is filled, waits, and fires.
private struct FiringRound {
  let keys: Int

  /// When the window was full, when a task began to compute, when the window was let fire and had
  /// fired; the most results there were at once.
  struct Outcome {
    let filled: Int64
    let busy: Int64
    let released: Int64
    let fired: Int64
    let most: Int
  }

  func run() async throws -> Outcome {
    let topic = Topic<Reading>("keys")
    let sink = DemandSink(expected: keys)
    let pipeline = topic.flow(from: .earliest, watermarks: .bounded(by: .zero, at: \.instant))
      .window(.tumbling(.seconds(60)), by: { $0.sensor }, at: { $0.instant })
      .aggregate { CountedCount() }
      .pipeline("million", into: sink)
    async let running: Void = pipeline.run()
    try await fill(topic)
    while pipeline.statistics.source.received < keys { try await Task.sleep(for: .milliseconds(1)) }
    let filled = monotonicNanoseconds()
    try await Task.sleep(for: .milliseconds(500))
    let busy = monotonicNanoseconds()
    await compute(until: busy + 200_000_000)
    _ = CountedResult.takeMost()
    let released = monotonicNanoseconds()
    try await topic.publish([Reading(time: 61_000, sensor: -1, level: 0)])
    try await sink.arrival()
    let fired = monotonicNanoseconds()
    let most = CountedResult.takeMost()
    topic.close()
    try await running
    return Outcome(filled: filled, busy: busy, released: released, fired: fired, most: most)
  }

  /// Keeps a processor as busy as a firing does, and lets others have their turn as often: what
  /// another pipeline suffers from that, it suffers from the machine.
  private func compute(until end: Int64) async {
    while monotonicNanoseconds() < end {
      for _ in 0..<1_000 { _ = opaque(monotonicNanoseconds()) }
      await Task.yield()
    }
  }

  private func fill(_ topic: Topic<Reading>) async throws {
    for start in stride(from: 0, to: keys, by: Readings.batch) {
      let end = min(start + Readings.batch, keys)
      try await topic.publish(
        (start..<end).map { Reading(time: 0, sensor: Int64($0), level: 0) }
      )
    }
  }
}

/// Takes results in parts, with a turn for others after each.
private final class DemandSink: FlowSink {
  let name = "demand"
  private let expected: Int
  private let received = Atomic(0)
  private let arrivals: AsyncStream<Void>
  private let arrived: AsyncStream<Void>.Continuation

  init(expected: Int) {
    self.expected = expected
    (arrivals, arrived) = AsyncStream.makeStream()
  }

  nonisolated(nonsending) func write(_ elements: [WindowResult<Int64, CountedResult>]) async {
    precondition(elements.count <= FlowLimits.batch, "no more than was asked for")
    let (_, received) = received.add(elements.count, ordering: .relaxed)
    if received >= expected { arrived.finish() }
    await Task.yield()
  }

  nonisolated(nonsending) func write(_ mark: Mark) async {}

  /// Suspends until all results have come.
  func arrival() async throws {
    for await _ in arrivals {}
    try Task.checkCancellation()
  }
}
