// SPDX-License-Identifier: Apache-2.0
public import Streams

/// A topic that is filled with the next events whenever its reader has none left.
///
/// Everything that a user's pipeline does is in the measured time. Two things are not: making the
/// events, and publishing them in batches to the topic, which also forgets old ones; the latter is
/// measured by itself.
public struct GeneratedSource: FlowSource {
  /// The name of the topic.
  public let name = "nexmark"
  let generator: NexmarkGenerator
  let stopwatch: Stopwatch
  let publishing: Stopwatch

  /// Makes the source of a run.
  ///
  /// - Parameters:
  ///   - settings: Which events.
  ///   - stopwatch: Stands still while events are made and published.
  ///   - publishing: Goes while events are published.
  public init(
    _ settings: NexmarkSettings,
    stopwatch: Stopwatch = Stopwatch(),
    publishing: Stopwatch = Stopwatch()
  ) {
    generator = NexmarkGenerator(settings)
    self.stopwatch = stopwatch
    self.publishing = publishing
  }

  /// Opens a topic and a cursor of their own.
  public func makeReader() -> any FlowReader<NexmarkEvent> {
    GeneratedReader(self)
  }
}

/// One way through the events.
final class GeneratedReader: FlowReader {
  /// Events made at once: few enough to be in the processor's cache still when they are published,
  /// as what has just been decoded is.
  private static let portion = 1_024
  /// Events of one publish.
  private static let batch = 256

  private let source: GeneratedSource
  private let topic = Topic<NexmarkEvent>(
    "nexmark",
    retention: Retention(maximumCount: 2 * portion)
  )
  private let cursor: Cursor<NexmarkEvent>
  private var made = 0

  init(_ source: GeneratedSource) {
    self.source = source
    cursor = Cursor(topic)
  }

  var clock: any EngineClock { topic.clock }

  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<NexmarkEvent> {
    let answer = cursor.poll(limit: limit, until: deadline)
    guard case .empty = answer else { return answer }
    try fill()
    return cursor.poll(limit: limit, until: deadline)
  }

  func take(limit: Int) -> Batch<NexmarkEvent>? { cursor.take(limit: limit) }

  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? { cursor.notify(wake) }

  private func fill() throws {
    source.stopwatch.stop()
    let batches = makeBatches()
    source.publishing.start()
    for batch in batches { try publish(batch) }
    source.publishing.stop()
    if made == source.generator.settings.count { topic.close() }
    source.stopwatch.start()
  }

  /// There is always room: a portion is half of what the topic keeps, and the one before was read.
  private func publish(_ batch: [NexmarkEvent]) throws {
    guard case .stored = topic.offer(batch, completion: { _ in }) else {
      throw NexmarkFailure("the topic has no room for its events")
    }
  }

  private func makeBatches() -> [[NexmarkEvent]] {
    let end = min(made + Self.portion, source.generator.settings.count)
    defer { made = end }
    return stride(from: made, to: end, by: Self.batch).map {
      source.generator.events($0..<min($0 + Self.batch, end))
    }
  }
}
