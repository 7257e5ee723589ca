// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Codecs
import Operators
import Sinks
import Streams
import Synchronization

/// One chain, in JSON and in Swift, over the same events.
///
/// In Swift an event's data is read once into a struct, by looking its members up; what the chain in
/// JSON gives is events that are ready to be sent, what that in Swift gives is not encoded.
struct ChainComparison: Sendable {
  let name: String
  let plan: ChainPlan
  let source: PreparedSource<Event>
  /// A pipeline of the chain in Swift, and the number of what came out of it.
  let make: @Sendable (PreparedSource<Event>) -> (any RunnablePipeline, @Sendable () -> Int)

  func inSwift(passes: Int) -> Variant {
    Variant("\(name), in Swift", count: passes * source.count) { [source, make] in
      var sum = Elapsed()
      for _ in 0..<passes {
        let (pipeline, count) = make(source)
        sum += try await Elapsed.by { try await pipeline.run() }
        precondition(opaque(count()) > 0, "something comes out")
      }
      return sum
    }
  }

  func inJSON(passes: Int) -> Variant {
    Variant(name, count: passes * source.count) { [source, plan, make] in
      let (pipeline, expected) = make(source)
      try await pipeline.run()
      var sum = Elapsed()
      for _ in 0..<passes {
        let sink = CountingSink<Event>()
        let pipeline = plan.flow(over: source).pipeline("json", into: sink)
        sum += try await Elapsed.by { try await pipeline.run() }
        precondition(sink.count == expected(), "as many come out as in Swift")
      }
      return sum
    }
  }

  private static func compared<Chain: Operator>(
    _ name: String,
    _ json: String,
    _ source: PreparedSource<Event>,
    _ build: @escaping @Sendable (PreparedSource<Event>) -> Flow<Chain>
  ) throws -> ChainComparison {
    let plan = try ChainPlan(text: Array(json.utf8))
    return ChainComparison(name: name, plan: plan, source: source) { source in
      let sink = CountingSink<Chain.Output>()
      return (build(source).pipeline("swift", into: sink), { sink.count })
    }
  }

  private static func orders(
    _ source: PreparedSource<Event>
  ) -> Flow<Fused<Identity<Event>, CompactMap<Event, Order, Never>>> {
    Flow(source: source, chain: Identity(), watermarks: .bounded(by: .seconds(1)))
      .compactMap { Order($0, $1) }
  }

  static func all() throws -> [ChainComparison] {
    let source = try PreparedSource(ChainEvents.all, perMillisecond: 16)
    return [
      try compared(
        "a filter",
        #"[{"filter":"type == 'purchase' && data.amount > 100"}]"#,
        source
      ) { source in
        Flow(source: source, chain: Identity()).filter { event in
          guard event.type == "purchase", let data = JSONView(validated: event.data) else {
            return false
          }
          return data["amount"]?.double.map { $0 > 100 } ?? false
        }
      },
      try compared(
        "a filter and a throttle of 100 keys",
        """
        [{"filter":"type == 'purchase' && data.amount > 100"},
         {"throttle":{"every":"500ms","by":"data.job"}}]
        """,
        source
      ) { source in
        orders(source).filter { $0.type == "purchase" && $0.amount > 100 }
          .throttle(for: .milliseconds(500), by: \.job)
      },
      try compared(
        "a window with a count and a sum",
        """
        [{"window":{"tumbling":"1s","by":"data.region","at":"time"}},
         {"aggregate":{"n":"count","sum":{"sum":"data.amount"}}}]
        """,
        source
      ) { source in
        orders(source).window(.tumbling(.seconds(1)), by: \.region, at: \.time).aggregate {
          Count()
          Sum(of: \.amount)
        }
      },
      try compared(
        "filter, throttle, window with a quantile",
        """
        [{"filter":"type == 'purchase' && data.amount > 100"},
         {"throttle":{"every":"10ms","by":"data.job","keep":"latest"}},
         {"window":{"tumbling":"1s","by":"data.region","at":"time","lateness":"5s"}},
         {"aggregate":{"n":"count","p99":{"quantile":[0.99,"data.ms"]}}}]
        """,
        source
      ) { source in
        orders(source).filter { $0.type == "purchase" && $0.amount > 100 }
          .throttle(for: .milliseconds(10), by: \.job)
          .window(.tumbling(.seconds(1)), by: \.region, at: \.time, lateness: .seconds(5))
          .aggregate {
            Count()
            Quantiles(of: \.ms, at: [0.99], bucketLimit: 1_024)
          }
      },
    ]
  }
}

/// What a program in Swift makes of an event.
struct Order: Sendable {
  let type: String
  let time: Timestamp
  let job: String
  let region: String
  let amount: Double
  let ms: Double

  init?(_ event: Event, _ appended: Timestamp) {
    guard let data = JSONView(validated: event.data), let job = data["job"]?.string,
      let region = data["region"]?.string, let amount = data["amount"]?.double,
      let ms = data["ms"]?.double
    else { return nil }
    (type, time) = (event.type, event.time ?? appended)
    (self.job, self.region, self.amount, self.ms) = (job, region, amount, ms)
  }
}

/// The events of the benchmark: 65,536, of which two in three pass the filter.
enum ChainEvents {
  static let all: [Event] = (0..<65_536).map { number in
    let data = #"""
      {"order":"o-\#(number)","amount":\#(number % 3 == 0 ? 50 : 150),"currency":"EUR","job":"job-\#(number * 7_919 % 100)",\#
      "region":"\#(["eu-west", "eu-east", "us"][number % 3])","ms":\#(number % 977).5,"note":"as always"}
      """#
    return Event(
      data: Array(data.utf8),
      type: "purchase",
      time: Timestamp(milliseconds: Int64(number / 16) - Int64(number % 5))
    )
  }
}

/// Counts what it is given.
private final class CountingSink<Element: Sendable>: FlowSink {
  let name = "count"
  private let number = Atomic<Int>(0)

  var count: Int { number.load(ordering: .acquiring) }

  nonisolated(nonsending) func write(_ elements: [Element]) async throws {
    number.add(elements.count, ordering: .releasing)
  }

  nonisolated(nonsending) func write(_ mark: Mark) async throws {}
}
