// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Operators
import Streams

/// The ways in which one `await` stands before each element.
enum SequenceVariants {
  /// A flow over a topic that was filled before, read with `for await`.
  static func flow(passes: Int) -> Variant {
    let count = passes * WeirVariants.filling * Readings.count
    return Variant("for await over a flow", count: count) {
      var sum = Elapsed()
      for _ in 0..<passes {
        let topic = try await WeirVariants.filledTopic()
        let elapsed = try await Elapsed.by {
          let scores = topic.flow(from: .earliest).filter { $0.isLoud }.map { $0.score }
          var total: Int64 = 0
          for try await score in scores { total &+= score }
          expect(total, times: WeirVariants.filling)
        }
        sum += elapsed
      }
      return sum
    }
  }

  /// The standard library's operators over a sequence that never suspends.
  static func standardSequence(passes: Int) -> Variant {
    Variant("AsyncSequence without a task border", count: passes * Readings.count) {
      await Elapsed.by {
        for _ in 0..<passes {
          let scores = ReadingSequence().filter { $0.isLoud }.map { $0.score }
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
          for await score in stream.filter({ $0.isLoud }).map({ $0.score }) { total &+= score }
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

  private static func expect(_ total: Int64, times: Int = 1) {
    precondition(total == Int64(times) &* Readings.total, "every variant has the loop's result")
  }
}
