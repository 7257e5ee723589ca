// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Operators
import Streams
import Synchronization

/// From the publish that lets a window fire to its result in a subscriber's hand: a topic, a
/// pipeline with a tumbling window, a topic, a task that reads it.
///
/// Event time goes by ticks, a window long each. The first element of a tick moves the watermark to
/// the end of the window before it; when that is published, the clock is read.
final class WindowLatency: Sendable {
  private struct Tick: Sendable {
    let time: Timestamp
  }

  private let ticks: Int
  private let perTick: Int
  /// When each tick's first element was offered.
  private let offered: Mutex<[Int64]>

  private init(ticks: Int, perTick: Int) {
    self.ticks = ticks
    self.perTick = perTick
    offered = Mutex(Array(repeating: 0, count: ticks + 1))
  }

  /// How many elements in a second the whole takes when nothing waits but for room.
  static func saturation(ticks: Int, perTick: Int) async throws -> Double {
    let start = monotonicNanoseconds()
    _ = try await WindowLatency(ticks: ticks, perTick: perTick).run(every: 0)
    return Double(ticks * perTick) / (Double(monotonicNanoseconds() - start) / 1e9)
  }

  /// The latency of each of `ticks` windows, in nanoseconds, while `perTick` elements come every
  /// `interval` nanoseconds.
  static func samples(ticks: Int, perTick: Int, every interval: Int64) async throws -> [Int64] {
    try await WindowLatency(ticks: ticks, perTick: perTick).run(every: interval)
  }

  private func run(every interval: Int64) async throws -> [Int64] {
    let input = Topic<Tick>("ticks")
    let output = Topic<WindowResult<NoKey, Int>>("counts")
    let pipeline = input.flow(from: .earliest, watermarks: .bounded(by: .zero, at: \.time))
      .window(.tumbling(.milliseconds(1)), at: \.time)
      .aggregate { Count() }
      .pipeline("counts", into: output)
    async let samples = subscribe(to: output)
    async let running: Void = pipeline.run()
    try await publish(to: input, every: interval)
    input.close()
    try await running
    output.close()
    return try await samples
  }

  private func publish(to input: Topic<Tick>, every interval: Int64) async throws {
    let start = monotonicNanoseconds()
    for tick in 0...ticks {
      let time = Timestamp(milliseconds: Int64(tick))
      let elements = Array(repeating: Tick(time: time), count: perTick)
      let left = start + Int64(tick) * interval - monotonicNanoseconds()
      if left > 0 { try await Task.sleep(for: .nanoseconds(left), tolerance: .zero) }
      offered.withLock { $0[tick] = monotonicNanoseconds() }
      try await input.publish(elements)
    }
  }

  private func subscribe(to output: Topic<WindowResult<NoKey, Int>>) async throws -> [Int64] {
    var samples: [Int64] = []
    samples.reserveCapacity(ticks)
    for try await result in output.flow(from: .earliest) {
      let end = Int(result.end.milliseconds)
      guard end <= ticks else { break }
      let moment = offered.withLock { $0[end] }
      samples.append(monotonicNanoseconds() - moment)
    }
    return samples
  }
}
