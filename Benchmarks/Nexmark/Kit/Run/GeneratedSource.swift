// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
public import Streams

/// A topic that is filled with the next elements whenever its reader has none left.
///
/// Everything that a user's pipeline does is in the measured time. Two things are not: making the
/// elements, and publishing them in batches to the topic, which also forgets old ones; the latter is
/// measured by itself.
public struct GeneratedSource<Element: Sendable>: FlowSource {
  /// The name of the topic.
  public let name = "generated"
  /// How many elements there are.
  let count: Int
  /// Stands still while elements are made and published.
  let stopwatch: Stopwatch
  /// Goes while elements are published.
  let publishing: Stopwatch
  /// When the element at a place comes in, where the topic's clock is not the machine's.
  let arrival: (@Sendable (Int) -> Timestamp)?
  /// The places that there are for each element: a place may have none.
  var spread = 1
  /// Makes the topic where the compiler knows its type.
  let makeTopic: @Sendable (any EngineClock) -> Topic<Element>
  /// Makes the elements at some places.
  let make: @Sendable (Range<Int>) -> [Element]

  /// Opens a topic and a cursor of their own.
  public func makeReader() -> any FlowReader<Element> {
    GeneratedReader(self)
  }
}

/// Sizes that the measured topics work with.
enum GeneratedLimits {
  /// Elements made at once: few enough to be in the processor's cache still when they are published,
  /// as what has just been decoded is.
  static let portion = 1_024
  /// Elements of one publish.
  static let batch = 256
  /// What a topic keeps: a portion is the half that one publish may be.
  static let retention = Retention(maximumCount: 2 * portion)
}

/// One way through the elements.
final class GeneratedReader<Element: Sendable>: FlowReader {
  private let source: GeneratedSource<Element>
  private let topic: Topic<Element>
  /// Shows when the elements at hand come in, if it matters.
  private let arrivals: SteppedClock
  private let cursor: Cursor<Element>
  private var made = 0

  init(_ source: GeneratedSource<Element>) {
    self.source = source
    arrivals = SteppedClock()
    topic = source.makeTopic(source.arrival == nil ? SystemClock() : arrivals)
    cursor = Cursor(topic)
  }

  var clock: any EngineClock { topic.clock }

  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<Element> {
    while true {
      let answer = try cursor.poll(limit: limit, until: deadline)
      guard case .empty = answer else { return answer }
      try fill()
    }
  }

  func take(limit: Int) -> Batch<Element>? { cursor.take(limit: limit) }

  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? { cursor.notify(wake) }

  private func fill() throws {
    source.stopwatch.stop()
    let batches = makeBatches()
    source.publishing.start()
    for (place, batch) in batches where !batch.isEmpty {
      if let arrival = source.arrival { arrivals.now = arrival(place) }
      try publish(batch)
    }
    source.publishing.stop()
    if made == source.count { topic.close() }
    source.stopwatch.start()
  }

  /// There is always room: a portion is half of what the topic keeps, and the one before was read.
  private func publish(_ batch: [Element]) throws {
    guard case .stored = topic.offer(batch, completion: { _ in }) else {
      throw NexmarkFailure("the topic has no room for its elements")
    }
  }

  /// The next portion in batches, each with the place of its first element.
  private func makeBatches() -> [(place: Int, elements: [Element])] {
    let end = min(made + GeneratedLimits.portion * source.spread, source.count)
    let batch = GeneratedLimits.batch * source.spread
    defer { made = end }
    return stride(from: made, to: end, by: batch).map {
      ($0, source.make($0..<min($0 + batch, end)))
    }
  }
}
