// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams

/// Something that happened to one of a thousand keys.
struct Tick: Sendable {
  let key: Int64
  let at: Timestamp

  init(_ number: Int, _ settings: NexmarkSettings) {
    key = Int64(Draw(seed: settings.seed, number: number).below(1_000, 0))
    at = Timestamp(milliseconds: settings.time(of: number))
  }
}

extension NexmarkQuery {
  /// Ticks of a thousand keys counted each second; not of the benchmark.
  ///
  /// The watermark stays 50 milliseconds behind: so far out of order does a shuffle of 500 put them.
  static let tumblingCount = NexmarkQuery(
    "count",
    flow: { settings, stopwatch, publishing in
      let source = GeneratedSource<Tick>(
        count: settings.count,
        stopwatch: stopwatch,
        publishing: publishing,
        arrival: nil,
        makeTopic: { Topic("ticks", retention: GeneratedLimits.retention, clock: $0) },
        make: { $0.map { Tick(settings.number(at: $0), settings) } }
      )
      return Flow(
        source: source,
        chain: Identity<Tick>(),
        watermarks: .bounded(by: .milliseconds(50), at: \.at)
      )
      .window(.tumbling(.seconds(1)), by: \.key, at: \.at)
      .aggregate { Count() }
      .map { Fields($0.key, $0.start, $0.value) }
    }
  )
}
