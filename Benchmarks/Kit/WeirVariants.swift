// SPDX-License-Identifier: Apache-2.0
import Operators
public import Streams
import Synchronization

/// The ways in which Weir itself does the chain of the benchmarks between two tasks or actors.
public enum WeirVariants {
  /// A pipeline actor reads a topic that was filled before.
  public static func filledPipeline(passes: Int) -> Variant {
    Variant("pipeline, batches of 256", count: passes * filling * Readings.count) {
      var sum = Elapsed()
      for _ in 0..<passes {
        let topic = try await filledTopic()
        let total = TotalSink()
        let pipeline = scores(topic, into: total)
        let elapsed = try await Elapsed.by { try await pipeline.run() }
        total.expect(filledTotal)
        sum += elapsed
      }
      return sum
    }
  }

  /// One task publishes, held back by a pipeline actor that reads at the same time.
  public static func livePipeline(passes: Int) -> Variant {
    Variant("publisher and pipeline, batches of 256", count: passes * Readings.count) {
      let topic = Topic<Reading>("readings")
      let total = TotalSink()
      let pipeline = scores(topic, into: total)
      let elapsed = try await Elapsed.by {
        async let running: Void = pipeline.run()
        try await publish(to: topic, passes: passes)
        try await running
      }
      total.expect(Int64(passes) &* Readings.total)
      return elapsed
    }
  }

  /// A task reads a flow over a topic that was filled before, element by element.
  public static func flow(passes: Int) -> Variant {
    Variant("for await over a flow", count: passes * filling * Readings.count) {
      var sum = Elapsed()
      for _ in 0..<passes {
        let topic = try await filledTopic()
        sum += try await Elapsed.by {
          var total: Int64 = 0
          for try await score in scores(of: topic) { total &+= score }
          precondition(total == filledTotal, "the flow sums up like the loop")
        }
      }
      return sum
    }
  }

  /// One task publishes, held back by another that reads a flow element by element.
  public static func liveFlow(passes: Int) -> Variant {
    Variant("publisher and for await over a flow", count: passes * Readings.count) {
      let topic = Topic<Reading>("readings")
      var scores = scores(of: topic).makeAsyncIterator()
      return try await Elapsed.by {
        async let publishing: Void = publish(to: topic, passes: passes)
        var sum: Int64 = 0
        while let score = try await scores.next(isolation: #isolation) { sum &+= score }
        try await publishing
        precondition(sum == Int64(passes) &* Readings.total, "the flow sums up like the loop")
      }
    }
  }

  private static func publish(to topic: Topic<Reading>, passes: Int) async throws {
    for _ in 0..<passes {
      for batch in Readings.batches { try await topic.publish(batch) }
    }
    topic.close()
  }

  /// How often a filled topic holds all readings: so that a pipeline has used its budget meanwhile,
  /// and what it costs to let others have their turn is measured too.
  public static let filling = 2
  /// What the chain makes of a filled topic.
  public static let filledTotal = Int64(filling) &* Readings.total

  /// A topic that holds all readings, published in batches, and is closed.
  public static func filledTopic() async throws -> Topic<Reading> {
    let retention = Retention(maximumCount: filling * Readings.count)
    let topic = Topic<Reading>("readings", retention: retention)
    for _ in 0..<filling {
      for batch in Readings.batches { try await topic.publish(batch) }
    }
    topic.close()
    return topic
  }

  /// The chain but for the sum.
  private typealias Scores = Fused<
    Fused<
      Fused<Fused<Identity<Reading>, Filter<Reading, Never>>, Map<Reading, Reading, Never>>,
      Filter<Reading, Never>
    >, Map<Reading, Int64, Never>
  >

  private static func scores(of topic: Topic<Reading>) -> Flow<Scores> {
    topic.flow(from: .earliest)
      .filter { $0.isLoud }
      .map { $0.calibrated }
      .filter { $0.isInRange }
      .map { $0.score }
  }

  private static func scores(
    _ topic: Topic<Reading>,
    into total: TotalSink
  ) -> some RunnablePipeline {
    scores(of: topic)
      .reduce(into: Int64(0)) { $0 &+= $1 }
      .pipeline("scores", into: total)
  }
}

/// Takes the one total that a pipeline writes when its source has ended.
final class TotalSink: FlowSink {
  let name = "total"
  private let total = Mutex(Int64(0))

  nonisolated(nonsending) func write(_ elements: [Int64]) async {
    total.withLock { total in
      for element in elements { total &+= element }
    }
  }

  nonisolated(nonsending) func write(_ mark: Mark) async {}

  func expect(_ expected: Int64) {
    precondition(total.withLock { $0 } == expected, "the pipeline sums up like the loop")
  }
}
