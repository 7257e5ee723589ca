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

  nonisolated(nonsending) func next(
    limit: Int,
    until deadline: Timestamp
  ) async throws -> Batch<NexmarkEvent>? {
    if let batch = cursor.take(limit: limit) { return batch }
    try await fill()
    return try await cursor.next(limit: limit, until: deadline)
  }

  func take(limit: Int) -> Batch<NexmarkEvent>? { cursor.take(limit: limit) }

  private nonisolated(nonsending) func fill() async throws {
    source.stopwatch.stop()
    let batches = makeBatches()
    source.publishing.start()
    for batch in batches { try await topic.publish(batch) }
    source.publishing.stop()
    if made == source.generator.settings.count { topic.close() }
    source.stopwatch.start()
  }

  private func makeBatches() -> [[NexmarkEvent]] {
    let end = min(made + Self.portion, source.generator.settings.count)
    defer { made = end }
    return stride(from: made, to: end, by: Self.batch).map {
      source.generator.events($0..<min($0 + Self.batch, end))
    }
  }
}
