// SPDX-License-Identifier: Apache-2.0
public import Streams

/// One query of the benchmark: a flow over its events, put into a pipeline to run.
public struct NexmarkQuery: Sendable {
  /// What a run of a query came to.
  public struct Outcome: Sendable {
    /// Processor time of all threads in the pipeline, in nanoseconds.
    public let nanoseconds: Int64
    /// Processor time for publishing the events to the topic that the pipeline reads.
    public let publishNanoseconds: Int64
    /// Rows that came out.
    public let rows: Int
    /// What the pipeline and its operators have counted.
    public let statistics: PipelineStatistics
  }

  /// The name: `q0` and so on.
  public let name: String
  private let measure: @Sendable (NexmarkSettings) async throws -> Outcome
  private let text: @Sendable (NexmarkSettings) async throws -> [UInt8]

  /// Ties a name to a flow over the events of the auction site.
  ///
  /// - Parameters:
  ///   - name: The name.
  ///   - build: Puts the operators of the query behind the events.
  init<Chain: Operator>(
    _ name: String,
    _ build: @escaping @Sendable (Flow<Identity<NexmarkEvent>>) -> Flow<Chain>
  ) where Chain.Output: NexmarkRow {
    self.init(
      name,
      flow: { settings, stopwatch, publishing in
        build(.events(settings, stopwatch, publishing))
      }
    )
  }

  /// Ties a name to a flow that also has a source of its own.
  init<Chain: Operator>(
    _ name: String,
    flow: @escaping @Sendable (NexmarkSettings, Stopwatch, Stopwatch) -> Flow<Chain>
  ) where Chain.Output: NexmarkRow {
    self.name = name
    measure = { settings in
      let (stopwatch, publishing) = (Stopwatch(), Stopwatch())
      let sink = CountingSink<Chain.Output>()
      let pipeline = flow(settings, stopwatch, publishing).pipeline(name, into: sink)
      stopwatch.start()
      try await pipeline.run()
      stopwatch.stop()
      return Outcome(
        nanoseconds: stopwatch.nanoseconds,
        publishNanoseconds: publishing.nanoseconds,
        rows: sink.count,
        statistics: pipeline.statistics
      )
    }
    text = { settings in
      let sink = TextSink<Chain.Output>()
      try await flow(settings, Stopwatch(), Stopwatch()).pipeline(name, into: sink).run()
      return sink.bytes
    }
  }

  /// Runs it over the events of `settings`.
  ///
  /// - Returns: What it took and counted.
  /// - Throws: What the pipeline threw.
  public func measured(over settings: NexmarkSettings) async throws -> Outcome {
    try await measure(settings)
  }

  /// Runs it over the events of `settings` and gives its rows as lines of comma-separated fields.
  ///
  /// - Returns: The lines, in the order in which the rows came.
  /// - Throws: What the pipeline threw.
  public func rows(over settings: NexmarkSettings) async throws -> [UInt8] {
    try await text(settings)
  }
}

extension Flow {
  /// What `make` makes of the site's places, from a topic of its own.
  ///
  /// A watermark follows the newest by four seconds, as in the benchmark's tables.
  private static func site<Element: Sendable>(
    _ settings: NexmarkSettings,
    _ stopwatch: Stopwatch,
    _ publishing: Stopwatch,
    arrival: (@Sendable (Int) -> Timestamp)?,
    spread: Int = 1,
    at time: @escaping @Sendable (Element) -> Timestamp,
    makeTopic: @escaping @Sendable (any EngineClock) -> Topic<Element>,
    make: @escaping @Sendable (NexmarkGenerator, Range<Int>) -> [Element]
  ) -> Self where Chain == Identity<Element> {
    let generator = NexmarkGenerator(settings)
    let source = GeneratedSource<Element>(
      count: settings.count,
      stopwatch: stopwatch,
      publishing: publishing,
      arrival: arrival,
      spread: spread,
      makeTopic: makeTopic,
      make: { make(generator, $0) }
    )
    return Flow(
      source: source,
      chain: Identity(),
      watermarks: .bounded(by: .seconds(4), at: time)
    )
  }
}

extension Flow<Identity<NexmarkEvent>> {
  /// The events of the auction site, by default as fast as they are read.
  static func events(
    _ settings: NexmarkSettings,
    _ stopwatch: Stopwatch,
    _ publishing: Stopwatch,
    arrival: (@Sendable (Int) -> Timestamp)? = nil
  ) -> Self {
    site(
      settings,
      stopwatch,
      publishing,
      arrival: arrival,
      at: { $0.dateTime },
      makeTopic: { Topic("nexmark", retention: GeneratedLimits.retention, clock: $0) },
      make: { $0.events($1) }
    )
  }
}

extension Flow<Identity<Person>> {
  /// The people of the auction site; they come in when they register.
  static func people(
    _ settings: NexmarkSettings,
    _ stopwatch: Stopwatch,
    _ publishing: Stopwatch
  ) -> Self {
    site(
      settings,
      stopwatch,
      publishing,
      arrival: { Timestamp(milliseconds: settings.time(of: $0)) },
      spread: 50,
      at: { $0.dateTime },
      makeTopic: { Topic("people", retention: GeneratedLimits.retention, clock: $0) },
      make: { $0.people($1) }
    )
  }
}

extension Flow<Identity<Auction>> {
  /// The auctions of the site; they come in when they are opened.
  static func auctions(
    _ settings: NexmarkSettings,
    _ stopwatch: Stopwatch,
    _ publishing: Stopwatch
  ) -> Self {
    site(
      settings,
      stopwatch,
      publishing,
      arrival: { Timestamp(milliseconds: settings.time(of: $0)) },
      spread: 16,
      at: { $0.dateTime },
      makeTopic: { Topic("auctions", retention: GeneratedLimits.retention, clock: $0) },
      make: { $0.auctions($1) }
    )
  }
}
