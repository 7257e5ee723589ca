// SPDX-License-Identifier: Apache-2.0
import Streams
import WeirTesting

/// Random streams of numbers for operators that judge by time, and ways to run them.
struct RateLog {
  /// What comes at each millisecond.
  let steps: [[Int]]

  /// Makes a stream that bursts and rests; equal seeds give equal streams.
  init(_ seed: Int, length: Int = 60, busy: Int = 2) {
    var random = SeededGenerator(seed)
    var steps: [[Int]] = []
    while steps.count < length {
      if Int.random(in: 0..<8, using: &random) == 0 {
        let pause = Int.random(in: 1...12, using: &random)
        steps += Array(repeating: [], count: pause)
      }
      let count = Int.random(in: 0...busy, using: &random)
      steps.append((0..<count).map { _ in Int.random(in: 0..<60, using: &random) })
    }
    self.steps = steps
  }

  var marbles: Marbles<Int> { Marbles(steps: steps, isEnded: true) }

  /// The same for a ``CutTest``.
  var happenings: [Happening<Int>] {
    steps.enumerated().flatMap { step, values in
      values.map { .element($0, at: Timestamp(milliseconds: Int64(step))) }
    }
  }

  /// What comes out of an operator, whatever the batches, the rooms and the reader's promises: one
  /// list of outputs for each way of reading it.
  func readings<Chain: Operator>(_ chain: Chain) async throws -> [[Chain.Output]]
  where Chain.Input == Int {
    let topic = try await published()
    var random = SeededGenerator(steps.count)
    var readings: [[Chain.Output]] = []
    for room in [10_000, 1, 2, 3, 256] {
      for promises in [false, true] {
        var reading = DriverReading(chain)
        let batches = topic.batches(promises: promises) {
          room == 10_000 ? room : Int.random(in: 1...9, using: &random)
        }
        for batch in batches { reading.take(batch, room: room) }
        reading.end(room: room)
        readings.append(reading.outputs)
      }
    }
    return readings
  }

  private func published() async throws -> Topic<Int> {
    let clock = ManualClock(0)
    let topic = Topic<Int>("log", clock: clock)
    for (step, values) in steps.enumerated() where !values.isEmpty {
      clock.advance(to: Timestamp(milliseconds: Int64(step)))
      try await topic.publish(values)
    }
    return topic
  }
}
