// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Operators
import Streams

/// The standard library's ways, in which an `await` stands before each element and operator.
enum SequenceVariants {
  /// The standard library's operators over a sequence that never suspends.
  static func standardSequence(passes: Int) -> Variant {
    Variant("AsyncSequence without a task border", count: passes * Readings.count) {
      await Elapsed.by {
        for _ in 0..<passes {
          let scores = ReadingSequence()
            .filter { $0.isLoud }
            .map { $0.calibrated }
            .filter { $0.isInRange }
            .map { $0.score }
          var total: Int64 = 0
          for await score in scores { total &+= score }
          expect(total)
        }
      }
    }
  }

  /// The standard library's stream between two tasks.
  static func standardStream(passes: Int) -> Variant {
    Variant("AsyncStream between two tasks", count: passes * Readings.count) {
      await Elapsed.by {
        for _ in 0..<passes {
          let (stream, continuation) = AsyncStream.makeStream(of: Reading.self)
          async let publishing: Void = publish(to: continuation)
          var total: Int64 = 0
          let scores =
            stream
            .filter { $0.isLoud }
            .map { $0.calibrated }
            .filter { $0.isInRange }
            .map { $0.score }
          for await score in scores { total &+= score }
          await publishing
          expect(total)
        }
      }
    }
  }

  private static func publish(to continuation: AsyncStream<Reading>.Continuation) async {
    for reading in Readings.all { continuation.yield(reading) }
    continuation.finish()
  }

  private static func expect(_ total: Int64) {
    precondition(total == Readings.total, "every variant has the loop's result")
  }
}
