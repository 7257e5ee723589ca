// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Synchronization

/// Another pipeline of the process, of which one wants to know what it suffers.
///
/// Each element is the instant at which it was published; a task that reads the pipeline's output
/// notes when it came.
final class Neighbour: Sendable {
  struct Sample: Sendable {
    let published: Int64
    let latency: Int64
  }

  private let input = Topic<Int64>("instants")
  private let output = Topic<Int64>("results")
  private let samples = Mutex<[Sample]>([])
  private let isStopped = Atomic(false)

  /// Works until it is stopped.
  func run() async throws {
    let pipeline = input.flow(from: .earliest).filter { $0 > 0 }.map { $0 }
      .pipeline("neighbour", into: output)
    async let reading: Void = read()
    async let running: Void = pipeline.run()
    while !isStopped.load(ordering: .relaxed) {
      try await Task.sleep(for: .microseconds(300), tolerance: .zero)
      try await input.publish([monotonicNanoseconds()])
    }
    input.close()
    try await running
    output.close()
    try await reading
  }

  func stop() { isStopped.store(true, ordering: .relaxed) }

  /// The latencies of what was published between two instants.
  func latencies(from start: Int64, to end: Int64) -> [Int64] {
    samples.withLock { samples in
      samples.filter { $0.published >= start && $0.published < end }.map(\.latency)
    }
  }

  private func read() async throws {
    for try await published in output.flow(from: .earliest) {
      let latency = monotonicNanoseconds() - published
      samples.withLock { $0.append(Sample(published: published, latency: latency)) }
    }
  }
}
