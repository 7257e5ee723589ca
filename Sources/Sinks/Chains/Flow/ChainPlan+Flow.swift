// SPDX-License-Identifier: Apache-2.0
import Operators
public import Streams

/// The operators of a chain from events to events.
public struct ChainOperators: Operator {
  private var inner: Fused<Fused<ChainEntrance, ChainPiece>, ChainExit>

  init(_ plan: ChainPlan) {
    inner = Fused(Fused(ChainEntrance(), ChainCompiler(plan).compile()), ChainExit())
  }

  /// True: some stages do.
  public static var expands: Bool { true }
  /// True: `limit` does.
  public static var ends: Bool { true }

  /// Offers the event to the first stage.
  public mutating func receive(_ event: Event, at now: Timestamp, _ emit: (Event) -> Void) {
    inner.receive(event, at: now, emit)
  }

  /// Tells its windows of the watermark.
  public mutating func advance(
    to watermark: Timestamp,
    at now: Timestamp,
    _ emit: (Event) -> Void
  ) {
    inner.advance(to: watermark, at: now, emit)
  }

  /// Tells its windows where the watermark stands.
  public mutating func hear(_ watermark: Timestamp) { inner.hear(watermark) }

  /// Tells stages whose deadline has come.
  public mutating func fire(at now: Timestamp, _ emit: (Event) -> Void) {
    inner.fire(at: now, emit)
  }

  /// Ends its stages, one after the other.
  public mutating func finish(at now: Timestamp, _ emit: (Event) -> Void) {
    inner.finish(at: now, emit)
  }

  /// The earliest of its stages.
  public var deadline: Timestamp { inner.deadline }
  /// The least of its stages.
  public var nextWatermark: Timestamp { inner.nextWatermark }
  /// The greatest end of an open window.
  public var latestEnd: Timestamp { inner.latestEnd }
  /// Whether a stage has more to give.
  public var isPending: Bool { inner.isPending }
  /// Whether a `limit` has been reached.
  public var isDone: Bool { inner.isDone }

  /// Gives out what stages have left.
  public mutating func resume(at now: Timestamp, room: Int, _ emit: (Event) -> Void) {
    inner.resume(at: now, room: room, emit)
  }

  /// One for each stage of the chain, named by its number and operator, with what went `in` and
  /// `out` and the counters of its operator.
  public var stages: [StageStatistics] { inner.stages }
}

extension ChainPlan {
  /// The chain over a topic: a function of its log, as any flow.
  ///
  /// - Parameter source: What is read; a topic's cursor, or a test's.
  /// - Returns: The flow; each reading of it starts with empty stages.
  public func flow(over source: any FlowSource<Event>) -> Flow<ChainOperators> {
    Flow(source: source, chain: ChainOperators(self), watermarks: watermarks)
  }

  /// Where the watermark comes from: the events' times if windows go by them.
  private var watermarks: WatermarkStrategy<Event> {
    for numbered in stages {
      guard case .window(let window, _) = numbered.stage, window.waitsForEventTime else { continue }
      let bounded = WatermarkStrategy<Event>.bounded(by: .milliseconds(window.disorder))
      guard let silence = window.silence else { return bounded }
      return bounded.onSilence(.advanceWithClock(after: .milliseconds(silence)))
    }
    return .fromSource
  }
}

extension ChainWindow {
  /// Whether it fires by a watermark.
  fileprivate var waitsForEventTime: Bool {
    switch kind {
    case .tumbling, .sliding, .session: isByEventTime
    case .count, .global: false
    }
  }
}
